//! Canonical JSON (RFC 8785) and SHA-256: what is hashed and signed must have one form only.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// The RFC 8785 form of `value`.
///
/// # Errors
/// When `value` cannot be JSON (a map with keys that are no strings) or holds a number that JSON cannot carry.
pub fn to_canonical_json<T: Serialize>(value: &T) -> Result<String, CanonicalError> {
    serde_json_canonicalizer::to_string(value).map_err(|e| CanonicalError(e.to_string()))
}

/// A value that has no canonical JSON form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no canonical JSON: {0}")]
pub struct CanonicalError(pub String);

/// SHA-256 of `bytes` as lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(sha256(bytes))
}

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
