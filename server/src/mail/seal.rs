//! Seals what stands in the database and is a key to a receipt's page: the token of its link, and the mails that hold it. The
//! database knows the token only by its hash; who has a copy of it, but not the keys, opens no page.
//!
//! ChaCha20-Poly1305 (RFC 8439) with a random nonce, under a key of its own in the keys' directory. What a sealed text
//! belongs to is bound to it, so that none can be put in another's place.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use std::sync::Arc;

/// Before the sealed form of a token. Rows of earlier versions hold the token itself, which never begins like this.
const MARK: &str = "sealed:";

/// Why something was not sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// No randomness, or no such key.
    #[error("sealing failed")]
    Seal,
    /// Changed, sealed for another place, or by another key.
    #[error("what was sealed does not open: was the keys' directory changed?")]
    Open,
}

/// Seals and opens. Cheap to clone; its `Debug` says nothing of the key.
#[derive(Clone)]
pub struct Sealer(Arc<(LessSafeKey, hmac::Key)>);

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    /// From 32 secret bytes.
    ///
    /// # Errors
    /// None that can occur: the length is the algorithm's.
    pub fn new(key: &[u8; 32]) -> Result<Self, SealError> {
        let marks = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"forms of receipts' pages");
        let key = UnboundKey::new(&CHACHA20_POLY1305, key).map_err(|_| SealError::Seal)?;
        Ok(Self(Arc::new((LessSafeKey::new(key), hmac::Key::new(hmac::HMAC_SHA256, marks.as_ref())))))
    }

    /// A mark (HMAC-SHA-256 under a key derived from this one) that only this server can put on `text`.
    pub fn mark(&self, text: &str) -> [u8; 32] {
        let tag = hmac::sign(&self.0.1, text.as_bytes());
        let mut mark = [0u8; 32];
        // Both have 32 bytes.
        mark.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        mark
    }

    /// Seals `bytes` for `place`.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn seal(&self, place: &str, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0u8; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|_| SealError::Seal)?;
        let mut text = bytes.to_vec();
        self.0
            .0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place.as_bytes()), &mut text)
            .map_err(|_| SealError::Seal)?;
        Ok([nonce.as_slice(), &text].concat())
    }

    /// Opens what was sealed for `place`.
    ///
    /// # Errors
    /// See [`SealError::Open`].
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or(SealError::Open)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Open)?;
        let mut text = text.to_vec();
        let opened = self.0.0.open_in_place(nonce, Aad::from(place.as_bytes()), &mut text);
        opened.map(|text| text.to_vec()).map_err(|_| SealError::Open)
    }

    /// Seals the token of a receipt's link for the outbox.
    ///
    /// # Errors
    /// As [`Sealer::seal`].
    pub fn seal_token(&self, token: &str) -> Result<String, SealError> {
        Ok(format!("{MARK}{}", URL_SAFE_NO_PAD.encode(self.seal(MARK, token.as_bytes())?)))
    }

    /// The token that the outbox holds; empty where a mail has no link.
    ///
    /// # Errors
    /// As [`Sealer::open`].
    pub fn open_token(&self, stored: &str) -> Result<String, SealError> {
        let Some(sealed) = stored.strip_prefix(MARK) else { return Ok(stored.to_owned()) };
        let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| SealError::Open)?;
        String::from_utf8(self.open(MARK, &sealed)?).map_err(|_| SealError::Open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_place_open_it() {
        let sealer = Sealer::new(&[7; 32]).unwrap();
        let sealed = sealer.seal("a", b"token").unwrap();
        assert_eq!(sealer.open("a", &sealed).unwrap(), b"token");
        assert_ne!(sealed, sealer.seal("a", b"token").unwrap(), "never the same twice");
        assert_eq!(sealer.open("b", &sealed), Err(SealError::Open));
        assert_eq!(Sealer::new(&[8; 32]).unwrap().open("a", &sealed), Err(SealError::Open));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(sealer.open("a", &changed), Err(SealError::Open));
        }
        assert_eq!(sealer.open("a", &sealed[..5]), Err(SealError::Open));
    }

    #[test]
    fn tokens_of_earlier_versions_are_read_as_they_are() {
        let sealer = Sealer::new(&[7; 32]).unwrap();
        let stored = sealer.seal_token("TOKEN").unwrap();
        assert!(!stored.contains("TOKEN"));
        assert_eq!(sealer.open_token(&stored).unwrap(), "TOKEN");
        assert_eq!(sealer.open_token("TOKEN").unwrap(), "TOKEN");
        assert_eq!(sealer.open_token("").unwrap(), "");
        assert!(sealer.open_token("sealed:AAAA").is_err());
        assert_eq!(format!("{sealer:?}"), "Sealer");
        assert_eq!(sealer.mark("a"), sealer.mark("a"));
        assert_ne!(sealer.mark("a"), sealer.mark("b"));
        assert_ne!(sealer.mark("a"), Sealer::new(&[8; 32]).unwrap().mark("a"));
    }
}
