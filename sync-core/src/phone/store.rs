//! What the phone keeps on its host's disk: keys and values, written in atomic batches, read back once at the start.
//!
//! ```text
//! identity             Identity, JSON
//! sync                 what it remembers of the server, JSON
//! r/<kind>/<id>        a reference record, JSON
//! v/<visit>/meta       the list's line and the sync state, JSON
//! v/<visit>/doc        a snapshot of the document
//! v/<visit>/c/<n>      a change that is not in the snapshot; n has 10 digits
//! ```

use super::entry::{Entry, Meta};
use super::{Identity, Phone, SyncMemory};
use crate::crypto::SoftwareKey;
use crate::ids::VisitId;
use crate::reference::{Record, Reference};
use std::str::FromStr;

/// One thing for the host's disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Store this value under this key.
    Put(String, Vec<u8>),
    /// Forget this key.
    Delete(String),
}

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

pub(super) fn json<T: serde::Serialize>(key: String, value: &T) -> Write {
    Write::Put(key, serde_json::to_vec(value).unwrap_or_default())
}

/// JSON from the disk. As text, because everything else is read from text: reading bytes would be one more reader of each
/// type for a browser to load.
///
/// # Errors
/// When it is none, or not of this type.
pub fn from_json<T: serde::de::DeserializeOwned>(value: &[u8]) -> Result<T, serde_json::Error> {
    let text = std::str::from_utf8(value).map_err(serde::de::Error::custom)?;
    serde_json::from_str(text)
}

pub(super) fn identity(identity: &Identity) -> Write {
    json("identity".into(), identity)
}

pub(super) fn sync(memory: &SyncMemory) -> Write {
    json("sync".into(), memory)
}

pub(super) fn record(record: &Record) -> Write {
    json(format!("r/{}/{}", record.kind(), record.id()), record)
}

pub(super) fn meta(visit: VisitId, meta: &Meta) -> Write {
    json(format!("v/{visit}/meta"), meta)
}

pub(super) fn change_key(visit: VisitId, n: u64) -> String {
    format!("v/{visit}/c/{n:010}")
}

pub(super) fn snapshot_key(visit: VisitId) -> String {
    format!("v/{visit}/doc")
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
