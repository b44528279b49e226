//! One visit on the phone: its stored bytes, its line in the list, and its document while it is in use.

use super::keys::{Write, change_key, json, meta_key, snapshot_key};
use super::traces::Traces;
use super::{Listed, SyncState};
use crate::document::facts::SignOffOutcome;
use crate::document::{Document, DocumentError, read};
use crate::ids::VisitId;
use crate::sync::{Hash, VisitState};
use automerge::{Change, ChangeHash};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// After so many changes beside the snapshot, a new snapshot is written.
const COMPACT_AFTER: usize = 64;

/// What is kept of a visit beside its document, so that lists and sync need not read it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Meta {
    pub customer: String,
    pub began_ms: i64,
    pub signed: Option<SignOffOutcome>,
    /// The heads that the server has confirmed.
    pub server_heads: Vec<String>,
    /// Changes of this phone that the server has not confirmed.
    pub unsynced: u32,
    pub unsynced_since_ms: Option<i64>,
    /// Whether the server must be asked for what this phone lacks.
    pub ask: bool,
    /// Codes of what the server refused, by the SHA-256 of the change.
    pub refused: std::collections::BTreeMap<String, String>,
    pub state: Option<VisitState>,
    /// The number of the next stored change.
    pub next: u64,
    /// What other visits need to know of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traces: Option<Traces>,
}

/// A visit on the phone.
#[derive(Clone, Default)]
pub(super) struct Entry {
    pub meta: Meta,
    pub snapshot: Option<Arc<[u8]>>,
    /// Changes that are not in the snapshot, with their storage numbers.
    pub changes: Vec<(u64, Arc<[u8]>)>,
    /// The document, when it has been read.
    pub document: Option<Document>,
}

impl Entry {
    /// The document: in memory, or read from the stored bytes.
    pub(super) fn document(&self) -> Result<Document, DocumentError> {
        if let Some(doc) = &self.document {
            return Ok(doc.clone());
        }
        let mut doc = match &self.snapshot {
            Some(bytes) => Document::load(bytes)?,
            None => Document::new()?,
        };
        let changes: Result<Vec<Change>, _> =
            self.changes.iter().map(|(_, bytes)| Change::try_from(&bytes[..])).collect();
        doc.apply(changes.map_err(|e| DocumentError::Unreadable(e.to_string()))?)?;
        Ok(doc)
    }

    pub(super) fn server_heads(&self) -> Vec<ChangeHash> {
        self.meta
            .server_heads
            .iter()
            .filter_map(|h| {
                let mut bytes = [0u8; 32];
                hex::decode_to_slice(h, &mut bytes).ok()?;
                Some(ChangeHash(bytes))
            })
            .collect()
    }

    pub(super) fn set_server_heads(&mut self, heads: &[Hash]) {
        self.meta.server_heads = heads.iter().map(|h| hex::encode(h.0)).collect();
    }

    /// Takes in the document's new state and the changes that made it, and says what to write.
    pub(super) fn advance(&mut self, visit: VisitId, doc: Document, new: &[Vec<u8>]) -> Vec<Write> {
        let mut writes = Vec::new();
        for bytes in new {
            let n = self.meta.next;
            self.meta.next += 1;
            writes.push(Write::Put(change_key(visit, n), bytes.clone()));
            self.changes.push((n, bytes.clone().into()));
        }
        if self.changes.len() > COMPACT_AFTER {
            let snapshot = doc.save();
            writes.retain(|w| !matches!(w, Write::Put(..)));
            writes.extend(self.changes.drain(..).map(|(n, _)| Write::Delete(change_key(visit, n))));
            writes.push(Write::Put(snapshot_key(visit), snapshot.clone()));
            self.snapshot = Some(snapshot.into());
        }
        self.describe(visit, &doc);
        self.document = Some(doc);
        writes.push(self.write_meta(visit));
        writes
    }

    /// What to write when only the list's line has changed.
    pub(super) fn write_meta(&self, visit: VisitId) -> Write {
        json(meta_key(visit), &self.meta)
    }

    /// Refreshes the list's line.
    fn describe(&mut self, visit: VisitId, doc: &Document) {
        let view = read::view(doc);
        if let Some(origin) = view.origin() {
            self.meta.customer.clone_from(&origin.customer_name);
            self.meta.began_ms = origin.at.instant_ms();
        }
        self.meta.traces = Some(Traces::of(visit, &view));
        self.meta.signed = view.sign_offs.last().map(|s| s.value.outcome);
    }

    pub(super) fn listed(&self, visit: VisitId) -> Listed {
        let m = &self.meta;
        let sync = if !m.refused.is_empty() {
            SyncState::Quarantined
        } else if m.unsynced > 0 {
            SyncState::Unsynced
        } else {
            SyncState::Synced
        };
        Listed {
            visit,
            customer: m.customer.clone(),
            began_ms: m.began_ms,
            signed: m.signed,
            sync,
            unsynced_changes: m.unsynced,
            unsynced_since_ms: m.unsynced_since_ms,
            state: m.state.clone(),
        }
    }
}
