//! Sealing a day: the tree is brought up to the log, and its root signed.
//!
//! A head is over everything that was committed when it was sealed, whatever the receipts say about when they were issued:
//! what one server's clock has wrong can neither hold up a head nor leave a receipt out of all of them.

use crate::keys::ServerKey;
use crate::store::log::{self, HeadRow};
use crate::store::{Db, StoreError, Tx};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use sync_core::canonical::{CanonicalError, sha256_hex};
use sync_core::log::{Grower, HEAD_KIND, HEAD_VERSION, Head, Span, complete_nodes};
use sync_core::receipt::CHAIN_START;
use sync_core::statement::Signed;

/// How long after midnight UTC a day is sealed: batches that began before it are committed by then.
pub const GRACE_MS: i64 = 5 * 60_000;
/// Days that are sealed afterwards when no server ran: further back there is none, and the next head is over their receipts.
const MOST_DAYS: i64 = 31;
/// Leaves in one transaction.
const CHUNK: i64 = 2000;

/// Why nothing was sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A head without a canonical form: a mistake in the program.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// What is kept of the tree does not fit together.
    #[error("the log's subtrees do not fit its size {0}")]
    Broken(i64),
    /// Before or beyond all calendars.
    #[error("{0} is no time")]
    Time(i64),
}

/// The UTC day of an instant.
pub(super) fn day_of(ms: i64) -> Result<Date, SealError> {
    let at = Timestamp::from_millisecond(ms).map_err(|_| SealError::Time(ms))?;
    Ok(at.to_zoned(TimeZone::UTC).date())
}

/// Seals every day that is over and has no head yet; any number of servers may do so at once. Returns what this call sealed.
///
/// # Errors
/// See [`SealError`]. What is left is sealed by the next call.
pub async fn seal_due(db: &Db, key: &ServerKey, now_ms: i64) -> Result<Vec<HeadRow>, SealError> {
    let mut tx = db.read().await?;
    if missing(&mut tx, now_ms).await?.is_empty() {
        return Ok(Vec::new());
    }
    let has_strays = log::has_strays(&mut tx).await?;
    drop(tx);
    if has_strays {
        let mut tx = db.begin().await?;
        let found = log::append_strays(&mut tx).await?;
        tx.commit().await?;
        tracing::info!(found, "receipts that an earlier version of the server issued were put into the log");
    }
    while grow(db).await? {}
    let mut tx = db.begin().await?;
    let size = log::lock_nodes(&mut tx).await?;
    // Another server may have been here meanwhile.
    let days = missing(&mut tx, now_ms).await?;
    let mut sealed = Vec::new();
    if size > 0 {
        for day in days {
            sealed.push(head(&mut tx, key, day, size, now_ms).await?);
        }
    }
    tx.commit().await?;
    Ok(sealed)
}

/// The days that are over and have no head, in order.
async fn missing(tx: &mut Tx, now_ms: i64) -> Result<Vec<Date>, SealError> {
    let Some(first) = log::first_issued(tx).await? else { return Ok(Vec::new()) };
    let today = day_of(now_ms.saturating_sub(GRACE_MS))?;
    let oldest = today.saturating_sub(MOST_DAYS.days()).max(day_of(first)?);
    let there = log::days_since(tx, &oldest.to_string()).await?;
    let mut days = Vec::new();
    let mut day = oldest;
    while day < today {
        if !there.contains(&day.to_string()) {
            days.push(day);
        }
        day = day.saturating_add(1.days());
    }
    Ok(days)
}

/// Computes the subtrees over some leaves more. `false` when there are none.
async fn grow(db: &Db) -> Result<bool, SealError> {
    let mut tx = db.begin().await?;
    let done = log::lock_nodes(&mut tx).await?;
    let leaves = log::leaves(&mut tx, done, CHUNK).await?;
    if leaves.is_empty() {
        return Ok(false);
    }
    let mut tree = resume(&mut tx, done).await?;
    let mut nodes = Vec::new();
    for leaf in leaves {
        let bytes = hex::decode(&leaf).map_err(|_| SealError::Broken(done))?;
        nodes.extend(tree.push(sync_core::log::leaf_hash(&bytes)));
    }
    log::add_nodes(&mut tx, &nodes, i64::try_from(tree.size()).unwrap_or(i64::MAX)).await?;
    tx.commit().await?;
    Ok(true)
}

async fn resume(tx: &mut Tx, size: i64) -> Result<Grower, SealError> {
    let end = u64::try_from(size).map_err(|_| SealError::Broken(size))?;
    let edge = complete_nodes(Span { start: 0, end });
    let found = log::hashes(tx, &edge).await?;
    let hashes = edge.iter().map(|node| found.get(node).copied()).collect::<Option<Vec<_>>>();
    hashes.and_then(|hashes| Grower::resume(end, hashes)).ok_or(SealError::Broken(size))
}

async fn head(tx: &mut Tx, key: &ServerKey, day: Date, size: i64, now_ms: i64) -> Result<HeadRow, SealError> {
    let root = hex::encode(resume(tx, size).await?.root());
    let last = log::last_head(tx).await?;
    let number = last.as_ref().map_or(1, |l| l.number + 1);
    let body = Head {
        kind: HEAD_KIND.to_owned(),
        version: HEAD_VERSION,
        number: u64::try_from(number).unwrap_or_default(),
        day,
        tree_size: u64::try_from(size).unwrap_or_default(),
        root,
        previous_sha256: last.map_or_else(|| CHAIN_START.to_owned(), |l| l.sha256),
        sealed_ms: now_ms,
    };
    let body = Signed::sign(body, &key.kid, key.software())?.to_json()?;
    let sha256 = sha256_hex(body.as_bytes());
    let row = HeadRow { number, day: day.to_string(), tree_size: size, body, sha256, sealed_ms: now_ms };
    log::add_head(tx, &row).await?;
    Ok(row)
}
