//! The server's published public keys, read from a file: a JWK set (RFC 7517) of Ed25519 keys (RFC 8037).

use super::bounded::read_bounded;
use crate::failure::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use sync_core::crypto::{Alg, PublicKey};

/// Larger than any honest set.
const LARGEST: u64 = 1024 * 1024;

/// Public keys by `kid`.
#[derive(Clone, Debug, Default)]
pub struct KeySet(BTreeMap<String, PublicKey>);

#[derive(Deserialize)]
struct File {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    kty: String,
    #[serde(default)]
    crv: String,
    #[serde(default)]
    x: String,
    #[serde(default)]
    kid: String,
    purpose: Option<String>,
}

impl KeySet {
    /// Reads a set. Keys of other kinds are passed over, as RFC 7517 (5) asks, and so are those that the server
    /// signs something else with: a key that signs access tokens must not be able to vouch for a receipt.
    ///
    /// # Errors
    /// When the text is no JWK set, or has no key that receipts are signed with.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|e| format!("this is no JWK set: {e}"))?;
        let mut keys = BTreeMap::new();
        for key in file.keys {
            if key.kty != "OKP" || key.crv != "Ed25519" || key.purpose.is_some_and(|p| p != "receipt") {
                continue;
            }
            let bytes =
                URL_SAFE_NO_PAD.decode(&key.x).map_err(|e| format!("the key {} is no base64url: {e}", key.kid))?;
            let public = PublicKey { alg: Alg::EdDSA, key: hex::encode(bytes) };
            public.check().map_err(|e| format!("the key {}: {e}", key.kid))?;
            if keys.insert(key.kid.clone(), public.clone()).is_some_and(|other| other != public) {
                return Err(format!("two different keys are called {}", key.kid));
            }
        }
        if keys.is_empty() {
            return Err("there is no Ed25519 key for receipts in it".to_owned());
        }
        Ok(Self(keys))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// In one line with a hint.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let refuse = |why: String| {
            Failure::new(format!("the key set {}: {why}", path.display()))
                .hint("it is published by the server at /.well-known/jwks.json")
        };
        let text = read_bounded(path, LARGEST).map_err(refuse)?;
        Self::parse(&text).map_err(refuse)
    }

    /// The key of this name.
    pub fn get(&self, kid: &str) -> Option<PublicKey> {
        self.0.get(kid).cloned()
    }

    /// A set of one key, such as the running server's own.
    pub fn one(kid: &str, key: PublicKey) -> Self {
        Self(BTreeMap::from([(kid.to_owned(), key)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;

    #[test]
    fn the_published_set_is_read_back_without_the_token_key() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::open(dir.path()).unwrap();
        let set = KeySet::parse(&serde_json::to_string(&keys.jwks()).unwrap()).unwrap();
        assert_eq!(set.get(&keys.receipt.kid), Some(keys.receipt.public()));
        assert_eq!(set.get(&keys.token.kid), None);
    }

    #[test]
    fn what_is_no_key_set_is_told() {
        for text in ["", "[]", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"RSA"}]}"#] {
            assert!(KeySet::parse(text).is_err(), "{text}");
        }
        let short = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"AAAA"}]}"#;
        assert!(KeySet::parse(short).unwrap_err().contains("key a"));
    }
}
