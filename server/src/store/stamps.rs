//! Time stamps of heads: one attempt at a time over all servers, and an answer that is never written over.

use super::{StoreError, Tx};
use crate::{db_all, db_execute, db_optional};

/// A head that wants a time stamp.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct WantingRow {
    /// Its number.
    pub number: i64,
    /// Its file.
    pub body: String,
    /// How often it was tried.
    pub attempts: i64,
}

/// How the time stamp of a head stands.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StampRow {
    /// The head's number.
    pub number: i64,
    /// How often it was tried.
    pub attempts: i64,
    /// The stable code of what the last attempt failed by.
    pub problem: Option<String>,
    /// When the authority says it was.
    pub stamped_ms: Option<i64>,
}

/// Whether a head that was sealed at `since_ms` or later waits for an attempt.
///
/// # Errors
/// When the database refuses.
pub async fn is_due(tx: &mut Tx, since_ms: i64, now_ms: i64) -> Result<bool, StoreError> {
    const DUE: &str = "SELECT h.number FROM log_heads h LEFT JOIN head_stamps s ON s.number = h.number \
                       WHERE h.sealed_ms >= $1 AND (s.number IS NULL OR (s.answer IS NULL AND s.next_ms <= $2)) LIMIT 1";
    Ok(db_optional!((i64,), tx, DUE, since_ms, now_ms)?.is_some())
}

/// Takes the newest heads that wait for an attempt, at most `limit`; nobody else does until `lease_ms`.
///
/// # Errors
/// When the database refuses.
pub async fn claim(
    tx: &mut Tx,
    since_ms: i64,
    now_ms: i64,
    lease_ms: i64,
    limit: i64,
) -> Result<Vec<WantingRow>, StoreError> {
    const MAKE: &str = "INSERT INTO head_stamps (number, attempts, next_ms) SELECT number, 0, sealed_ms FROM log_heads \
                        WHERE sealed_ms >= $1 ON CONFLICT DO NOTHING";
    // Looked at again by whoever had to wait for another server's claim.
    const TAKE: &str = "UPDATE head_stamps SET attempts = attempts + 1, next_ms = $2 WHERE number IN \
                        (SELECT number FROM head_stamps WHERE answer IS NULL AND next_ms <= $1 AND number IN \
                        (SELECT number FROM log_heads WHERE sealed_ms >= $4) ORDER BY number DESC LIMIT $3) \
                        AND answer IS NULL AND next_ms <= $1 RETURNING number";
    const READ: &str = "SELECT h.number, h.body, s.attempts FROM log_heads h JOIN head_stamps s ON s.number = h.number \
                        WHERE h.number = $1";
    db_execute!(tx, MAKE, since_ms)?;
    let mut rows = Vec::new();
    for (number,) in db_all!((i64,), tx, TAKE, now_ms, lease_ms, limit, since_ms)? {
        rows.extend(db_optional!(WantingRow, tx, READ, number)?);
    }
    Ok(rows)
}

/// Keeps an answer, unless there is one.
///
/// # Errors
/// When the database refuses.
pub async fn keep(tx: &mut Tx, number: i64, answer: &[u8], stamped_ms: i64, now_ms: i64) -> Result<bool, StoreError> {
    const KEEP: &str = "UPDATE head_stamps SET answer = $2, stamped_ms = $3, obtained_ms = $4, problem = NULL \
                        WHERE number = $1 AND answer IS NULL";
    Ok(db_execute!(tx, KEEP, number, answer, stamped_ms, now_ms)? > 0)
}

/// Notes by what an attempt failed, and when to try again.
///
/// # Errors
/// When the database refuses.
pub async fn failed(tx: &mut Tx, number: i64, problem: &str, next_ms: i64) -> Result<(), StoreError> {
    const FAILED: &str = "UPDATE head_stamps SET problem = $2, next_ms = $3 WHERE number = $1 AND answer IS NULL";
    db_execute!(tx, FAILED, number, problem, next_ms).map(|_| ())
}

/// The answer of the authority about one head.
///
/// # Errors
/// When the database refuses.
pub async fn answer(tx: &mut Tx, number: i64) -> Result<Option<Vec<u8>>, StoreError> {
    const ANSWER: &str = "SELECT answer FROM head_stamps WHERE number = $1 AND answer IS NOT NULL";
    Ok(db_optional!((Vec<u8>,), tx, ANSWER, number)?.map(|(answer,)| answer))
}

/// How the time stamps of heads `from` to `until` stand.
///
/// # Errors
/// When the database refuses.
pub async fn between(tx: &mut Tx, from: i64, until: i64) -> Result<Vec<StampRow>, StoreError> {
    const BETWEEN: &str = "SELECT number, attempts, problem, stamped_ms FROM head_stamps \
                           WHERE number >= $1 AND number <= $2 ORDER BY number";
    db_all!(StampRow, tx, BETWEEN, from, until)
}
