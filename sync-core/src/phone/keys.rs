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

use super::{Identity, SyncMemory};
use crate::ids::VisitId;
use crate::reference::Record;

/// One thing for the host's disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Store this value under this key.
    Put(String, Vec<u8>),
    /// Forget this key.
    Delete(String),
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

pub(super) fn meta_key(visit: VisitId) -> String {
    format!("v/{visit}/meta")
}

pub(super) fn change_key(visit: VisitId, n: u64) -> String {
    format!("v/{visit}/c/{n:010}")
}

pub(super) fn snapshot_key(visit: VisitId) -> String {
    format!("v/{visit}/doc")
}
