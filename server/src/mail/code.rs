//! A one-time code on its way to the person who is to enter it, or to read it out. It has no link: who only has the mailbox gets
//! no further with it.

use super::compose::{ComposeError, Letter, Sender, part, written};
use crate::receipts::sheet::one_line;
use crate::receipts::template::{CodeNotice, code_html, code_text};
use crate::store::outbox::OutboxRow;
use lettre::message::header::ContentType;
use lettre::message::{MultiPart, MultiPartKind};
use std::time::{Duration, UNIX_EPOCH};
use sync_core::canonical::sha256;
use sync_core::document::facts::Lang;
use sync_core::message::Message;
use sync_core::receipt::Receipt;

/// Composes the mail of `row`, which holds the code where other mails hold their link, about the receipt with the file
/// `receipt`.
///
/// # Errors
/// See [`ComposeError`].
pub(super) fn compose(row: &OutboxRow, receipt: &str, sender: &Sender) -> Result<Letter, ComposeError> {
    let lang = Lang::parse(&row.language).ok_or_else(|| ComposeError::Row(row.language.clone()))?;
    let receipt: Receipt = serde_json::from_str(receipt).map_err(|e| ComposeError::Receipt(e.to_string()))?;
    let number = one_line(&receipt.body.number);
    let subject = Message::new("code-subject").with("number", number.as_str()).render(lang);
    let notice = CodeNotice { lang: lang.as_str(), title: subject.clone(), number, code: row.link_token.clone() };
    let mark = hex::encode(&sha256(row.message_id.as_bytes())[..12]);
    let parts = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(format!("=_alternative_{mark}"))
        .singlepart(part(ContentType::TEXT_PLAIN, code_text(&notice)?))
        .singlepart(part(ContentType::TEXT_HTML, code_html(&notice)?));
    let at = UNIX_EPOCH + Duration::from_secs(row.created_ms.max(0).unsigned_abs() / 1000);
    written(row, &subject, at, None, sender, parts)
}
