//! One visit with everything around it, and the managers' decisions on it.

use super::bulk::ids_json;
use super::queue::ReceiptRow;
use super::{Sql, StoreError, Tx};
use crate::{db_all, db_execute, db_optional, with_ids};
use sqlx::types::Json;
use sync_core::coverage::Verdict;
use uuid::Uuid;

/// A stretch of the change log of one visit.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LogRow {
    /// Which device brought it.
    pub device_id: Uuid,
    /// When.
    pub received_ms: i64,
    /// The changes, as CBOR: an array of byte strings.
    pub changes: Vec<u8>,
}

/// A device and its owner.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OwnerRow {
    /// The device.
    pub id: Uuid,
    /// What its owner calls it.
    pub name: String,
    /// Its owner.
    pub user_id: Uuid,
    /// Their name.
    pub user_name: String,
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ReviewRow {
    /// Its id, which the client chose.
    pub id: Uuid,
    /// The visit.
    pub visit_id: Uuid,
    /// What was decided.
    pub action: String,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub user_id: Uuid,
    /// Their name.
    pub user_name: String,
    /// When.
    pub at_ms: i64,
}

/// A refused change without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct QuarantineRow {
    /// Its id.
    pub id: Uuid,
    /// The visit it was sent for.
    pub visit_id: Uuid,
    /// Who sent it.
    pub device_id: Uuid,
    /// Why it was refused.
    pub code: String,
    /// In words.
    pub detail: String,
    /// When it came.
    pub received_ms: i64,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// What is stored of one visit beside its rows.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StoredVisit {
    /// The verdict.
    pub verdict: Json<Verdict>,
    /// The document's heads, lower-case hex.
    pub heads: Json<Vec<String>>,
    /// The document.
    pub snapshot: Vec<u8>,
}

const STORED: &str = "SELECT v.verdict, d.heads, d.snapshot FROM visits v JOIN documents d ON d.visit_id = v.id \
                      WHERE v.id = $1";
const OWNERS: Sql = with_ids!(
    "SELECT d.id, d.name, d.user_id, u.name AS user_name FROM devices d JOIN users u ON u.id = d.user_id \
     WHERE d.id IN ",
    " ORDER BY d.id"
);
const LOG: &str = "SELECT device_id, received_ms, changes FROM change_log WHERE visit_id = $1 ORDER BY position";
const RECEIPTS: &str = "SELECT id, visit_id, sign_off_id, chain, chain_no, number, revision, issued_ms, sha256 \
                        FROM receipts WHERE visit_id = $1 ORDER BY revision";
const RECEIPT_BODY: &str = "SELECT body FROM receipts WHERE id = $1";
const REVIEWS: &str = "SELECT r.id, r.visit_id, r.action, r.reason, r.user_id, u.name AS user_name, r.at_ms \
                       FROM reviews r JOIN users u ON u.id = r.user_id WHERE r.visit_id = $1 ORDER BY r.at_ms, r.id";
const REVIEW: &str = "SELECT r.id, r.visit_id, r.action, r.reason, r.user_id, u.name AS user_name, r.at_ms \
                      FROM reviews r JOIN users u ON u.id = r.user_id WHERE r.id = $1";
const ADD_REVIEW: &str =
    "INSERT INTO reviews (id, visit_id, action, reason, user_id, at_ms) VALUES ($1, $2, $3, $4, $5, $6)";
const DECIDE: &str = "UPDATE visits SET review = $2, dispatch_approved = $3, position = $4 WHERE id = $1";
const QUARANTINE: &str = "SELECT id, visit_id, device_id, code, detail, received_ms, sha256 FROM quarantine \
                          WHERE visit_id = $1 ORDER BY received_ms, id";
const QUARANTINE_AFTER: &str = "SELECT id, visit_id, device_id, code, detail, received_ms, sha256 FROM quarantine \
                                WHERE id > $1 ORDER BY id LIMIT $2";
const QUARANTINED: &str = "SELECT change FROM quarantine WHERE visit_id = $1 AND id = $2";

/// Document and verdict.
///
/// # Errors
/// When the database refuses.
pub async fn stored(tx: &mut Tx, id: Uuid) -> Result<Option<StoredVisit>, StoreError> {
    db_optional!(StoredVisit, tx, STORED, id)
}

/// The visit's change log, in the order of commits: each change after those it stands on.
///
/// # Errors
/// When the database refuses.
pub async fn log(tx: &mut Tx, id: Uuid) -> Result<Vec<LogRow>, StoreError> {
    db_all!(LogRow, tx, LOG, id)
}

/// Devices with their owners.
///
/// # Errors
/// When the database refuses.
pub async fn owners(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<OwnerRow>, StoreError> {
    db_all!(OwnerRow, tx, OWNERS, ids_json(ids.iter().copied()))
}

/// The visit's receipts, the first one first.
///
/// # Errors
/// When the database refuses.
pub async fn receipts(tx: &mut Tx, id: Uuid) -> Result<Vec<ReceiptRow>, StoreError> {
    db_all!(ReceiptRow, tx, RECEIPTS, id)
}

/// The file of one receipt: exactly the bytes that were hashed into the chain.
///
/// # Errors
/// When the database refuses.
pub async fn receipt_body(tx: &mut Tx, id: Uuid) -> Result<Option<String>, StoreError> {
    Ok(db_optional!((String,), tx, RECEIPT_BODY, id)?.map(|(body,)| body))
}

/// The decisions on a visit, the newest last.
///
/// # Errors
/// When the database refuses.
pub async fn reviews(tx: &mut Tx, id: Uuid) -> Result<Vec<ReviewRow>, StoreError> {
    db_all!(ReviewRow, tx, REVIEWS, id)
}

/// One decision.
///
/// # Errors
/// When the database refuses.
pub async fn review(tx: &mut Tx, id: Uuid) -> Result<Option<ReviewRow>, StoreError> {
    db_optional!(ReviewRow, tx, REVIEW, id)
}

/// Adds a decision to the trail.
///
/// # Errors
/// When the database refuses.
pub async fn add_review(tx: &mut Tx, r: &ReviewRow) -> Result<(), StoreError> {
    db_execute!(tx, ADD_REVIEW, r.id, r.visit_id, r.action.as_str(), r.reason.as_str(), r.user_id, r.at_ms).map(|_| ())
}

/// What the decisions come to, at a fresh feed position: the phones learn of it at their next sync.
///
/// # Errors
/// When the database refuses.
pub async fn decide(
    tx: &mut Tx,
    id: Uuid,
    review: &str,
    dispatch_approved: bool,
    position: i64,
) -> Result<(), StoreError> {
    db_execute!(tx, DECIDE, id, review, dispatch_approved, position).map(|_| ())
}

/// What was refused for a visit.
///
/// # Errors
/// When the database refuses.
pub async fn quarantine(tx: &mut Tx, id: Uuid) -> Result<Vec<QuarantineRow>, StoreError> {
    db_all!(QuarantineRow, tx, QUARANTINE, id)
}

/// What was refused, whatever the visit, after this one; ids ascend with the time of their coming.
///
/// # Errors
/// When the database refuses.
pub async fn quarantine_after(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<QuarantineRow>, StoreError> {
    db_all!(QuarantineRow, tx, QUARANTINE_AFTER, after, limit)
}

/// The bytes of one refused change.
///
/// # Errors
/// When the database refuses.
pub async fn quarantined(tx: &mut Tx, visit: Uuid, id: Uuid) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(db_optional!((Vec<u8>,), tx, QUARANTINED, visit, id)?.map(|(bytes,)| bytes))
}
