//! How the customer answered, what they may know beside, and what the company is told.

use super::record::Record;
use super::{Block, Row, Tone, row};
use crate::receipts::words::{Words, initial};
use sync_core::coverage::Severity;
use sync_core::document::facts::SignOffOutcome;
use sync_core::message::Message;
use sync_core::receipt::ReceiptBody;

/// Who signed (or refused, or was not there), when, and in which words.
pub(super) fn signing(receipt: &ReceiptBody, record: &Record<'_>, w: &Words) -> Vec<Row> {
    let s = &receipt.sign_off.sign_off;
    let (who, reason) = match s.outcome {
        SignOffOutcome::Accepted => ("mail-signer", "mail-reason-other"),
        SignOffOutcome::AcceptedWithReservations => ("mail-signer", "mail-reason-reservations"),
        SignOffOutcome::Refused => ("mail-signer-refused", "mail-reason-refused"),
        SignOffOutcome::NobodyPresent => ("mail-signer-absent", "mail-reason-other"),
    };
    let signer = match (s.outcome, w.text(&s.signer.name), w.text(&s.signer.role())) {
        (SignOffOutcome::NobodyPresent, ..) => w.t("mail-signer-nobody"),
        (_, name, role) if role.is_empty() => name,
        (_, name, role) => w.more(&name, &role),
    };
    let signed = matches!(s.outcome, SignOffOutcome::Accepted | SignOffOutcome::AcceptedWithReservations);
    let signer = match (signed, &s.strokes_sha256) {
        (true, Some(_)) => format!("{signer}\n{}", w.t("mail-by-hand")),
        (true, None) => format!("{signer}\n{}", w.t("mail-by-name")),
        (false, _) => signer,
    };
    let mut rows = vec![row(w.t(who), signer)];
    if let Some(told) = &receipt.sign_off.address_masked {
        let told: Vec<String> =
            [&told.mail, &told.phone].into_iter().filter(|t| !t.is_empty()).map(|t| w.text(t)).collect();
        rows.push(row(w.t("mail-signer-address"), told.join(", ")));
    }
    if !s.reason.trim().is_empty() {
        rows.push(row(w.t(reason), w.text(&s.reason)));
    }
    rows.push(row(w.t("mail-signed-at"), w.at(s.at.instant_ms())));
    // Both clocks: a phone's can be set to anything, the server's is only known where the phone had heard of it.
    rows.push(row(w.t("mail-clock-phone"), w.at_second(s.at.wall_ms)));
    let server = match s.at.server {
        Some(_) => w.at_second(s.at.instant_ms()),
        None => w.t("mail-clock-unseen"),
    };
    rows.push(row(w.t("mail-clock-server"), server));
    rows.push(row(w.t("mail-asked-by"), record.person(s.by)));
    if signed {
        // In the language in which it stood on the glass: a translation was not agreed to.
        rows.push(row(w.t("mail-statement"), Message::new("record-sign-statement").render(s.text_lang)));
    }
    if let Some(rating) = &s.rating {
        let stars = w.say(Message::new("page-stars-of").with("n", i64::from(rating.stars)));
        let comment = w.text(&rating.comment);
        rows.push(row(w.t("mail-rating"), if comment.is_empty() { stars } else { format!("{stars}\n{comment}") }));
    }
    rows
}

/// What the customer may know beside what was signed.
pub(super) fn remarks(receipt: &ReceiptBody, w: &Words) -> Vec<String> {
    let mut lines = w.list(receipt.remarks.in_lang(w.lang).iter().map(|line| w.text(line)));
    if receipt.changes_outside > 0 {
        lines.push(w.say(Message::new("mail-outside").with("count", i64::from(receipt.changes_outside))));
    }
    lines
}

/// Every flag with its explanation.
pub(super) fn flags(receipt: &ReceiptBody, w: &Words) -> Vec<Block> {
    w.list(receipt.verdict.flags.iter().map(|flag| {
        let tone = match flag.severity {
            Severity::Critical => Tone::Bad,
            Severity::Warning => Tone::Mixed,
            Severity::Info => Tone::Plain,
        };
        let code = flag.code.as_str();
        Block {
            title: initial(&w.word("flag-name", code)),
            badge: Some((w.word("severity", flag.severity.as_str()), tone)),
            rows: vec![row(code.to_owned(), w.text(&w.say(flag.message.clone())))],
        }
    }))
}
