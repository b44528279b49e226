//! `countersign verify`: receipts checked from their files and the server's public keys, without a network.
//!
//! Each file is checked by itself; where several of one chain are given, also how they follow each other.

use super::bounded::{NO_TEXT, bytes_bounded};
use super::jwks::KeySet;
use super::pdf::embedded::{self, Embedded};
use super::pdf::{Renderer, Rendering};
use super::seal::Seal;
use super::words::{groups, one_line};
use crate::failure::Failure;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use sync_core::canonical::sha256_hex;
use sync_core::receipt::{CHAIN_START, Receipt, ReceiptError};

mod log;
pub use log::LogFiles;

/// Larger than any receipt that a visit within its bounds can give.
const LARGEST: u64 = 64 * 1024 * 1024;

/// What was found about one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The file.
    pub path: PathBuf,
    /// `ok`, or a stable code of what is wrong.
    pub code: &'static str,
    /// In a line: what it is, or why it does not hold.
    pub text: String,
    /// Of a PDF whose record holds: what is known of its pages, which nobody signed.
    pub pages: Option<Finding>,
}

/// What was found about how the files of one chain follow each other, or about a PDF's pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A stable code.
    pub code: &'static str,
    /// Whether it speaks against the chain; otherwise it only says what was not looked at.
    pub fails: bool,
    /// In a line.
    pub text: String,
}

/// The result of a check. Its `Display` has one line per file and per finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// One per file, in the order of the arguments.
    pub files: Vec<Checked>,
    /// How they follow each other.
    pub chains: Vec<Finding>,
    /// Whether they are in the published log, as far as there are proofs.
    pub log: Vec<Finding>,
}

impl Report {
    /// Whether everything holds.
    pub fn holds(&self) -> bool {
        let pages = self.files.iter().filter_map(|f| f.pages.as_ref());
        self.files.iter().all(|f| f.code == "ok") && !self.chains.iter().chain(&self.log).chain(pages).any(|f| f.fails)
    }
    /// What the process should exit with: 0 only if everything holds.
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.holds())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for file in &self.files {
            writeln!(f, "{} {}: {}", file.code, file.path.display(), file.text)?;
            if let Some(pages) = &file.pages {
                writeln!(f, "{} {}: {}", pages.code, file.path.display(), pages.text)?;
            }
        }
        for finding in self.chains.iter().chain(&self.log) {
            writeln!(f, "{} {}", finding.code, finding.text)?;
        }
        Ok(())
    }
}

/// Checks `files` by the keys in `keys`, or in `jwks.json` beside each file. The pages of a PDF are set again by `renderer`
/// and compared.
///
/// # Errors
/// When there is nothing to check, or no key set to check it by. A receipt that does not hold is no error: see
/// [`Report::holds`].
pub fn verify_files(keys: Option<&Path>, files: &[PathBuf], renderer: &Renderer) -> Result<Report, Failure> {
    verify_with_log(keys, files, &LogFiles::default(), renderer)
}

/// As [`verify_files`], and whether the receipts are in the published log as the proofs say.
///
/// # Errors
/// As [`verify_files`].
pub fn verify_with_log(
    keys: Option<&Path>,
    files: &[PathBuf],
    log: &LogFiles,
    renderer: &Renderer,
) -> Result<Report, Failure> {
    if files.is_empty() && log.heads.is_empty() {
        return Err(Failure::usage("no receipt was named")
            .hint("countersign verify --keys jwks.json RECEIPT.json|RECEIPT.pdf …"));
    }
    let mut keys = Keys { given: keys.map(KeySet::open).transpose()?, beside: BTreeMap::new() };
    let mut report = Report::default();
    let (mut good, mut confirmations) = (Vec::new(), Vec::new());
    for path in files {
        match check(path, keys.of(path)?, renderer) {
            Ok(Held::Receipt(receipt, pages)) => {
                report.files.push(Checked { path: path.clone(), code: "ok", text: describe(&receipt), pages });
                good.push(*receipt);
            }
            Ok(Held::Statement(stated)) => {
                report.files.push(Checked { path: path.clone(), code: "ok", text: stated.text(), pages: None });
                if let log::Stated::Confirmation(c) = stated {
                    confirmations.push(*c);
                }
            }
            Err((code, text)) => report.files.push(Checked { path: path.clone(), code, text, pages: None }),
        }
    }
    report.chains = chains(&good);
    report.chains.extend(log::confirmations(&confirmations, &good));
    report.log = log::findings(log, &good, &mut |path| keys.of(path).cloned().map_err(|e| e.to_string()));
    Ok(report)
}

/// The key sets: the one that was named, or the one beside each file.
struct Keys {
    given: Option<KeySet>,
    beside: BTreeMap<PathBuf, KeySet>,
}

impl Keys {
    fn of(&mut self, path: &Path) -> Result<&KeySet, Failure> {
        if let Some(set) = &self.given {
            return Ok(set);
        }
        let at = path.parent().unwrap_or(Path::new("")).join("jwks.json");
        match self.beside.entry(at.clone()) {
            std::collections::btree_map::Entry::Occupied(found) => Ok(found.into_mut()),
            std::collections::btree_map::Entry::Vacant(place) => {
                if !at.is_file() {
                    return Err(Failure::usage(format!(
                        "there are no keys to check {} by: {} is not there",
                        path.display(),
                        at.display()
                    ))
                    .hint("name them with --keys; the server publishes them at /.well-known/jwks.json"));
                }
                Ok(place.insert(KeySet::open(&at)?))
            }
        }
    }
}

/// A file that holds.
enum Held {
    Receipt(Box<Receipt>, Option<Finding>),
    /// Something else that the server signed.
    Statement(log::Stated),
}

fn check(path: &Path, keys: &KeySet, renderer: &Renderer) -> Result<Held, (&'static str, String)> {
    let unreadable = |why| ("receipt_unreadable", why);
    let bytes = bytes_bounded(path, LARGEST).map_err(unreadable)?;
    if !embedded::is_pdf(&bytes) {
        let text = String::from_utf8(bytes).map_err(|_| unreadable(NO_TEXT.to_owned()))?;
        if let Some(statement) = log::statement(&text, keys) {
            return statement.map(Held::Statement).map_err(|e| (e.code(), one_line(&e.to_string())));
        }
        return verified(&text, keys).map(|receipt| Held::Receipt(Box::new(receipt), None));
    }
    let inside = embedded::extract(bytes.clone()).map_err(|e| (e.code(), e.to_string()))?;
    let receipt = verified(&inside.receipt, keys)?;
    let pages = pages(&bytes, &inside, &receipt, renderer);
    Ok(Held::Receipt(Box::new(receipt), Some(pages)))
}

fn verified(text: &str, keys: &KeySet) -> Result<Receipt, (&'static str, String)> {
    Receipt::verify(text, &|kid| keys.get(kid)).map_err(|e: ReceiptError| (e.code(), one_line(&e.to_string())))
}

/// What can be said of a PDF's pages: nobody signed them, so they are set again from the attached record and compared.
fn pages(pdf: &[u8], inside: &Embedded, receipt: &Receipt, renderer: &Renderer) -> Finding {
    let digest = groups(&sha256_hex(inside.receipt.as_bytes())).join(" ");
    let say = |code, fails, text: String| Finding {
        code,
        fails,
        text: format!("{text}; the SHA-256 of the attached record is {digest}"),
    };
    let not_compared = |why: &str| {
        let text = format!("only the attached record was verified, not the pages: {why}");
        say("pages_not_compared", false, text)
    };
    let Some(claimed) = inside.rendering.as_deref().and_then(|r| serde_json::from_str::<Rendering>(r).ok()) else {
        return not_compared("the PDF does not say what they were set with");
    };
    let here = match renderer.rendering(&claimed.layout) {
        Ok(here) => here,
        Err(e) => return not_compared(&e.to_string()),
    };
    let mut other = Vec::new();
    for (what, same) in [
        ("build of this program", claimed.program == here.program),
        ("template", claimed.template == here.template),
        ("fonts", claimed.fonts == here.fonts),
    ] {
        if !same {
            other.push(what);
        }
    }
    let seal = match (&claimed.layout.seal, &inside.seal) {
        (None, _) => None,
        (Some(_), None) => return not_compared("the photo of the seal on them is not attached"),
        (Some(sha256), Some(photo)) => {
            let seal = Seal::claimed(&receipt.body, photo.clone()).filter(|s| s.sha256 == *sha256);
            if seal.is_none() {
                let text = "the photo of the seal attached to it is NOT the one that the record names";
                return say("pages_differ", true, text.to_owned());
            }
            seal
        }
    };
    match renderer.render_sealed(&inside.receipt, &claimed.layout, seal.as_ref()) {
        Ok(again) if *again == *pdf => {
            let link = match &claimed.layout.token {
                Some(_) => format!("; the link on them leads to {}", one_line(&claimed.layout.public_url)),
                None => String::new(),
            };
            let text = format!("byte-identical rendering: the pages are what this program sets from the record{link}");
            say("pages_identical", false, text)
        }
        Ok(_) if other.is_empty() => {
            say("pages_differ", true, "the pages are NOT what this program sets from the attached record".to_owned())
        }
        Ok(_) => not_compared(&format!("they were set with another {}", other.join(", another "))),
        Err(e) => not_compared(&one_line(&e.to_string())),
    }
}

pub(super) fn describe(receipt: &Receipt) -> String {
    let body = &receipt.body;
    format!(
        "receipt {}, revision {}, {}, {}; no. {} of its chain",
        one_line(&body.number),
        body.revision,
        one_line(&body.customer.name),
        body.sign_off.sign_off.outcome,
        body.chain_no
    )
}

/// How the receipts that hold by themselves follow each other.
pub(super) fn chains(receipts: &[Receipt]) -> Vec<Finding> {
    let mut by_chain: BTreeMap<&str, Vec<(&Receipt, String)>> = BTreeMap::new();
    let mut found = Vec::new();
    for receipt in receipts {
        // It was verified, so it has a canonical form.
        let sha256 = receipt.sha256().unwrap_or_default();
        by_chain.entry(&receipt.body.chain).or_default().push((receipt, sha256));
    }
    for (chain, mut list) in by_chain {
        list.sort_by(|a, b| (a.0.body.chain_no, &a.1).cmp(&(b.0.body.chain_no, &b.1)));
        // The same file given twice is one receipt.
        list.dedup_by(|a, b| a.1 == b.1);
        one_chain(chain, &list, &mut found);
    }
    revisions(receipts, &mut found);
    found
}

fn one_chain(chain: &str, list: &[(&Receipt, String)], found: &mut Vec<Finding>) {
    let chain = one_line(chain);
    let mut push =
        |code, fails, text: String| found.push(Finding { code, fails, text: format!("chain {chain}: {text}") });
    let Some((first, _)) = list.first() else { return };
    let mut whole = true;
    for (receipt, _) in list {
        let body = &receipt.body;
        if (body.chain_no == 1) != (body.previous_sha256 == CHAIN_START) {
            whole = false;
            push(
                "chain_start",
                true,
                format!(
                    "receipt {} is no. {} but names a predecessor that does not fit",
                    one_line(&body.number),
                    body.chain_no
                ),
            );
        }
    }
    for pair in list.windows(2) {
        let [(a, a_sha), (b, _)] = pair else { continue };
        let (a, b) = (&a.body, &b.body);
        let (a_number, b_number) = (one_line(&a.number), one_line(&b.number));
        if a.chain_no == b.chain_no {
            whole = false;
            push(
                "chain_fork",
                true,
                format!("receipts {a_number} and {b_number} are different and both no. {}", a.chain_no),
            );
        } else if b.chain_no - a.chain_no > 1 {
            whole = false;
            let missing = match b.chain_no - a.chain_no {
                2 => format!("no. {}", a.chain_no + 1),
                _ => format!("nos. {} to {}", a.chain_no + 1, b.chain_no - 1),
            };
            push("chain_gap", true, format!("{missing} between {a_number} and {b_number} is not among the files"));
        } else if b.previous_sha256 != *a_sha {
            whole = false;
            push("chain_link", true, format!("receipt {b_number} names another predecessor than {a_number}"));
        }
        if a.number == b.number {
            whole = false;
            push("number_twice", true, format!("two receipts have the number {a_number}"));
        }
    }
    let last = list.last().map_or(first.body.chain_no, |(r, _)| r.body.chain_no);
    let start = first.body.chain_no;
    if whole {
        push("ok", false, format!("{} receipts, nos. {start} to {last}, without a gap or a fork", list.len()));
    }
    if start > 1 {
        push("chain_before", false, format!("what came before no. {start} was not given and not looked at"));
    }
}

/// The receipts of one visit: each revision once, later ones later in the chain.
fn revisions(receipts: &[Receipt], found: &mut Vec<Finding>) {
    let mut visits: BTreeMap<_, Vec<&Receipt>> = BTreeMap::new();
    for receipt in receipts {
        let of_visit = visits.entry(receipt.body.visit).or_default();
        if !of_visit.iter().any(|r| r.body.id == receipt.body.id) {
            of_visit.push(receipt);
        }
    }
    for (visit, mut list) in visits {
        list.sort_by_key(|r| (r.body.revision, r.body.chain_no));
        for pair in list.windows(2) {
            let [a, b] = pair else { continue };
            let (a, b) = (&a.body, &b.body);
            let numbers = format!("{} and {}", one_line(&a.number), one_line(&b.number));
            if a.revision == b.revision {
                let text = format!("visit {visit}: receipts {numbers} are both revision {}", a.revision);
                found.push(Finding { code: "revision_twice", fails: true, text });
            } else if a.chain == b.chain && a.chain_no > b.chain_no {
                let text =
                    format!("visit {visit}: receipts {numbers} are numbered against the order of their revisions");
                found.push(Finding { code: "revision_order", fails: true, text });
            }
        }
    }
}

#[cfg(test)]
mod tests;
