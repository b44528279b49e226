//! What a sign-off may say of its signer and their rating: asked before it is signed, and again by the gate.

use super::SignOffError;
use crate::address::{is_mail, is_phone};
use crate::document::facts::{Rating, SignOffOutcome, Signer};

/// Longest name, position and department, in bytes.
pub(super) const LONGEST_NAME: usize = 200;
/// Longest reason and longest comment, in bytes.
pub(super) const LONGEST_TEXT: usize = 2000;

/// Checks department, address and rating.
///
/// # Errors
/// See [`SignOffError`]; none of them quotes what was entered.
pub(crate) fn check(outcome: SignOffOutcome, signer: &Signer, rating: Option<&Rating>) -> Result<(), SignOffError> {
    if signer.department.len() > LONGEST_NAME {
        return Err(SignOffError::TooLong("the signer's department"));
    }
    if rating.is_some_and(|r| r.comment.len() > LONGEST_TEXT) {
        return Err(SignOffError::TooLong("the comment on the rating"));
    }
    if outcome == SignOffOutcome::NobodyPresent && (signer.has_address() || rating.is_some()) {
        return Err(SignOffError::NobodyPresent);
    }
    if !signer.mail.is_empty() && !is_mail(&signer.mail) {
        return Err(SignOffError::BadMail);
    }
    if !signer.phone.is_empty() && !is_phone(&signer.phone) {
        return Err(SignOffError::BadPhone);
    }
    match rating {
        Some(r) if !(1..=5).contains(&r.stars) => Err(SignOffError::BadRating),
        _ => Ok(()),
    }
}
