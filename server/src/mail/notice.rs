//! Word to a manager: the hospital disputes a receipt. What was said stands in the mail; it is answered in the console or by
//! the API, never by mail, so that the answer stands on the receipt's page.

use super::compose::{ComposeError, Letter, Sender, part, written};
use crate::receipts::sheet::one_line;
use crate::receipts::template::{Notice, notice_html, notice_text};
use crate::store::outbox::OutboxRow;
use crate::store::page::EntryRow;
use lettre::message::header::ContentType;
use lettre::message::{MultiPart, MultiPartKind};
use std::time::{Duration, UNIX_EPOCH};
use sync_core::canonical::sha256;
use sync_core::document::facts::Lang;
use sync_core::message::Message;
use sync_core::receipt::Receipt;

/// Composes the mail of `row` about `dispute`, which the hospital raised on the page of the receipt with the file `receipt`.
///
/// # Errors
/// See [`ComposeError`].
pub(super) fn compose(
    row: &OutboxRow,
    receipt: &str,
    dispute: &EntryRow,
    sender: &Sender,
) -> Result<Letter, ComposeError> {
    let lang = Lang::parse(&row.language).ok_or_else(|| ComposeError::Row(row.language.clone()))?;
    let receipt: Receipt = serde_json::from_str(receipt).map_err(|e| ComposeError::Receipt(e.to_string()))?;
    let body = &receipt.body;
    let (number, customer) = (one_line(&body.number), one_line(&body.customer.name));
    let subject = Message::new("notice-dispute-subject")
        .with("number", number.as_str())
        .with("customer", customer.as_str())
        .render(lang);
    let link = (!row.link_token.is_empty()).then(|| format!("{}/r/{}", sender.public_url, row.link_token));
    let notice = Notice {
        lang: lang.as_str(),
        title: subject.clone(),
        number,
        customer,
        by: one_line(&dispute.name),
        role: one_line(&dispute.role),
        text: crate::receipts::sheet::clean(&dispute.text),
        dispute: dispute.id.to_string(),
        link,
    };
    let mark = hex::encode(&sha256(row.message_id.as_bytes())[..12]);
    let parts = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(format!("=_alternative_{mark}"))
        .singlepart(part(ContentType::TEXT_PLAIN, notice_text(&notice)?))
        .singlepart(part(ContentType::TEXT_HTML, notice_html(&notice)?));
    let at = UNIX_EPOCH + Duration::from_secs(dispute.at_ms.max(0).unsigned_abs() / 1000);
    written(row, &subject, at, None, sender, parts)
}
