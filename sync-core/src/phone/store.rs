//! Opening a phone from what its host's disk holds (`keys.rs` lists that).

use super::entry::Entry;
use super::keys::from_json;
use super::{Identity, Phone, SyncMemory};
use crate::crypto::SoftwareKey;
use crate::ids::VisitId;
use crate::reference::Reference;
use std::str::FromStr;

/// Why a store cannot be opened. Nothing in it was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It holds no identity: this phone is not enrolled.
    #[error("this phone is not enrolled")]
    NotEnrolled,
    /// A value does not read.
    #[error("the stored {0} cannot be read")]
    Unreadable(String),
}

impl Phone {
    /// Opens a phone from everything in its store, in the order of the keys. Documents are decoded when they are needed.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(
        records: impl IntoIterator<Item = (String, Vec<u8>)>,
        key: Option<SoftwareKey>,
    ) -> Result<Self, OpenError> {
        let mut identity: Option<Identity> = None;
        let mut phone_sync = SyncMemory::default();
        let mut reference = Reference::default();
        let mut visits: std::collections::BTreeMap<VisitId, Entry> = std::collections::BTreeMap::new();
        for (path, value) in records {
            let bad = || OpenError::Unreadable(path.clone());
            let mut parts = path.split('/');
            match (parts.next(), parts.next(), parts.next(), parts.next()) {
                (Some("identity"), None, ..) => {
                    identity = Some(from_json(&value).map_err(|_| bad())?);
                }
                (Some("sync"), None, ..) => phone_sync = from_json(&value).map_err(|_| bad())?,
                (Some("r"), Some(_), Some(_), None) => {
                    reference.put(from_json(&value).map_err(|_| bad())?);
                }
                (Some("v"), Some(id), Some(what), n) => {
                    let id = VisitId::from_str(id).map_err(|_| bad())?;
                    let entry = visits.entry(id).or_default();
                    match (what, n) {
                        ("meta", None) => entry.meta = from_json(&value).map_err(|_| bad())?,
                        ("doc", None) => entry.snapshot = Some(value.into()),
                        ("c", Some(n)) => {
                            let n = n.parse().map_err(|_| bad())?;
                            entry.changes.push((n, value.into()));
                        }
                        _ => return Err(bad()),
                    }
                }
                // A key of a newer version: left alone.
                _ => {}
            }
        }
        for entry in visits.values_mut() {
            entry.changes.sort_by_key(|(n, _)| *n);
        }
        let identity = identity.ok_or(OpenError::NotEnrolled)?;
        reference.version = phone_sync.cursor;
        let mut phone = Self::empty(identity, key);
        phone.sync = phone_sync;
        phone.reference = reference;
        phone.visits = visits;
        Ok(phone)
    }
}
