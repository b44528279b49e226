//! Encryption of what leaves the process: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) with a random nonce for every
//! value.

use crate::error::PhoneError;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// Bytes of a key.
pub(crate) const KEY: usize = 32;
/// Bytes of a nonce.
pub(crate) const NONCE: usize = 24;

/// A secret key, forgotten when it is dropped.
pub(crate) type Key = Zeroizing<[u8; KEY]>;

/// Takes a key as the host gives it.
pub(crate) fn key(bytes: &[u8]) -> Result<Key, PhoneError> {
    let fixed: [u8; KEY] =
        bytes.try_into().map_err(|_| PhoneError::refused("bad_key_length", &[("length", bytes.len().to_string())]))?;
    Ok(Zeroizing::new(fixed))
}

/// Seals `value`, bound to `context`: it opens nowhere else. `nonce` is random, and never used twice with one key.
pub(crate) fn seal(nonce: [u8; NONCE], key: &Key, context: &[u8], value: &[u8]) -> Result<Vec<u8>, PhoneError> {
    let sealed = XChaCha20Poly1305::new((&**key).into())
        .encrypt(&XNonce::from(nonce), Payload { msg: value, aad: context })
        .map_err(|_| PhoneError::store("store_failed", &[("why", "too large to encrypt".into())]))?;
    Ok([&nonce[..], &sealed].concat())
}

/// Opens what [`seal`] made; `None` when it was made with another key, for another context, or is damaged.
pub(crate) fn open(key: &Key, context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, body) = sealed.split_at_checked(NONCE)?;
    let nonce: [u8; NONCE] = nonce.try_into().ok()?;
    let open = XChaCha20Poly1305::new((&**key).into())
        .decrypt(&XNonce::from(nonce), Payload { msg: body, aad: context })
        .ok()?;
    Some(Zeroizing::new(open))
}
