//! What a receipt says, as lines of text for one reader: the same for the mail's two parts and the hospital's page, so
//! that no two of them can tell different stories. The templates only lay it out.

mod record;
mod signing;

use super::words::{Words, groups};
use jiff::tz::TimeZone;
use serde::Serialize;
use sync_core::blob::MediaType;
use sync_core::coverage::Coverage;
use sync_core::document::facts::{Lang, Photo, SignOffOutcome};
use sync_core::message::Message;
use sync_core::money::DayClass;
use sync_core::receipt::{CHAIN_START, ReceiptBody};

pub use super::words::Limits;
pub(crate) use super::words::{clean, one_line};

/// Who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The hospital: what concerns them, and no internal flags.
    Customer,
    /// The company: every flag as well.
    Company,
}

impl Audience {
    /// The audience with the outbox's name for it.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "customer" => Some(Self::Customer),
            "company" => Some(Self::Company),
            _ => None,
        }
    }
}

/// For whom a receipt is laid out, and how.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// Their language.
    pub lang: Lang,
    /// Who they are.
    pub audience: Audience,
    /// How much of the free text they get.
    pub limits: Limits,
    /// Where the server is reached, without a slash at the end.
    pub public_url: &'a str,
    /// The token of the receipt's page; none gives no link.
    pub token: Option<&'a str>,
}

/// How something is coloured. The words beside it say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// As it should be.
    Good,
    /// Somebody should look.
    Mixed,
    /// Not as it should be.
    Bad,
    /// Neither.
    Plain,
}

/// A label and what stands beside it; several lines where phones disagreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The label.
    pub label: String,
    /// The text.
    pub text: String,
    /// Values that other devices wrote.
    pub also: Vec<String>,
}

/// A labelled group of rows: a work item, an objection, a conflict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    /// Its heading.
    pub title: String,
    /// A word beside the heading, and its tone.
    pub badge: Option<(String, Tone)>,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// A receipt in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sheet {
    /// `zh-CN` or `en`.
    pub lang: &'static str,
    /// The receipt's number.
    pub number: String,
    /// Which receipt of its visit.
    pub revision: u32,
    /// The customer's name.
    pub customer: String,
    /// The outcome in a word, and its tone.
    pub outcome: (String, Tone),
    /// The outcome in a sentence.
    pub answer: String,
    /// When it was issued.
    pub issued: String,
    /// Which time zone all times are in.
    pub zone: String,
    /// Number, revision, visit, customer, work order, mode.
    pub parties: Vec<Row>,
    /// Who demanded the visit, and in which words.
    pub demands: Vec<Block>,
    /// Engineers, with when they came and what time they spent.
    pub engineers: Vec<Row>,
    /// Every time entry.
    pub times: Vec<Row>,
    /// Labour in all, each minute once.
    pub total: String,
    /// The same by class of the hour; empty on receipts that do not say so.
    pub classes: Vec<Row>,
    /// What was done.
    pub items: Vec<Block>,
    /// The verdict on the whole visit, and its tone.
    pub coverage: (String, Tone),
    /// Coverage of work that is not part of what was signed.
    pub coverage_later: Vec<String>,
    /// Objections.
    pub objections: Vec<Block>,
    /// Expenses, and their sum per currency.
    pub expenses: Vec<Row>,
    /// Notes.
    pub notes: Vec<Row>,
    /// Photos and files.
    pub photos: Vec<Row>,
    /// Who signed, when, with which reason.
    pub signing: Vec<Row>,
    /// Where devices disagreed.
    pub conflicts: Vec<Block>,
    /// What the customer may know beside.
    pub remarks: Vec<String>,
    /// Every flag; `None` where it is not the reader's to see.
    pub flags: Option<Vec<Block>>,
    /// How many flags were raised; 0 where it is not the reader's to see.
    pub flag_count: usize,
    /// The place in the chain.
    pub chain: String,
    /// SHA-256 of the file in groups of four.
    pub digest: Vec<String>,
    /// The file's name.
    pub file: String,
    /// The receipt's page.
    pub link: Option<String>,
    /// The server's public keys.
    pub keys: String,
    /// Whether anything was left out.
    pub shortened: bool,
}

impl Sheet {
    /// Lays `receipt` out. `sha256` is that of its file.
    pub fn new(receipt: &ReceiptBody, sha256: &str, reader: &Reader<'_>) -> Self {
        // A receipt for a hospital that is not listed says UTC; a zone that this program does not know reads as UTC
        // too, and is then called that.
        let known = TimeZone::get(&receipt.customer.time_zone).ok();
        let zone_name = if known.is_some() { receipt.customer.time_zone.as_str() } else { "UTC" };
        let w = Words::new(reader.lang, known.unwrap_or(TimeZone::UTC), reader.limits);
        let company = reader.audience == Audience::Company;
        let record = record::Record::new(receipt, &w);
        let (items, coverage_later) = record.items();
        let mut sheet = Self {
            lang: reader.lang.as_str(),
            number: one_line(&receipt.number),
            revision: receipt.revision,
            customer: one_line(&receipt.customer.name),
            outcome: outcome(receipt.sign_off.sign_off.outcome, &w),
            answer: w.word("mail-answer", receipt.sign_off.sign_off.outcome.as_str()),
            issued: w.at(receipt.issued_ms),
            zone: w.say(Message::new("mail-zone").with("zone", zone_name).with("offset", w.offset(receipt.issued_ms))),
            parties: parties(receipt, &w),
            demands: record.demands(),
            engineers: record.engineers(),
            times: record.times(),
            total: w.duration(receipt.summary.labour_s),
            classes: classes(receipt, &w),
            items,
            coverage: coverage(receipt.verdict.coverage, &w),
            coverage_later,
            objections: record.objections(),
            expenses: record.expenses(),
            notes: record.notes(),
            photos: record.photos(),
            signing: signing::signing(receipt, &record, &w),
            conflicts: record.conflicts(),
            remarks: signing::remarks(receipt, &w),
            flags: company.then(|| signing::flags(receipt, &w)),
            flag_count: if company { receipt.verdict.flags.len() } else { 0 },
            chain: chain(receipt, &w),
            digest: groups(sha256),
            file: file_name(&receipt.number),
            link: reader.token.map(|token| format!("{}/r/{token}", reader.public_url)),
            keys: format!("{}/.well-known/jwks.json", reader.public_url),
            shortened: false,
        };
        sheet.shortened = w.shortened();
        sheet
    }
}

/// The name of a receipt's file: its number, as far as every file system takes it.
pub fn file_name(number: &str) -> String {
    format!("{}.json", safe_name(number))
}

/// The name of its PDF.
pub fn pdf_name(number: &str) -> String {
    format!("{}.pdf", safe_name(number))
}

fn safe_name(number: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    number.chars().map(safe).collect::<String>().trim_start_matches('.').to_owned()
}

/// What a photo or file is: the id of the word for it.
pub(crate) fn photo_kind(photo: &Photo) -> &'static str {
    match MediaType::parse(&photo.media_type) {
        _ if photo.seal => "mail-photo-seal",
        Some(MediaType::Pdf) | None => "mail-photo-file",
        Some(_) => "mail-photo-image",
    }
}

fn classes(receipt: &ReceiptBody, w: &Words) -> Vec<Row> {
    let row = |(class, seconds): (&DayClass, &i64)| row(w.word("day_class", class.as_str()), w.duration(*seconds));
    receipt.day_classes.iter().map(row).collect()
}

fn row(label: String, text: String) -> Row {
    Row { label, text, also: Vec::new() }
}

fn outcome(outcome: SignOffOutcome, w: &Words) -> (String, Tone) {
    let tone = match outcome {
        SignOffOutcome::Accepted => Tone::Good,
        SignOffOutcome::AcceptedWithReservations => Tone::Mixed,
        SignOffOutcome::Refused => Tone::Bad,
        SignOffOutcome::NobodyPresent => Tone::Plain,
    };
    (w.word("outcome", outcome.as_str()), tone)
}

fn coverage(coverage: Coverage, w: &Words) -> (String, Tone) {
    let tone = match coverage {
        Coverage::Covered => Tone::Good,
        Coverage::NotCovered => Tone::Bad,
        Coverage::NeedsDecision => Tone::Mixed,
    };
    (w.word("coverage", coverage.as_str()), tone)
}

fn parties(receipt: &ReceiptBody, w: &Words) -> Vec<Row> {
    let name = w.text(&receipt.customer.name);
    let name = match receipt.customer.id {
        Some(_) => name,
        None => w.say(Message::new("record-unlisted").with("name", name)),
    };
    let mut rows = vec![row(w.t("record-customer"), name)];
    if receipt.customer.id.is_some() {
        rows.push(row(w.t("mail-code"), one_line(&receipt.customer.code)));
    }
    rows.push(row(w.t("record-visit"), receipt.visit.to_string()));
    for fact in receipt.summary.record.origins.iter().filter(|o| o.superseded_by.is_none()) {
        let origin = &fact.value;
        let order = match &origin.work_order_code {
            Some(code) => w.text(code),
            None => w.t("record-no-work-order"),
        };
        rows.push(row(w.t("record-work-order"), order));
        rows.push(row(w.t("record-mode"), w.word("mode", origin.mode.as_str())));
        rows.push(row(w.t("record-began"), w.at(origin.at.instant_ms())));
    }
    // Two phones that began the same visit usually say the same.
    rows.dedup();
    let mut seen = std::collections::BTreeSet::new();
    rows.retain(|r| seen.insert((r.label.clone(), r.text.clone())));
    rows
}

fn chain(receipt: &ReceiptBody, w: &Words) -> String {
    let unlisted = if receipt.customer.id.is_some() { "" } else { "-unlisted" };
    let message = if receipt.previous_sha256 == CHAIN_START {
        Message::new(format!("mail-chain{unlisted}-first"))
    } else {
        let id = if unlisted.is_empty() { "mail-chain-text".to_owned() } else { format!("mail-chain{unlisted}") };
        Message::new(id).with("previous", groups(&receipt.previous_sha256).join(" "))
    };
    w.say(message.with("no", i64::try_from(receipt.chain_no).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::{file_name, pdf_name};

    /// A customer's code, and so the number, may hold any letters.
    #[test]
    fn names_of_files_are_harmless() {
        assert_eq!(file_name("院\"1-000001"), "__1-000001.json");
        assert_eq!(pdf_name("../a\r\nb"), "_a__b.pdf");
    }
}
