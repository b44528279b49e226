//! From an outbox row and a receipt to the bytes of a mail. A pure function: the same row gives the same bytes (but for the
//! time in a DKIM signature, if there is one; what is sent again is what was kept, see [`super::worker`]).

use super::dkim::Dkim;
use crate::receipts::pdf::{Languages, Layout, Renderer};
use crate::receipts::seal::Seal;
use crate::receipts::sheet::{Audience, Limits, Reader, Sheet, file_name, pdf_name};
use crate::receipts::template::{TemplateError, mail_html, mail_text};
use crate::store::outbox::OutboxRow;
use lettre::Address;
use lettre::address::{AddressError, Envelope};
use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, MultiPart, MultiPartKind, SinglePart};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use sync_core::canonical::{sha256, sha256_hex};
use sync_core::document::facts::Lang;
use sync_core::message::Message;
use sync_core::receipt::Receipt;

/// Largest HTML part in bytes. Above some 100 kB webmail cuts a mail off and hides the rest.
pub const LARGEST_HTML: usize = 60_000;

/// Longest subject and longest name of a person, in characters.
const LONGEST_SUBJECT: usize = 200;
const LONGEST_NAME: usize = 100;

/// What a mail needs beside its row and its receipt.
#[derive(Clone, Debug)]
pub struct Sender {
    /// From.
    pub from: Mailbox,
    /// Where the server is reached, without a slash at the end.
    pub public_url: String,
    /// Signs mails for the sender's domain.
    pub dkim: Option<Arc<Dkim>>,
    /// The PDF that is attached, if one is.
    pub pdf: Option<MailedPdf>,
}

/// The PDF that goes with a mail.
#[derive(Clone, Debug)]
pub struct MailedPdf {
    /// Sets it.
    pub renderer: Arc<Renderer>,
    /// In these languages, whatever the recipient's.
    pub languages: Option<Languages>,
}

/// A mail ready to be sent.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Sender and recipient as the mail server is told.
    pub envelope: Envelope,
    /// The Message-ID, without angle brackets.
    pub message_id: String,
    /// The mail.
    pub bytes: Vec<u8>,
}

/// Why a mail cannot be made. Trying again would not help.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The recipient has no usable address.
    #[error("the address {0:?} cannot be used: {1}")]
    Address(String, AddressError),
    /// The receipt cannot be read.
    #[error("the receipt cannot be read: {0}")]
    Receipt(String),
    /// Neither `zh-CN` nor `en`; neither `customer` nor `company`.
    #[error("the outbox row says {0:?}")]
    Row(String),
    /// A mistake in the program.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The mail library refuses.
    #[error("mail: {0}")]
    Mail(String),
}

/// RFC 3834: keeps out-of-office robots from answering.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }
    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }
    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Composes the mail of `row` with the receipt's file `receipt`, and with the customer's seal on its PDF where its photo is
/// here by now; answers go to `reply_to`. CPU work of some
/// milliseconds, and some hundredths of a second more where the PDF was not set yet: not for an async worker.
///
/// # Errors
/// See [`ComposeError`].
pub fn compose(
    row: &OutboxRow,
    receipt: &str,
    seal: Option<&Seal>,
    reply_to: Option<&Mailbox>,
    sender: &Sender,
) -> Result<Letter, ComposeError> {
    let lang = Lang::parse(&row.language).ok_or_else(|| ComposeError::Row(row.language.clone()))?;
    let audience = Audience::parse(&row.audience).ok_or_else(|| ComposeError::Row(row.audience.clone()))?;
    let parsed: Receipt = serde_json::from_str(receipt).map_err(|e| ComposeError::Receipt(e.to_string()))?;
    let (sheet, html) = fitting(&parsed, receipt, lang, audience, row, sender, reply_to.is_some())?;
    let text = mail_text(&sheet, reply_to.is_some())?;

    // The boundaries are the library's only randomness. Neither encoding of the parts can bring forth "=_".
    let mark = hex::encode(&sha256(row.message_id.as_bytes())[..12]);
    let file = Body::new_with_encoding(receipt.as_bytes().to_vec(), ContentTransferEncoding::Base64)
        .map_err(|_| ComposeError::Mail("the attachment cannot be encoded".to_owned()))?;
    let json = ContentType::parse("application/json").map_err(|e| ComposeError::Mail(e.to_string()))?;
    let mut body = MultiPart::builder().kind(MultiPartKind::Mixed).boundary(format!("=_mixed_{mark}")).multipart(
        MultiPart::builder()
            .kind(MultiPartKind::Alternative)
            .boundary(format!("=_alternative_{mark}"))
            .singlepart(part(ContentType::TEXT_PLAIN, text))
            .singlepart(part(ContentType::TEXT_HTML, html)),
    );
    if let Some(pdf) = pdf(row, receipt, seal, lang, sender) {
        body = body.singlepart(Attachment::new(pdf_name(&parsed.body.number)).body(pdf, pdf_type()?));
    }
    let body = body.singlepart(Attachment::new(file_name(&parsed.body.number)).body(file, json));

    let issued = UNIX_EPOCH + Duration::from_secs(parsed.body.issued_ms.max(0).unsigned_abs() / 1000);
    written(row, &subject(&sheet, lang), issued, reply_to, sender, body)
}

/// The headers around a body, the signature over both, and the bytes: the only way from an outbox row to a mail.
///
/// Every text becomes one line without control characters, and what is not ASCII is encoded (RFC 2047); addresses are
/// only ever parsed ones. So no text can begin a header of its own.
pub(super) fn written(
    row: &OutboxRow,
    subject: &str,
    date: SystemTime,
    reply_to: Option<&Mailbox>,
    sender: &Sender,
    body: MultiPart,
) -> Result<Letter, ComposeError> {
    let envelope = envelope(&row.recipient, sender)?;
    let to = mailbox(&row.name, parsed(&row.recipient)?);
    let mut builder = lettre::Message::builder()
        .from(sender.from.clone())
        .to(to)
        .subject(short(subject, LONGEST_SUBJECT))
        .date(date)
        .message_id(Some(format!("<{}>", row.message_id)))
        .header(AutoSubmitted);
    if let Some(reply_to) = reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    let mut message = builder.multipart(body).map_err(|e| ComposeError::Mail(e.to_string()))?;
    if let Some(dkim) = &sender.dkim {
        dkim.sign(&mut message);
    }
    Ok(Letter { envelope, message_id: row.message_id.clone(), bytes: message.formatted() })
}

/// Sender and recipient as the mail server is told.
pub(super) fn envelope(recipient: &str, sender: &Sender) -> Result<Envelope, ComposeError> {
    Envelope::new(Some(sender.from.email.clone()), vec![parsed(recipient)?])
        .map_err(|e| ComposeError::Mail(e.to_string()))
}

/// A name and an address.
pub(super) fn mailbox(name: &str, address: Address) -> Mailbox {
    Mailbox::new(Some(short(name, LONGEST_NAME)).filter(|n| !n.is_empty()), address)
}

/// One line of bounded length. The library cannot fold a text without spaces, and lines of mails end at 998 bytes (RFC 5322,
/// 2.1.1).
fn short(text: &str, longest: usize) -> String {
    crate::receipts::sheet::one_line(text).chars().take(longest).collect()
}

fn parsed(address: &str) -> Result<Address, ComposeError> {
    address.parse().map_err(|e| ComposeError::Address(address.to_owned(), e))
}

fn pdf_type() -> Result<ContentType, ComposeError> {
    ContentType::parse("application/pdf").map_err(|e| ComposeError::Mail(e.to_string()))
}

/// The PDF, encoded. A mail without one is better than no mail: it says the same, and the record is attached.
fn pdf(row: &OutboxRow, receipt: &str, seal: Option<&Seal>, lang: Lang, sender: &Sender) -> Option<Body> {
    let pdf = sender.pdf.as_ref()?;
    let languages = pdf.languages.unwrap_or_else(|| lang.into());
    let token = Some(row.link_token.clone()).filter(|t| !t.is_empty());
    let layout = Layout { languages, public_url: sender.public_url.clone(), token, seal: None };
    match pdf.renderer.render_sealed(receipt, &layout, seal) {
        Ok(bytes) => Body::new_with_encoding(bytes.to_vec(), ContentTransferEncoding::Base64).ok(),
        Err(e) => {
            tracing::warn!(mail = %row.id, code = e.code(), error = %e, "a mail goes out without its PDF");
            None
        }
    }
}

/// Base64 throughout: Chinese text is shorter so, and no line of it can be mangled by a relay.
pub(super) fn part(kind: ContentType, text: String) -> SinglePart {
    let encoded = Body::new_with_encoding(text, ContentTransferEncoding::Base64);
    // Base64 can carry anything, so this never falls back.
    let body = encoded.unwrap_or_else(Body::new);
    SinglePart::builder().header(kind).body(body)
}

/// The longest form whose HTML stays under the bound.
fn fitting(
    receipt: &Receipt,
    file: &str,
    lang: Lang,
    audience: Audience,
    row: &OutboxRow,
    sender: &Sender,
    can_answer: bool,
) -> Result<(Sheet, String), ComposeError> {
    let sha256 = sha256_hex(file.as_bytes());
    let token = Some(row.link_token.as_str()).filter(|t| !t.is_empty());
    let mut last = None;
    for limits in Limits::MAIL {
        let reader = Reader { lang, audience, limits, public_url: &sender.public_url, token };
        let sheet = Sheet::new(&receipt.body, &sha256, &reader);
        let html = mail_html(&sheet, can_answer)?;
        let fits = html.len() < LARGEST_HTML;
        last = Some((sheet, html));
        if fits {
            break;
        }
    }
    last.ok_or_else(|| ComposeError::Mail("there is no form to choose from".to_owned()))
}

/// Number, outcome and customer; for the company also how many flags.
fn subject(sheet: &Sheet, lang: Lang) -> String {
    let id = if sheet.flag_count > 0 { "mail-subject-flagged" } else { "mail-subject" };
    Message::new(id)
        .with("number", sheet.number.as_str())
        .with("outcome", sheet.outcome.0.as_str())
        .with("customer", sheet.customer.as_str())
        .with("count", i64::try_from(sheet.flag_count).unwrap_or(i64::MAX))
        .render(lang)
}
