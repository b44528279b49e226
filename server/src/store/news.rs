//! What changed since a feed position, for one engineer.

use super::{StoreError, Tx, feed};
use crate::{db_all, db_execute, db_optional};
use sqlx::types::Json;
use uuid::Uuid;

/// Changes that somebody else's device brought.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LogNews {
    /// Its feed position.
    pub position: i64,
    /// The visit.
    pub visit_id: Uuid,
    /// The changes, as CBOR: an array of byte strings.
    pub changes: Vec<u8>,
}

/// What the server says of a visit.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct VisitNews {
    /// Its feed position.
    pub position: i64,
    /// The visit.
    pub id: Uuid,
    /// The managers' decision.
    pub review: String,
    /// Whether its dispatch was approved afterwards.
    pub dispatch_approved: bool,
    /// The verdict.
    pub coverage: String,
    /// The document's heads.
    pub heads: Json<Vec<String>>,
}

const LOG: &str = "SELECT l.position, l.visit_id, l.changes FROM change_log l \
                   JOIN visit_engineers e ON e.visit_id = l.visit_id AND e.user_id = $1 \
                   WHERE l.position > $2 AND l.position <= $3 AND l.device_id <> $4 ORDER BY l.position LIMIT $5";
const VISITS: &str = "SELECT v.position, v.id, v.review, v.dispatch_approved, v.coverage, d.heads FROM visits v \
                      JOIN visit_engineers e ON e.visit_id = v.id AND e.user_id = $1 \
                      JOIN documents d ON d.visit_id = v.id \
                      WHERE v.position > $2 AND v.position <= $3 ORDER BY v.position LIMIT $4";
const FLAGS: super::Sql =
    crate::with_ids!("SELECT DISTINCT visit_id, code FROM flags WHERE visit_id IN ", " ORDER BY visit_id, code");
const RECEIPTS: super::Sql =
    crate::with_ids!("SELECT visit_id, number FROM receipts WHERE visit_id IN ", " ORDER BY visit_id, revision");
const LAST_REVIEW: super::Sql = crate::with_ids!(
    "SELECT r.visit_id, r.reason, u.name FROM reviews r JOIN users u ON u.id = r.user_id WHERE r.visit_id IN ",
    " ORDER BY r.at_ms, r.id"
);
const SET_EPOCH: &str =
    "INSERT INTO meta (key, value) VALUES ('epoch', $1) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
const EPOCH: &str = "SELECT value FROM meta WHERE key = 'epoch'";

/// Changes by other devices after position `after` up to `top`, in visits of `user`.
///
/// # Errors
/// When the database refuses.
pub async fn log(
    tx: &mut Tx,
    user: Uuid,
    device: Uuid,
    after: i64,
    top: i64,
    limit: i64,
) -> Result<Vec<LogNews>, StoreError> {
    db_all!(LogNews, tx, LOG, user, after, top, device, limit)
}

/// Visits of `user` that changed or were decided upon after position `after` up to `top`.
///
/// # Errors
/// When the database refuses.
pub async fn visits(tx: &mut Tx, user: Uuid, after: i64, top: i64, limit: i64) -> Result<Vec<VisitNews>, StoreError> {
    db_all!(VisitNews, tx, VISITS, user, after, top, limit)
}

/// Flags of visits, as (visit, code).
///
/// # Errors
/// When the database refuses.
pub async fn flags(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>, StoreError> {
    db_all!((Uuid, String), tx, FLAGS, super::bulk::ids_json(ids.iter().copied()))
}

/// Receipt numbers of visits, as (visit, number).
///
/// # Errors
/// When the database refuses.
pub async fn receipts(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>, StoreError> {
    db_all!((Uuid, String), tx, RECEIPTS, super::bulk::ids_json(ids.iter().copied()))
}

/// Decisions on visits, the newest last, as (visit, reason, by).
///
/// # Errors
/// When the database refuses.
pub async fn reviews(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<(Uuid, String, String)>, StoreError> {
    db_all!((Uuid, String, String), tx, LAST_REVIEW, super::bulk::ids_json(ids.iter().copied()))
}

/// The epoch of the data, from 1; raised when a database is restored from a backup.
///
/// # Errors
/// When the database refuses.
pub async fn epoch(tx: &mut Tx) -> Result<u64, StoreError> {
    let row = db_optional!((String,), tx, EPOCH)?;
    Ok(row.and_then(|(value,)| value.parse().ok()).unwrap_or(1))
}

/// Begins a new epoch and returns it: this database was restored from a backup. It is later than every epoch that was
/// ever begun in the same way, also by databases that were restored from the same backup before.
///
/// # Errors
/// When the database refuses.
pub async fn raise_epoch(tx: &mut Tx, now_ms: i64) -> Result<u64, StoreError> {
    // Seconds: one more than the last would be used again when an older backup is restored the next time.
    let next = (epoch(tx).await? + 1).max(now_ms.unsigned_abs() / 1000);
    db_execute!(tx, SET_EPOCH, next.to_string())?;
    Ok(next)
}

/// The last committed position. Read it before the rows: everything up to it is then visible.
///
/// # Errors
/// When the database refuses.
pub async fn top(tx: &mut Tx) -> Result<i64, StoreError> {
    feed::last_position(tx).await
}
