//! What a phone lacks of the server's feed: others' changes, decisions about its visits, reference data.

use super::SyncError;
use crate::reference::cache::{Asker, contacts_by_visits, delta_for_phone};
use crate::store::{Db, StoreError, blobs, news as store};
use std::collections::{BTreeMap, HashMap, HashSet};
use sync_core::ids::{DeviceId, VisitId};
use sync_core::sync::{ByteVec, DocumentDown, Hash, Outcome, Request, VisitState, decode};
use uuid::Uuid;

/// Rows of the change log in one answer.
const LOG_ROWS: i64 = 256;
/// Visits' states in one answer.
const STATES: i64 = 256;
/// Reference records in one answer.
const RECORDS: i64 = 1000;
/// Awaited photos in one answer; a phone sends them one by one, and hears of more as it goes.
const AWAITED: i64 = 64;

/// The part of an answer that comes from the feed.
#[derive(Debug, Default)]
pub struct News {
    /// The epoch of the data.
    pub epoch: u64,
    /// The position up to which this goes.
    pub cursor: u64,
    /// Whether there is more.
    pub more: bool,
    /// Documents that others changed.
    pub documents: Vec<DocumentDown>,
    /// Reference records as JSON.
    pub reference: Vec<String>,
    /// Visits' states as JSON.
    pub states: Vec<String>,
    /// SHA-256 of photos that this device recorded and the server does not hold.
    pub missing_blobs: Vec<Hash>,
}

/// Reads what `device` of the asker lacks after its cursor. `answered` is the answer to the documents of the request itself:
/// where the feed has gone on since – another request of the same batch, or one after it –, what came is in the news like
/// any other document's. The cursor goes past it, so it must not be left out. See [`join`].
///
/// # Errors
/// When the database does not answer.
pub async fn news(
    db: &Db,
    device: DeviceId,
    asker: Asker<'_>,
    request: &Request,
    answered: &[DocumentDown],
) -> Result<News, SyncError> {
    Ok(read(db, device, asker, request, answered).await?)
}

/// Adds news to the answer to the request's own documents: one entry for each visit.
pub fn join(answered: &mut Vec<DocumentDown>, news: Vec<DocumentDown>) {
    for document in news {
        match answered.iter_mut().find(|d| d.visit == document.visit) {
            Some(down) => {
                down.changes.extend(document.changes);
                if !document.heads.is_empty() {
                    down.heads = document.heads;
                }
            }
            None => answered.push(document),
        }
    }
}

async fn read(
    db: &Db,
    device: DeviceId,
    asker: Asker<'_>,
    request: &Request,
    answered: &[DocumentDown],
) -> Result<News, StoreError> {
    let mut tx = db.read().await?;
    let epoch = store::epoch(&mut tx).await?;
    let top = store::top(&mut tx).await?;
    let cursor = i64::try_from(request.cursor).unwrap_or(i64::MAX);
    // A phone of another epoch, or one that is ahead of this database, begins again.
    let after = if (request.epoch != epoch && request.epoch != 0) || cursor > top { 0 } else { cursor };
    let mut out = News { epoch, cursor: top.unsigned_abs(), ..News::default() };
    let awaited = blobs::awaited(&mut tx, device.0, AWAITED).await?;
    out.missing_blobs = awaited.iter().filter_map(|sha256| hash(sha256)).collect();
    if after == top {
        return Ok(out);
    }
    let mut reached = vec![];
    let mut part = |full: bool, last: Option<i64>| reached.extend(last.filter(|_| full));

    let log = store::log(&mut tx, asker.user.0, device.0, after, top, LOG_ROWS).await?;
    part(log.len() == LOG_ROWS as usize, log.last().map(|r| r.position));
    let states = store::visits(&mut tx, asker.user.0, after, top, STATES).await?;
    part(states.len() == STATES as usize, states.last().map(|r| r.position));
    let delta = delta_for_phone(&mut tx, asker, after, RECORDS).await?;
    part(delta.full, Some(delta.reached));
    let mut records = delta.records;
    if !states.is_empty() {
        // By these visits the user has sight of contacts that may lie before the cursor.
        let visits: Vec<Uuid> = states.iter().map(|s| s.id).collect();
        records.extend(contacts_by_visits(&mut tx, asker, &visits).await?);
    }
    // Where one of the three was cut off, the answer goes no further than that; what the others have beyond it comes
    // again, which harms nobody.
    if let Some(first) = reached.into_iter().min() {
        out.cursor = first.unsigned_abs();
        out.more = true;
    }
    let heads: HashMap<Uuid, Vec<Hash>> =
        states.iter().map(|s| (s.id, s.heads.0.iter().filter_map(|h| hash(h)).collect())).collect();
    // Answered with the very heads that the feed has: there is nothing more to say.
    let settled: HashSet<Uuid> = answered
        .iter()
        .filter(|d| heads.get(&d.visit.0).is_some_and(|now| same(now, &d.heads)))
        .map(|d| d.visit.0)
        .collect();
    let mut documents: BTreeMap<Uuid, Vec<ByteVec>> = BTreeMap::new();
    for row in log.iter().filter(|r| !settled.contains(&r.visit_id)) {
        let changes: Vec<ByteVec> = decode(&row.changes).unwrap_or_default();
        documents.entry(row.visit_id).or_default().extend(changes);
    }
    out.documents = documents
        .into_iter()
        .map(|(visit, changes)| DocumentDown {
            visit: VisitId(visit),
            outcome: Outcome::News,
            heads: heads.get(&visit).cloned().unwrap_or_default(),
            changes,
            refused: Vec::new(),
        })
        .collect();
    out.reference = records.iter().filter_map(|r| serde_json::to_string(r).ok()).collect();
    let ids: Vec<Uuid> = states.iter().map(|s| s.id).collect();
    if !ids.is_empty() {
        let mut flags: HashMap<Uuid, Vec<String>> = HashMap::new();
        for (visit, code) in store::flags(&mut tx, &ids).await? {
            flags.entry(visit).or_default().push(code);
        }
        let mut receipts: HashMap<Uuid, Vec<String>> = HashMap::new();
        for (visit, number) in store::receipts(&mut tx, &ids).await? {
            receipts.entry(visit).or_default().push(number);
        }
        let mut reviews: HashMap<Uuid, (String, String)> = HashMap::new();
        for (visit, reason, by) in store::reviews(&mut tx, &ids).await? {
            reviews.insert(visit, (reason, by));
        }
        for s in states {
            let (reason, by) = reviews.remove(&s.id).unzip();
            let state = VisitState {
                visit: VisitId(s.id),
                review: s.review,
                reason,
                by,
                dispatch_approved: s.dispatch_approved,
                coverage: s.coverage,
                flags: flags.remove(&s.id).unwrap_or_default(),
                receipts: receipts.remove(&s.id).unwrap_or_default(),
            };
            out.states.extend(serde_json::to_string(&state).ok());
        }
    }
    Ok(out)
}

fn same(a: &[Hash], b: &[Hash]) -> bool {
    a.len() == b.len() && a.iter().all(|hash| b.contains(hash))
}

fn hash(hex_text: &str) -> Option<Hash> {
    let mut bytes = [0u8; 32];
    hex::decode_to_slice(hex_text, &mut bytes).ok()?;
    Some(Hash(bytes))
}
