//! Receipts against the published log: proofs and heads as files, checked offline; and what else the server signs.

use super::{Finding, LARGEST};
use crate::receipts::bounded::read_bounded;
use crate::receipts::jwks::KeySet;
use crate::receipts::words::{groups, one_line};
use std::path::{Path, PathBuf};
use sync_core::confirmation::{AddressFrom, Confirmation, Entered};
use sync_core::log::{ConsistencyProof, Head, InclusionProof, ProofError};
use sync_core::receipt::Receipt;
use sync_core::statement::{Signed, StatementError};

/// What is given beside receipts.
#[derive(Clone, Debug, Default)]
pub struct LogFiles {
    /// Inclusion and consistency proofs.
    pub proofs: Vec<PathBuf>,
    /// Heads.
    pub heads: Vec<PathBuf>,
}

/// What the server signs beside receipts.
pub(super) enum Stated {
    Head(Head),
    Confirmation(Box<Confirmation>),
}

impl Stated {
    /// In a line.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Head(head) => describe(head),
            Self::Confirmation(c) => confirmed(c),
        }
    }
}

/// A signed statement; `None` when the text is none, and perhaps a receipt.
pub(super) fn statement(text: &str, keys: &KeySet) -> Option<Result<Stated, StatementError>> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    match value.get("kind")?.as_str()? {
        sync_core::log::HEAD_KIND => Some(head(text, keys).map(Stated::Head)),
        sync_core::confirmation::CONFIRMATION_KIND => {
            let read = Signed::<Confirmation>::verify(text, &|kid| keys.get(kid));
            Some(read.map(|signed| Stated::Confirmation(Box::new(signed.body))))
        }
        _ => None,
    }
}

fn confirmed(c: &Confirmation) -> String {
    let at = jiff::Timestamp::from_millisecond(c.confirmed_ms).unwrap_or_default();
    let who = if c.is_signer { "the signer" } else { "a contact of the customer" };
    let from = match c.address_from {
        None | Some(AddressFrom::Contacts) => "from the company's list of contacts",
        Some(AddressFrom::SignOff) => "typed on the engineer's phone at sign-off",
    };
    let entered = match c.entered {
        Entered::Page => "on its page",
        Entered::Company => "by the company, to whom it was read",
    };
    let (number, name, address) = (one_line(&c.number), one_line(&c.name), one_line(&c.address));
    let sha = groups(&c.receipt_sha256).join(" ");
    format!(
        "confirmation of receipt {number} by {who}, {name}, with a code sent by {} to {address} ({from}) and entered \
         {entered} at {at}; the receipt's SHA-256 is {sha}",
        c.channel.as_str()
    )
}

/// Whether confirmations are about the receipts among the files.
pub(super) fn confirmations(all: &[Confirmation], receipts: &[Receipt]) -> Vec<Finding> {
    let mut found = Vec::new();
    for c in all {
        let Some(receipt) = receipts.iter().find(|r| r.body.id == c.receipt) else { continue };
        let number = one_line(&receipt.body.number);
        found.push(match receipt.sha256() {
            Ok(sha) if sha == c.receipt_sha256 => Finding {
                code: "confirmed",
                fails: false,
                text: format!("receipt {number} is the one that was confirmed"),
            },
            _ => {
                let text = format!("receipt {number} is NOT the one that was confirmed: its digest is another");
                Finding { code: "confirmation_other_receipt", fails: true, text }
            }
        });
    }
    found
}

fn head(text: &str, keys: &KeySet) -> Result<Head, StatementError> {
    Signed::<Head>::verify(text, &|kid| keys.get(kid)).map(|signed| signed.body)
}

fn describe(head: &Head) -> String {
    format!(
        "head no. {} of the log, for {} (UTC): {} receipts, root {}",
        head.number,
        head.day,
        head.tree_size,
        groups(&head.root).join(" ")
    )
}

/// Checks each proof: by the receipt that it is about and by the head that it leads to, or by the two heads that it is between;
/// they must be among the files.
pub(super) fn findings(
    given: &LogFiles,
    receipts: &[Receipt],
    keys_of: &mut dyn FnMut(&Path) -> Result<KeySet, String>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut heads = Vec::new();
    for path in &given.heads {
        let read = keys_of(path).map_err(|why| ("head_unreadable", why)).and_then(|keys| {
            let text = read_bounded(path, LARGEST).map_err(|why| ("head_unreadable", why))?;
            head(&text, &keys).map_err(|e| (e.code(), one_line(&e.to_string())))
        });
        match read {
            Ok(head) => {
                found.push(say("ok", false, path, describe(&head)));
                heads.push(head);
            }
            Err((code, text)) => found.push(say(code, true, path, text)),
        }
    }
    for path in &given.proofs {
        let checked = read_bounded(path, LARGEST).map_err(|why| ("proof_unreadable", why));
        found.push(match checked.and_then(|text| one(&text, receipts, &heads)) {
            Ok((code, text)) => say(code, false, path, text),
            Err((code, text)) => say(code, true, path, text),
        });
    }
    found
}

type Told = (&'static str, String);

fn one(text: &str, receipts: &[Receipt], heads: &[Head]) -> Result<Told, Told> {
    let wrong = |e: ProofError| (e.code(), one_line(&e.to_string()));
    if let Ok(proof) = ConsistencyProof::read(text) {
        let head = |day, size| heads.iter().find(|h| h.day == day && h.tree_size == size);
        let (from, to) = (head(proof.from_day, proof.from_size), head(proof.to_day, proof.to_size));
        let (Some(from), Some(to)) = (from, to) else {
            let (from, to) = (proof.from_day, proof.to_day);
            let text =
                format!("the heads that it is between, of {from} and {to} (UTC), are not among the files: --head");
            return Err(("proof_other_head", text));
        };
        proof.check(from, to).map_err(wrong)?;
        let text =
            format!("the log of {} (UTC), {} receipts, only added to that of {}", to.day, to.tree_size, from.day);
        return Ok(("consistent", text));
    }
    let proof = InclusionProof::read(text).map_err(wrong)?;
    let about = receipts.iter().find(|r| r.sha256().is_ok_and(|sha| sha == proof.receipt_sha256));
    let Some(receipt) = about else {
        return Err(("proof_other_receipt", "it is about no receipt that holds among the files".to_owned()));
    };
    let Some(head) = heads.iter().find(|h| h.tree_size == proof.tree_size) else {
        let text = format!("the head that it leads to, of {} (UTC), is not among the files: --head", proof.head_day);
        return Err(("proof_other_head", text));
    };
    proof.check(&proof.receipt_sha256, head).map_err(wrong)?;
    let text = format!(
        "receipt {} is no. {} of the {} in the log under the head of {} (UTC)",
        one_line(&receipt.body.number),
        proof.leaf_index.saturating_add(1),
        head.tree_size,
        head.day
    );
    Ok(("in_log", text))
}

fn say(code: &'static str, fails: bool, path: &Path, text: String) -> Finding {
    Finding { code, fails, text: format!("{}: {text}", path.display()) }
}
