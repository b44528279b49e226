//! The hospital's page (`/r/{token}`): what the receipt says, whether it holds, the file itself; what was said about it, and
//! the forms to say more. No log-in, no script; the token in the address is the only key, and the database only knows its hash.

use super::check::Finding;
use super::codes::{Choice, MOST_TRIES, statement};
use super::jwks::KeySet;
use super::logged;
use super::said::{Action, Form};
use super::seal;
use super::sheet::{Audience, Limits, Reader, Sheet, Tone, photo_kind};
use super::template::{PageChoice, PageEntry, PageFile, PageForm, PageState, TemplateError, page_html};
use super::words::{Words, clean, one_line};
use crate::blobs;
use crate::receipt_log::proofs::{self, Proven};
use crate::store::blobs as rows;
use crate::store::codes::{self, CodeRow};
use crate::store::page::{self, EntryRow, OpenRow};
use crate::store::receipts::{self, ReceiptRow};
use crate::store::{Db, StoreError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::tz::TimeZone;
use std::collections::HashSet;
use sync_core::blob::MediaType;
use sync_core::canonical::{sha256, sha256_hex};
use sync_core::confirmation::AddressFrom;
use sync_core::document::facts::{Lang, Photo};
use sync_core::message::Message;
use sync_core::receipt::Receipt;
use sync_core::reference::{Reference, WorkOrder, WorkOrderStatus};
use uuid::Uuid;

/// Bytes of randomness in a token.
const TOKEN_BYTES: usize = 32;

/// More open work orders than this are not listed.
const MOST_ORDERS: usize = 20;

/// How long after its issue a receipt's link opens its page, in milliseconds: two years, as long as what was done may be
/// asked about. Sending the mail again lengthens it.
pub const LINK_MS: i64 = 730 * 86_400_000;

/// A receipt found by its link.
#[derive(Clone, Debug)]
pub struct Found {
    /// The receipt.
    pub receipt: ReceiptRow,
    /// Numbers of the same visit's later receipts, in order.
    pub later: Vec<String>,
    /// What was said about this visit's receipts, in order.
    pub said: Vec<EntryRow>,
    /// The sign-offs of this visit's receipts: a rating with the id of one was given with it.
    pub sign_offs: HashSet<Uuid>,
    /// Unanswered disputes of all of this customer's receipts.
    pub open: Vec<OpenRow>,
    /// Those of its photos and files whose bytes are here by now.
    pub held: HashSet<String>,
    /// Until when the link opens the page.
    pub until_ms: i64,
    /// That it is in the log; `None`: no head is over it yet.
    pub proven: Option<Proven>,
    /// The one-time code that can be entered now.
    pub pending: Option<CodeRow>,
}

impl Found {
    /// One of the receipt's own photos and files, if it is here; nobody else's, whoever has the link.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn attachment(&self, db: &Db, sha256: &str) -> Result<Option<(MediaType, Vec<u8>)>, StoreError> {
        if !self.held.contains(sha256) {
            return Ok(None);
        }
        blobs::read(&mut db.read().await?, sha256).await
    }
}

/// Why a page cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// What is stored is no receipt that this version can read.
    #[error("the stored receipt cannot be read: {0}")]
    Unreadable(String),
    /// A mistake in the program.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

/// A fresh token for a receipt's link, from 32 bytes of the operating system's randomness: base64url, 43 characters.
pub fn token(random: &[u8; TOKEN_BYTES]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

/// What the database holds of a token.
pub fn token_hash(token: &str) -> [u8; 32] {
    sha256(token.as_bytes())
}

/// The receipt behind a link, unless the link has expired. What has not the form of a token is not looked up.
///
/// # Errors
/// When the database refuses.
pub async fn by_token(db: &Db, token: &str, now_ms: i64) -> Result<Option<Found>, StoreError> {
    if URL_SAFE_NO_PAD.decode(token).ok().is_none_or(|bytes| bytes.len() != TOKEN_BYTES) {
        return Ok(None);
    }
    let mut tx = db.read().await?;
    let Some(receipt) = receipts::by_token_hash(&mut tx, &token_hash(token)).await? else { return Ok(None) };
    let until = page::link_expires(&mut tx, receipt.id).await?;
    let until_ms = until.unwrap_or_else(|| receipt.issued_ms.saturating_add(LINK_MS));
    if until_ms <= now_ms {
        return Ok(None);
    }
    let of_visit = receipts::of_visit(&mut tx, receipt.visit_id).await?;
    let sign_offs = of_visit.iter().map(|r| r.sign_off_id).collect();
    let later = of_visit.into_iter().filter(|r| r.revision > receipt.revision).map(|r| r.number).collect();
    let said = page::of_visit(&mut tx, receipt.visit_id).await?;
    // Hospitals that are in no list share a chain, and have nothing to do with each other.
    let open = match receipt.chain.parse::<Uuid>() {
        Ok(_) => page::open_of_chain(&mut tx, &receipt.chain).await?,
        Err(_) => Vec::new(),
    };
    let proven = proofs::first(&mut tx, receipt.id).await?;
    let pending = codes::pending(&mut tx, receipt.id, now_ms, MOST_TRIES).await?;
    let attached = serde_json::from_str::<Receipt>(&receipt.body).map(|r| r.body.attachments).unwrap_or_default();
    let named: Vec<String> = attached.present.into_iter().chain(attached.pending).collect();
    let held = rows::held(&mut tx, &named).await?;
    Ok(Some(Found { receipt, later, said, sign_offs, open, held, until_ms, proven, pending }))
}

/// Where a receipt's page is on this server: without its host, so that it works by whichever name one came.
pub fn path(public_url: &str, token: &str) -> String {
    below(public_url, &format!("r/{token}"))
}

fn below(public_url: &str, name: &str) -> String {
    let below = public_url.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    let below = below.map(|(_, path)| path.trim_end_matches('/')).filter(|path| !path.is_empty());
    below.map_or_else(|| format!("/{name}"), |path| format!("/{path}/{name}"))
}

/// The language to show the page in: the one asked for, else the first of `Accept-Language` that there is, else the one
/// in which it was signed.
pub fn language(asked: Option<&str>, accept_language: Option<&str>, signed: Lang) -> Lang {
    let named = |tag: &str| match tag.trim().get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("zh") => Some(Lang::ZhCn),
        Some("en") => Some(Lang::En),
        _ => None,
    };
    let accepted = accept_language.unwrap_or_default().split(',').find_map(|tag| named(tag.split(';').next()?));
    asked.and_then(named).or(accepted).unwrap_or(signed)
}

/// What a page is rendered with, beside the receipt.
pub struct Shown<'a> {
    /// The token of its link.
    pub token: &'a str,
    /// The server's public keys.
    pub keys: &'a KeySet,
    /// How the world reaches this server.
    pub public_url: &'a str,
    /// For the customer's open work orders.
    pub known: &'a Reference,
    /// The forms: each with its id and its proof.
    pub forms: &'a [(Action, Uuid, String)],
    /// Whom a one-time code can be sent to.
    pub choices: &'a [Choice],
    /// What somebody filled in, and has to correct.
    pub form: Option<&'a Form>,
    /// What is wrong with it: the id of a text.
    pub problem: Option<&'static str>,
    /// What was just taken in.
    pub done: Option<Action>,
    /// What was found about a file.
    pub finding: Option<&'a Finding>,
}

/// Renders the page: CPU work of some milliseconds (it checks both signatures), so not for an async worker. `lang` gets
/// the language in which the receipt was signed and says which to use; see [`language`].
///
/// The links on it are `?lang=…`, `{public_url}/r/{token}.json` for the file and `.pdf` for its PDF.
///
/// # Errors
/// See [`PageError`]. A receipt that does not hold is no error: the page says so.
pub fn render(found: &Found, shown: &Shown<'_>, lang: impl FnOnce(Lang) -> Lang) -> Result<String, PageError> {
    let file = &found.receipt.body;
    let receipt: Receipt = serde_json::from_str(file).map_err(|e| PageError::Unreadable(e.to_string()))?;
    let lang = lang(receipt.body.sign_off.sign_off.text_lang);
    let broken = Receipt::verify(file, &|kid| shown.keys.get(kid)).err().map(|e| one_line(&e.to_string()));
    let (token, public_url) = (Some(shown.token), shown.public_url);
    let reader = Reader { lang, audience: Audience::Customer, limits: Limits::WHOLE, public_url, token };
    let sheet = Sheet::new(&receipt.body, &sha256_hex(file.as_bytes()), &reader);
    let other = match lang {
        Lang::ZhCn => Lang::En,
        Lang::En => Lang::ZhCn,
    };
    let zone = TimeZone::get(&receipt.body.customer.time_zone).unwrap_or(TimeZone::UTC);
    let words = Words::new(lang, zone, Limits::WHOLE);
    let here = path(public_url, shown.token);
    let head = found.proven.as_ref().map(|p| format!(".well-known/countersign/heads/{}", p.head.day));
    let state = PageState {
        logged: logged::told(file, found.proven.as_ref(), shown.keys, &words),
        proof: found.proven.is_some().then(|| format!("{here}.proof.json")),
        head: head.map(|name| below(shown.public_url, &name)),
        broken,
        later: found.later.iter().map(|n| one_line(n)).collect::<Vec<_>>().join(", "),
        other_language: format!("{here}?lang={other}"),
        other_lang: other.as_str(),
        pdf: format!("{here}.pdf?lang={lang}"),
        pdf_both: format!("{here}.pdf?lang=both"),
        download: format!("{here}.json"),
        send: format!("{here}?lang={lang}"),
        verify: format!("{here}/verify?lang={lang}"),
        until: words.at(found.until_ms),
        done: shown.done.map(|action| format!("page-done-{}", action.as_str())),
        problem: shown.problem,
        finding: shown.finding.map(|f| told(f, &words)),
        forms: shown.forms.iter().map(|(action, key, proof)| form(*action, *key, proof, shown.form)).collect(),
        said: thread(found, &here, &words),
        choices: shown.choices.iter().map(|c| choice(c, shown.form, &words)).collect(),
        pending: found.pending.as_ref().map(|c| (way(&c.channel, &c.masked, &words), words.at(c.expires_ms))),
        files: files(found, &receipt, &here, &words),
        seal: seal::named(&receipt.body)
            .filter(|p| found.held.contains(&p.sha256))
            .map(|p| format!("{here}/a/{}", p.sha256)),
        open: found.open.iter().map(|o| words.more(&one_line(&o.number), &words.at(o.at_ms))).collect(),
        orders: orders(&receipt, shown.known, &words),
        listed: receipt.body.customer.id.is_some(),
    };
    Ok(page_html(&sheet, &state)?)
}

/// What was found about a file, in a line, and how it is coloured.
fn told(finding: &Finding, words: &Words) -> (String, Tone) {
    match finding {
        Finding::Nothing => (words.t("page-file-nothing"), Tone::Bad),
        Finding::Broken(code) => (words.say(Message::new("page-file-broken").with("code", *code)), Tone::Bad),
        Finding::Ours { number, revision, same, current, logged } => {
            let id = if *same { "page-file-same" } else { "page-file-other" };
            let message = Message::new(id).with("number", number.as_str()).with("revision", i64::from(*revision));
            let mut text = words.say(message);
            if let Some(day) = logged {
                text.push('\n');
                text.push_str(&words.say(Message::new("page-file-logged").with("day", day.as_str())));
            }
            match current {
                Some(last) => {
                    let last = words.say(Message::new("page-file-later").with("number", last.as_str()));
                    (format!("{text}\n{last}"), Tone::Mixed)
                }
                None => (format!("{text}\n{}", words.t("page-file-current")), Tone::Good),
            }
        }
    }
}

/// The photos and files of the record, with the way to those that are here.
fn files(found: &Found, receipt: &Receipt, here: &str, words: &Words) -> Vec<PageFile> {
    let attached = &receipt.body.attachments;
    let live = receipt.body.summary.record.photos.iter().filter(|p| p.superseded_by.is_none()).map(|p| &p.value);
    let file = |p: &Photo| {
        let held = found.held.contains(&p.sha256);
        let state = match (held, attached.present.contains(&p.sha256)) {
            (true, true) => "page-file-present",
            (true, false) => "page-file-arrived",
            // Here once, and no longer: a database that was restored from a backup.
            (false, _) => "page-file-waiting",
        };
        PageFile {
            kind: words.t(photo_kind(p)),
            caption: one_line(&p.caption),
            state: words.t(state),
            href: held.then(|| format!("{here}/a/{}", p.sha256)),
        }
    };
    live.map(file).collect()
}

fn form(action: Action, key: Uuid, proof: &str, filled: Option<&Form>) -> PageForm {
    let filled = filled.filter(|f| f.action == action);
    let text = |get: fn(&Form) -> &String| filled.map(|f| clean(get(f))).unwrap_or_default();
    PageForm {
        action: action.as_str(),
        key: key.to_string(),
        proof: proof.to_owned(),
        open: filled.is_some(),
        name: text(|f| &f.name),
        role: text(|f| &f.role),
        text: text(|f| &f.text),
        stars: text(|f| &f.stars),
    }
}

/// How a code goes to an address, in words.
fn way(channel: &str, masked: &str, words: &Words) -> String {
    words.say(Message::new(format!("code-by-{channel}")).with("address", masked))
}

fn choice(choice: &Choice, filled: Option<&Form>, words: &Words) -> PageChoice {
    let value = format!("{}/{}", choice.contact, choice.channel.as_str());
    let who = if choice.role.is_empty() { choice.name.clone() } else { words.more(&choice.name, &choice.role) };
    let label = words.line(&who, &way(choice.channel.as_str(), &choice.masked, words));
    let label = match choice.from {
        AddressFrom::Contacts => label,
        AddressFrom::SignOff => words.more(&label, &words.t("code-from-sign_off")),
    };
    PageChoice { chosen: filled.is_some_and(|f| f.to == value), value, label }
}

/// Disputes with their answers, confirmations and ratings of this receipt's visit, in order; answers under what they answer.
fn thread(found: &Found, here: &str, words: &Words) -> Vec<PageEntry> {
    let one = |e: &EntryRow| PageEntry {
        kind: e.kind.clone(),
        at: words.at(e.at_ms),
        name: one_line(&e.name),
        role: one_line(&e.role),
        text: clean(&e.text),
        stars: e.stars.and_then(|n| usize::try_from(n).ok()).map(|n| ("★".repeat(n.min(5)), n)),
        origin: (e.kind == "rating").then(|| match found.sign_offs.contains(&e.id) {
            true => words.t("page-rated-sign_off"),
            false => words.t("page-rated-page"),
        }),
        resolution: e.resolution.as_ref().map(|r| words.word("page-resolution", r)),
        code: statement(e).map(|s| {
            let how = way(s.channel.as_str(), &s.address, words);
            let mut text = words.say(Message::new(format!("page-coded-{}", s.entered.as_str())).with("how", how));
            if s.address_from == Some(AddressFrom::SignOff) {
                text = format!("{text} {}", words.t("page-coded-from-sign_off"));
            }
            // Its file is on the page of the receipt that it is about.
            (text, (e.receipt_id == found.receipt.id).then(|| format!("{here}/confirmations/{}", e.id)))
        }),
        answer: None,
    };
    let answer = |id: Uuid| found.said.iter().find(|a| a.kind == "answer" && a.dispute_id == Some(id));
    let own = found.said.iter().filter(|e| e.kind != "answer");
    own.map(|e| PageEntry { answer: answer(e.id).map(|a| Box::new(one(a))), ..one(e) }).collect()
}

/// The customer's open work orders: number and date. What they are for may be for the company's eyes.
fn orders(receipt: &Receipt, known: &Reference, words: &Words) -> Vec<String> {
    let Some(customer) = receipt.body.customer.id else { return Vec::new() };
    let open = |w: &&WorkOrder| w.customer == customer && w.status == WorkOrderStatus::Open;
    let mut open: Vec<&WorkOrder> = known.work_orders.values().filter(open).collect();
    open.sort_by(|a, b| (b.issued_at_ms, &a.code).cmp(&(a.issued_at_ms, &b.code)));
    open.iter().take(MOST_ORDERS).map(|w| words.more(&one_line(&w.code), &words.at(w.issued_at_ms))).collect()
}

#[cfg(test)]
pub(crate) mod tests;
