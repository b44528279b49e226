//! The signer's own address in a sign-off: in the record, but not in what is passed around.
//!
//! The device signs a salted digest of it (docs/adr/0024). In the visit's document address and salt stand beside the digest; from
//! a receipt, and from the summary that a later signer is shown, they are taken out, and the signature still verifies.

use crate::canonical::{CanonicalError, sha256_hex, to_canonical_json};
use crate::document::facts::{AddressSeal, SignOff, Signer};
use crate::env::Env;
use serde::Serialize;

/// What the digest is over.
#[derive(Serialize)]
struct Sealed<'a> {
    mail: &'a str,
    phone: &'a str,
    salt: &'a str,
}

fn digest(signer: &Signer, salt: &str) -> Result<String, CanonicalError> {
    let mut text = "countersign/signer-address/1\n".to_owned();
    text.push_str(&to_canonical_json(&Sealed { mail: &signer.mail, phone: &signer.phone, salt })?);
    Ok(sha256_hex(text.as_bytes()))
}

/// Seals the address that a signer told, if they told one.
pub(super) fn seal(signer: &Signer, env: &mut Env<'_>) -> Result<Option<AddressSeal>, CanonicalError> {
    if !signer.has_address() {
        return Ok(None);
    }
    let mut random = [0; 16];
    env.entropy.fill(&mut random);
    let salt = hex::encode(random);
    Ok(Some(AddressSeal { sha256: digest(signer, &salt)?, salt }))
}

/// Whether the address that stands here is the one that was sealed, or, with `may_be_taken_out`, none stands here.
pub(super) fn fits(sign_off: &SignOff, may_be_taken_out: bool) -> bool {
    let signer = &sign_off.signer;
    let Some(seal) = &sign_off.address else { return !signer.has_address() };
    match (signer.has_address(), seal.salt.is_empty()) {
        (true, false) => digest(signer, &seal.salt).is_ok_and(|there| there == seal.sha256),
        (false, true) => may_be_taken_out,
        _ => false,
    }
}

impl SignOff {
    /// The same without the signer's address and what would help in guessing it. The signature holds for both.
    #[must_use]
    pub fn without_address(mut self) -> Self {
        self.signer.mail.clear();
        self.signer.phone.clear();
        if let Some(seal) = &mut self.address {
            seal.salt.clear();
        }
        self
    }

    /// An earlier sign-off as it stands in a later one's summary: in the form that summaries of version 1 have always had, so
    /// that phones and servers of before and of now sum up a visit alike.
    #[must_use]
    pub(super) fn in_summary(self) -> Self {
        let signer = Signer::new(self.signer.name, self.signer.position);
        Self { signer, address: None, rating: None, ..self }
    }
}
