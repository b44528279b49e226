//! The keys of a store's entries, and the entries as they lie in the file: sealed, and their names hidden behind a keyed
//! hash (HKDF-SHA-256, RFC 5869), so that the file shows neither what nor of which visit.

use crate::error::PhoneError;
use crate::seal::{self, KEY, Key, NONCE, open};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// A fresh random key.
pub(super) fn fresh() -> Result<Key, PhoneError> {
    let mut key = Zeroizing::new([0u8; KEY]);
    getrandom::fill(&mut *key).map_err(|e| PhoneError::host(e.to_string()))?;
    Ok(key)
}

/// [`seal::seal`] under a fresh random nonce.
pub(super) fn seal(key: &Key, context: &[u8], value: &[u8]) -> Result<Vec<u8>, PhoneError> {
    let mut nonce = [0u8; NONCE];
    getrandom::fill(&mut nonce).map_err(|e| PhoneError::host(e.to_string()))?;
    seal::seal(nonce, key, context, value)
}

/// The two keys of a store's entries, from its data key.
pub(super) struct EntryKeys {
    values: Key,
    names: Hkdf<Sha256>,
}

/// Where an entry lies in the file.
pub(super) type Slot = [u8; 32];

impl EntryKeys {
    pub(super) fn new(data_key: &Key) -> Self {
        let root = Hkdf::<Sha256>::new(Some(b"countersign/store/1"), &**data_key);
        let mut values = Zeroizing::new([0u8; KEY]);
        let mut names = Zeroizing::new([0u8; KEY]);
        // HKDF gives up to 8160 bytes; 32 cannot fail.
        let _ = root.expand(b"values", &mut *values);
        let _ = root.expand(b"names", &mut *names);
        Self { values, names: Hkdf::new(None, &*names) }
    }

    /// The slot of a name.
    pub(super) fn slot(&self, name: &str) -> Slot {
        let mut slot = [0u8; 32];
        let _ = self.names.expand(name.as_bytes(), &mut slot);
        slot
    }

    /// A name and its value as they lie in the file.
    pub(super) fn seal(&self, name: &str, value: &[u8]) -> Result<Vec<u8>, PhoneError> {
        let length = u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes();
        let plain = Zeroizing::new([&length[..], name.as_bytes(), value].concat());
        seal(&self.values, &self.slot(name), &plain)
    }

    /// The name and the value in a slot; `None` when they are damaged or were moved there from another slot.
    pub(super) fn open(&self, slot: &[u8], sealed: &[u8]) -> Option<(String, Vec<u8>)> {
        let plain = open(&self.values, slot, sealed)?;
        let (length, rest) = plain.split_at_checked(4)?;
        let length = u32::from_be_bytes(length.try_into().ok()?);
        let (name, value) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        Some((std::str::from_utf8(name).ok()?.to_owned(), value.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_opens_in_its_own_slot_with_its_own_key_only() {
        let keys = EntryKeys::new(&Zeroizing::new([1; KEY]));
        let sealed = keys.seal("v/1/meta", b"value").unwrap();
        let slot = keys.slot("v/1/meta");
        assert_eq!(keys.open(&slot, &sealed), Some(("v/1/meta".into(), b"value".to_vec())));
        assert_eq!(keys.open(&keys.slot("v/2/meta"), &sealed), None);
        let others = EntryKeys::new(&Zeroizing::new([2; KEY]));
        assert_eq!(others.open(&slot, &sealed), None);
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert_eq!(keys.open(&slot, &damaged), None, "byte {at}");
            assert_eq!(keys.open(&slot, &sealed[..at]), None, "cut at {at}");
        }
        assert!(!sealed.windows(5).any(|w| w == b"value") && !sealed.windows(8).any(|w| w == b"v/1/meta"));
        assert_ne!(keys.seal("v/1/meta", b"value").unwrap(), sealed, "the nonce is fresh");
    }
}
