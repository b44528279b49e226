//! A code on its way: by the outbox as a mail, or to the hook for text messages. It stands in no log and in no error.

use super::{AskError, Choice};
use crate::mail::message_id;
use crate::outgoing;
use crate::state::AppState;
use crate::store::Tx;
use crate::store::codes::CodeRow;
use crate::store::outbox::{self, NewMail};
use crate::store::receipts::ReceiptRow;
use serde_json::json;
use std::time::Duration;
use sync_core::document::facts::Lang;
use sync_core::message::Message;
use uuid::Uuid;

/// How long the hook may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Its answer is not looked at.
const LARGEST: usize = 64 * 1024;

/// Six digits, each code as likely as any other.
pub(super) fn fresh() -> Result<String, getrandom::Error> {
    loop {
        let mut bytes = [0; 4];
        getrandom::fill(&mut bytes)?;
        if let Some(code) = uniform(u32::from_le_bytes(bytes)) {
            return Ok(code);
        }
    }
}

/// What is above the last whole million would make some codes likelier.
fn uniform(random: u32) -> Option<String> {
    const WHOLE: u32 = u32::MAX / 1_000_000 * 1_000_000;
    (random < WHOLE).then(|| format!("{:06}", random % 1_000_000))
}

/// Queues the mail. The code in its row is sealed, as links are.
pub(super) async fn mail(
    state: &AppState,
    tx: &mut Tx,
    receipt: &ReceiptRow,
    choice: &Choice,
    row: &CodeRow,
    code: &str,
) -> Result<(), AskError> {
    let id = Uuid::now_v7();
    let sealed = state.keys.seal.seal_token(code).map_err(|e| AskError::Internal(e.to_string()))?;
    let mail = NewMail {
        id,
        receipt_id: receipt.id,
        recipient: &choice.address,
        name: &choice.name,
        language: choice.language,
        audience: "customer",
        message_id: &message_id(id, &state.public_url),
        link_token: &sealed,
        kind: "code",
        about: Some(row.id),
        created_ms: row.asked_ms,
    };
    Ok(outbox::add_all(tx, &[mail]).await?)
}

/// Posts a text message to the hook.
pub(super) async fn message(
    state: &AppState,
    receipt: &ReceiptRow,
    choice: &Choice,
    row: &CodeRow,
    code: &str,
) -> Result<(), AskError> {
    let config = &state.config.outside;
    let Some(url) = &config.sms_hook_url else { return Err(AskError::NotSent) };
    let lang = Lang::parse(choice.language).unwrap_or(Lang::ZhCn);
    let text = Message::new("code-message").with("number", receipt.number.as_str()).with("code", code).render(lang);
    // Gateways with fixed templates fill in the number and the code themselves.
    let body = json!({
        "id": row.id, "to": choice.address, "text": text, "code": code, "number": receipt.number,
        "language": choice.language,
    });
    let posted = outgoing::Post {
        url: url.clone(),
        content_type: "application/json",
        bearer: config.sms_hook_secret.clone(),
        body: body.to_string().into_bytes(),
        largest: LARGEST,
        patience: PATIENCE,
    };
    outgoing::post(posted).await.map(|_| ()).map_err(|e| {
        tracing::warn!(code_id = %row.id, error = %e, "the hook for text messages did not take a message");
        AskError::NotSent
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_six_digits_and_none_is_likelier() {
        assert_eq!(uniform(7).as_deref(), Some("000007"));
        assert_eq!(uniform(4_293_999_999).as_deref(), Some("999999"));
        assert_eq!(uniform(4_294_000_000), None);
        assert_eq!(uniform(u32::MAX), None);
        assert!((0..1000).all(|_| fresh().unwrap().len() == 6));
    }
}
