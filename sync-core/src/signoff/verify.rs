//! Whether a sign-off fits the document it names: rendered again, compared digest by digest, and the signature checked.

use super::summary::{Summary, render};
use super::{address, signed_bytes};
use crate::canonical::sha256_hex;
use crate::coverage::SignOffEvidence;
use crate::crypto::PublicKey;
use crate::document::facts::SignOff;
use crate::document::genesis::collection_object;
use crate::document::schema::Collection;
use crate::document::view::VisitView;
use crate::document::{Document, read};
use crate::ids::{DeviceId, FactId};
use crate::message::Message;
use automerge::{ChangeHash, ReadDoc};
use std::collections::HashSet;

/// Checks everything that a sign-off claims; returns the summary that was signed.
///
/// # Errors
/// The reason as a message: `mismatch-…`.
pub fn verify(doc: &Document, id: FactId, sign_off: &SignOff, key: Option<&PublicKey>) -> Result<Summary, Message> {
    let heads = signed_heads(sign_off).ok_or_else(|| Message::new("mismatch-heads"))?;
    if heads.is_empty() || heads.iter().any(|h| !doc.has(h)) {
        return Err(Message::new("mismatch-heads"));
    }
    // The sign-off must have been written on top of what it names, not beside it.
    let own = change_of(doc, id).ok_or_else(|| Message::new("mismatch-heads"))?;
    let below = doc.info(&own).map(|i| doc.ancestry(&i.deps)).unwrap_or_default();
    if heads.iter().any(|h| !below.contains(h)) {
        return Err(Message::new("mismatch-heads"));
    }
    let (shown, summary) = render(doc, &heads, sign_off.text_lang).map_err(|_| Message::new("mismatch-summary"))?;
    if shown.summary_sha256() != sign_off.summary_sha256 {
        return Err(Message::new("mismatch-summary"));
    }
    if shown.text_sha256() != sign_off.text_sha256 {
        return Err(Message::new("mismatch-text"));
    }
    if read::strokes(doc, id).as_deref().map(sha256_hex) != sign_off.strokes_sha256 {
        return Err(Message::new("mismatch-strokes"));
    }
    if !address::fits(sign_off, false) {
        return Err(Message::new("mismatch-address"));
    }
    verify_signature(sign_off, key.ok_or_else(|| Message::new("mismatch-device"))?)?;
    Ok(summary)
}

/// Checks the device's signature alone, and that the signer's address, where it was not taken out, is the one that was signed.
///
/// # Errors
/// `mismatch-signature`, `mismatch-address`.
pub fn verify_signature(sign_off: &SignOff, key: &PublicKey) -> Result<(), Message> {
    let mismatch = || Message::new("mismatch-signature");
    if !address::fits(sign_off, true) {
        return Err(Message::new("mismatch-address"));
    }
    let signature = hex::decode(&sign_off.signature.sig).map_err(|_| mismatch())?;
    let bytes = signed_bytes(sign_off).map_err(|_| mismatch())?;
    if key.alg == sign_off.signature.alg && key.verify(&bytes, &signature).is_ok() { Ok(()) } else { Err(mismatch()) }
}

/// What is known of every sign-off in the document. `key_of` gives an enrolled device's public key.
pub fn evidence(
    doc: &Document,
    view: &VisitView,
    key_of: &dyn Fn(DeviceId) -> Option<PublicKey>,
) -> Vec<SignOffEvidence> {
    examine(doc, view, key_of).into_iter().map(|(evidence, _)| evidence).collect()
}

/// As [`evidence`], each with the summary that was signed if the sign-off fits: reading and rendering it again would cost
/// what the check cost.
pub fn examine(
    doc: &Document,
    view: &VisitView,
    key_of: &dyn Fn(DeviceId) -> Option<PublicKey>,
) -> Vec<(SignOffEvidence, Option<Summary>)> {
    let signings: HashSet<ChangeHash> = view.sign_offs.iter().filter_map(|s| change_of(doc, s.id)).collect();
    view.sign_offs
        .iter()
        .map(|s| {
            let checked = if s.device == s.value.signature.device {
                verify(doc, s.id, &s.value, key_of(s.device).as_ref())
            } else {
                Err(Message::new("mismatch-device"))
            };
            let signed = doc.ancestry(&signed_heads(&s.value).unwrap_or_default());
            let outside = doc.change_count().saturating_sub(signed.len());
            let signings_outside = signings.iter().filter(|h| !signed.contains(*h)).count();
            let changes_outside = u32::try_from(outside.saturating_sub(signings_outside)).unwrap_or(u32::MAX);
            let (summary, mismatch) = match checked {
                Ok(summary) => (Some(summary), None),
                Err(why) => (None, Some(why)),
            };
            (SignOffEvidence { sign_off: s.id, mismatch, changes_outside }, summary)
        })
        .collect()
}

/// The heads that a sign-off names; `None` when one is malformed.
pub fn signed_heads(sign_off: &SignOff) -> Option<Vec<ChangeHash>> {
    sign_off
        .heads
        .iter()
        .map(|h| {
            let mut bytes = [0u8; 32];
            hex::decode_to_slice(h, &mut bytes).ok()?;
            Some(ChangeHash(bytes))
        })
        .collect()
}

/// The change that wrote a sign-off.
fn change_of(doc: &Document, id: FactId) -> Option<ChangeHash> {
    let (_, op) = doc.automerge().get(collection_object(Collection::SignOffs), id.to_string()).ok()??;
    doc.automerge().hash_for_opid(&op)
}
