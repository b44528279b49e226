//! What the log says of a receipt, in words: checked anew from the stored proof and the signed head at every look.

use super::jwks::KeySet;
use super::sheet::Tone;
use super::words::{Words, groups};
use crate::receipt_log::proofs::Proven;
use sync_core::canonical::sha256_hex;
use sync_core::log::Head;
use sync_core::message::Message;
use sync_core::statement::Signed;

/// Whether the file `file` is in the log as `proven` says; the head, or a stable code of what is wrong.
///
/// # Errors
/// `statement_…` when the head does not hold, `proof_…` when the proof does not.
pub(super) fn look(file: &str, proven: &Proven, keys: &KeySet) -> Result<Head, &'static str> {
    let head = Signed::<Head>::verify(&proven.head.body, &|kid| keys.get(kid)).map_err(|e| e.code())?.body;
    proven.proof.check(&sha256_hex(file.as_bytes()), &head).map_err(|e| e.code())?;
    Ok(head)
}

/// The same in a line for the receipt's page.
pub(super) fn told(file: &str, proven: Option<&Proven>, keys: &KeySet, words: &Words) -> (String, Tone) {
    let Some(proven) = proven else { return (words.t("page-log-later"), Tone::Plain) };
    match look(file, proven, keys) {
        Ok(head) => {
            let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
            let message = Message::new("page-log-holds")
                .with("place", number(proven.proof.leaf_index.saturating_add(1)))
                .with("size", number(head.tree_size))
                .with("day", head.day.to_string())
                .with("root", groups(&head.root).join(" "));
            (words.say(message), Tone::Good)
        }
        Err(code) => (words.say(Message::new("page-log-broken").with("code", code)), Tone::Bad),
    }
}
