//! Sign-off (签收): what you see is what you sign.
//!
//! The signature covers the heads, the digest of the canonical summary and of the text that was shown, the signer, the
//! strokes, the rating and both clocks. Heads alone would not be enough: they name changes, not what a person read.

mod address;
pub(crate) mod check;
pub mod strokes;
pub mod summary;
mod verify;

pub use summary::{Shown, Summary, show};
pub use verify::{evidence, examine, signed_heads, verify, verify_signature};

use check::{LONGEST_NAME, LONGEST_TEXT};

use crate::canonical::{CanonicalError, sha256_hex, to_canonical_json};
use crate::crypto::Alg;
use crate::document::facts::{DeviceSignature, Rating, SignOff, SignOffOutcome, Signer};
use crate::document::write::Author;
use crate::env::Env;
use crate::ids::{FactId, VisitId};

/// How the customer answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Accepted, refused, …
    pub outcome: SignOffOutcome,
    /// The reservation or the reason; required unless accepted.
    pub reason: String,
    /// Who answered.
    pub signer: Signer,
    /// How the signer rates the service, where they say so.
    pub rating: Option<Rating>,
    /// The drawn signature, encoded by [`strokes::encode`]. A typed name alone is allowed (accessibility).
    pub strokes: Option<Vec<u8>>,
}

/// A sign-off that waits for the device's signature, which some hosts make asynchronously in hardware.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The sign-off's id.
    pub id: FactId,
    /// The strokes that will be stored beside it.
    pub strokes: Option<Vec<u8>>,
    sign_off: SignOff,
}

/// Why an answer cannot become a sign-off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignOffError {
    /// A refusal or a reservation without a reason.
    #[error("a reason is needed")]
    ReasonMissing,
    /// Nobody's name, though somebody answered.
    #[error("the signer's name is needed")]
    NameMissing,
    /// A name or a reason that is too long.
    #[error("{0} is too long")]
    TooLong(&'static str),
    /// The signer's mail address is none.
    #[error("the signer's mail address is none")]
    BadMail,
    /// The signer's telephone number is none.
    #[error("the signer's telephone number is none")]
    BadPhone,
    /// A rating beyond 1 to 5, or words without one.
    #[error("a rating is from 1 to 5, and a comment comes with one")]
    BadRating,
    /// An address or a rating of somebody who was not there.
    #[error("nobody was present who could tell an address or rate the service")]
    NobodyPresent,
    /// The summary has no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
}

impl SignOffError {
    /// A stable code for hosts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ReasonMissing => "reason_missing",
            Self::NameMissing => "name_missing",
            Self::TooLong(_) => "too_long",
            Self::BadMail => "bad_mail",
            Self::BadPhone => "bad_phone",
            Self::BadRating => "bad_rating",
            Self::NobodyPresent => "nobody_present",
            Self::Canonical(_) => "no_canonical_form",
        }
    }
}

/// Prepares a sign-off of what was shown.
///
/// # Errors
/// See [`SignOffError`].
pub fn prepare(
    visit: VisitId,
    shown: &Shown,
    answer: &Answer,
    author: &Author,
    alg: Alg,
    env: &mut Env<'_>,
) -> Result<Draft, SignOffError> {
    use SignOffOutcome::{Accepted, NobodyPresent};
    if !matches!(answer.outcome, Accepted | NobodyPresent) && answer.reason.trim().is_empty() {
        return Err(SignOffError::ReasonMissing);
    }
    if answer.outcome != NobodyPresent && answer.signer.name.trim().is_empty() {
        return Err(SignOffError::NameMissing);
    }
    if answer.signer.name.len() > LONGEST_NAME || answer.signer.position.len() > LONGEST_NAME {
        return Err(SignOffError::TooLong("the signer's name or position"));
    }
    if answer.reason.len() > LONGEST_TEXT {
        return Err(SignOffError::TooLong("the reason"));
    }
    check::check(answer.outcome, &answer.signer, answer.rating.as_ref())?;
    let sign_off = SignOff {
        visit,
        outcome: answer.outcome,
        reason: answer.reason.clone(),
        signer: answer.signer.clone(),
        address: address::seal(&answer.signer, env)?,
        rating: answer.rating.clone(),
        heads: shown.heads.iter().map(|h| hex::encode(h.0)).collect(),
        summary_sha256: shown.summary_sha256(),
        text_lang: shown.lang,
        text_sha256: shown.text_sha256(),
        strokes_sha256: answer.strokes.as_deref().map(sha256_hex),
        at: env.now,
        by: author.user,
        signature: DeviceSignature { device: author.device, alg, sig: String::new() },
    };
    Ok(Draft { id: FactId(env.uuid7()), strokes: answer.strokes.clone(), sign_off })
}

impl Draft {
    /// The bytes that the device signs.
    ///
    /// # Errors
    /// [`CanonicalError`], never for a prepared draft.
    pub fn message(&self) -> Result<Vec<u8>, CanonicalError> {
        signed_bytes(&self.sign_off)
    }

    /// The finished sign-off, with the device's 64-byte signature over [`Draft::message`].
    pub fn finish(mut self, signature: &[u8]) -> (FactId, SignOff, Option<Vec<u8>>) {
        self.sign_off.signature.sig = hex::encode(signature);
        (self.id, self.sign_off, self.strokes)
    }
}

/// What the device signs: a domain line and the canonical JSON of the sign-off with an empty `sig`, and of the signer's address
/// with the digest alone.
fn signed_bytes(sign_off: &SignOff) -> Result<Vec<u8>, CanonicalError> {
    let mut unsigned = sign_off.clone().without_address();
    unsigned.signature.sig.clear();
    let mut bytes = b"countersign/sign-off/1\n".to_vec();
    bytes.extend_from_slice(to_canonical_json(&unsigned)?.as_bytes());
    Ok(bytes)
}

#[cfg(test)]
mod tests;
