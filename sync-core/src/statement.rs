//! What the server signs beside receipts: small canonical JSON files, each of a kind of its own, so that no signature over
//! one kind can pass for another.

use crate::canonical::{CanonicalError, sha256_hex, to_canonical_json};
use crate::crypto::{PublicKey, SoftwareKey};
use crate::receipt::ReceiptSignature;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Something that the server states.
pub trait Statement: Serialize + DeserializeOwned {
    /// The value of its `kind`, and what is signed in front of it.
    const KIND: &'static str;
    /// The newest version of its form.
    const VERSION: u32;
    /// The `kind` and `version` that it says it has.
    fn form(&self) -> (&str, u32);
}

/// A statement with the server's signature over its canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed<B> {
    /// What it says.
    #[serde(flatten)]
    pub body: B,
    /// The server's signature.
    pub signature: ReceiptSignature,
}

/// Why a statement does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// It is none of this kind and version.
    #[error("this is no statement of this kind: {0}")]
    Malformed(String),
    /// Signed by a key that is not in the key set.
    #[error("its key {0} is not in the key set")]
    UnknownKey(String),
    /// The signature does not fit.
    #[error("the server's signature does not fit: it was changed, or another server made it")]
    Signature,
}

impl StatementError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "statement_malformed",
            Self::UnknownKey(_) => "statement_key_unknown",
            Self::Signature => "statement_signature",
        }
    }
}

impl<B: Statement> Signed<B> {
    /// Signs a statement.
    ///
    /// # Errors
    /// When it has no canonical form.
    pub fn sign(body: B, kid: &str, key: &SoftwareKey) -> Result<Self, CanonicalError> {
        let sig = hex::encode(key.sign(&signed_bytes(&body)?));
        Ok(Self { body, signature: ReceiptSignature { alg: key.public().alg, kid: kid.to_owned(), sig } })
    }

    /// The statement as its file: canonical JSON.
    ///
    /// # Errors
    /// As [`Signed::sign`].
    pub fn to_json(&self) -> Result<String, CanonicalError> {
        to_canonical_json(self)
    }

    /// SHA-256 of the file, lower-case hex.
    ///
    /// # Errors
    /// As [`Signed::sign`].
    pub fn sha256(&self) -> Result<String, CanonicalError> {
        Ok(sha256_hex(self.to_json()?.as_bytes()))
    }

    /// Reads a file and checks its kind, its version, its signature by the key of its `kid`, and that nothing stands in it
    /// that is not under the signature.
    ///
    /// # Errors
    /// See [`StatementError`].
    pub fn verify(file: &str, key_of: &dyn Fn(&str) -> Option<PublicKey>) -> Result<Self, StatementError> {
        let malformed = |e: String| StatementError::Malformed(e);
        let value: serde_json::Value = serde_json::from_str(file).map_err(|e| malformed(e.to_string()))?;
        // Before the fields are read: that one is missing says nothing to whoever gave a file of another kind.
        let kind = value.get("kind").and_then(|k| k.as_str()).unwrap_or_default();
        if kind != B::KIND {
            return Err(malformed(format!("it is none of kind {}", B::KIND)));
        }
        let read: Self = serde_json::from_str(file).map_err(|e| malformed(e.to_string()))?;
        if read.body.form() != (B::KIND, B::VERSION) {
            return Err(malformed(format!("version {} is not known here", read.body.form().1)));
        }
        let kid = &read.signature.kid;
        let key = key_of(kid).ok_or_else(|| StatementError::UnknownKey(kid.clone()))?;
        let sig = hex::decode(&read.signature.sig).map_err(|_| StatementError::Signature)?;
        let bytes = signed_bytes(&read.body).map_err(|e| malformed(e.to_string()))?;
        if key.alg != read.signature.alg || key.verify(&bytes, &sig).is_err() {
            return Err(StatementError::Signature);
        }
        if to_canonical_json(&value).ok() != read.to_json().ok() {
            return Err(StatementError::Signature);
        }
        Ok(read)
    }
}

fn signed_bytes<B: Statement>(body: &B) -> Result<Vec<u8>, CanonicalError> {
    let mut bytes = format!("countersign/{}/{}\n", B::KIND, B::VERSION).into_bytes();
    bytes.extend_from_slice(to_canonical_json(body)?.as_bytes());
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{HEAD_KIND, HEAD_VERSION, Head};

    fn head() -> Head {
        Head {
            kind: HEAD_KIND.into(),
            version: HEAD_VERSION,
            number: 3,
            day: "2026-11-23".parse().unwrap(),
            tree_size: 7,
            root: "ab".repeat(32),
            previous_sha256: "00".repeat(32),
            sealed_ms: 1_795_485_600_000,
        }
    }

    #[test]
    fn every_changed_byte_is_found() {
        let key = SoftwareKey::from_seed([7; 32]);
        let keys = |kid: &str| (kid == "k").then(|| key.public());
        let file = Signed::sign(head(), "k", &key).unwrap().to_json().unwrap();
        assert_eq!(Signed::<Head>::verify(&file, &keys).unwrap().body, head());
        for at in 0..file.len() {
            let mut changed = file.clone().into_bytes();
            changed[at] ^= 1;
            if let Ok(changed) = String::from_utf8(changed) {
                assert!(Signed::<Head>::verify(&changed, &keys).is_err(), "byte {at}: {changed}");
            }
        }
        let more = file.replacen('{', "{\"also\":1,", 1);
        assert_eq!(Signed::<Head>::verify(&more, &keys), Err(StatementError::Signature));
        let strangers = |_: &str| Some(SoftwareKey::from_seed([8; 32]).public());
        assert_eq!(Signed::<Head>::verify(&file, &strangers), Err(StatementError::Signature));
        assert_eq!(Signed::<Head>::verify(&file, &|_| None).unwrap_err().code(), "statement_key_unknown");
    }

    #[test]
    fn a_signature_over_one_kind_is_none_over_another() {
        #[derive(Debug, Serialize, Deserialize)]
        struct Other(Head);
        impl Statement for Other {
            const KIND: &'static str = HEAD_KIND;
            const VERSION: u32 = HEAD_VERSION + 1;
            fn form(&self) -> (&str, u32) {
                (HEAD_KIND, HEAD_VERSION + 1)
            }
        }
        let key = SoftwareKey::from_seed([7; 32]);
        let file = Signed::sign(Other(head()), "k", &key).unwrap().to_json().unwrap();
        assert_eq!(Signed::<Head>::verify(&file, &|_| Some(key.public())), Err(StatementError::Signature));
    }
}
