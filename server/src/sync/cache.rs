//! Documents kept in memory between requests, a bounded number of them.

use super::computing::{Trouble, compute, parallel};
use crate::store::{Tx, visits};
use std::collections::HashMap;
use std::sync::Arc;
use sync_core::document::Document;
use uuid::Uuid;

/// Documents kept at most: some 60 kB each.
const KEEP: usize = 256;

struct Kept {
    version: i64,
    document: Arc<Document>,
    /// The round in which it was last used.
    used: u64,
}

/// The cache. Every use names the version that the database has, so a document that another server changed is never used.
#[derive(Default)]
pub(super) struct Cache {
    kept: HashMap<Uuid, Kept>,
    round: u64,
}

impl Cache {
    /// The document of this version, if it is here.
    pub(super) fn get(&mut self, visit: Uuid, version: i64) -> Option<Arc<Document>> {
        let round = self.round;
        let kept = self.kept.get_mut(&visit).filter(|k| k.version == version)?;
        kept.used = round;
        Some(kept.document.clone())
    }

    /// Keeps a document that is committed.
    pub(super) fn put(&mut self, visit: Uuid, version: i64, document: Arc<Document>) {
        self.kept.insert(visit, Kept { version, document, used: self.round });
    }

    /// Ends a round: drops what was not used for longest when there is too much.
    pub(super) fn trim(&mut self) {
        self.round += 1;
        if self.kept.len() <= KEEP {
            return;
        }
        let mut ages: Vec<u64> = self.kept.values().map(|k| k.used).collect();
        ages.sort_unstable();
        // Down to three quarters, so that not every round has to sort.
        let cut = ages.get(self.kept.len() - KEEP * 3 / 4).copied().unwrap_or(self.round);
        self.kept.retain(|_, k| k.used > cut || k.used == self.round);
    }
}

/// Stored documents with their versions.
pub(super) async fn load(
    tx: &mut Tx,
    cache: &mut Cache,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, (i64, Arc<Document>)>, Trouble> {
    let mut found = HashMap::new();
    let mut missing = Vec::new();
    for (visit, version) in visits::versions(tx, ids).await? {
        match cache.get(visit, version) {
            Some(document) => {
                found.insert(visit, (version, document));
            }
            None => missing.push(visit),
        }
    }
    if !missing.is_empty() {
        let stored = visits::documents(tx, &missing).await?;
        let read = compute(move || {
            parallel(stored, |row| {
                let document = Document::load(&row.snapshot).map_err(|e| format!("visit {}: {e}", row.visit_id))?;
                Ok((row.visit_id, (row.version, Arc::new(document))))
            })
            .into_iter()
            .collect::<Result<Vec<_>, String>>()
        })
        .await?;
        found.extend(read);
    }
    Ok(found)
}
