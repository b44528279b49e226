//! Judging again: verdicts that other visits or the reference data have overtaken.
//!
//! What is to be judged again stands in a queue in the database, put there by the transaction that is the cause
//! (`store/rejudge.rs`). The [`Worker`] claims some hundred visits at a time and gives them to the merger, which judges
//! them as it judges what phones bring, in the pauses that phones leave. A verdict that stays as it was, and has nothing
//! new to tell other visits, puts nothing into the queue: it becomes empty.

mod service;
mod worker;

pub use service::{Progress, Wish, WishError, ask, progress, wish};
pub use worker::{Schedule, Worker};

use crate::store::rejudge::{self, Affected};
use crate::store::verdicts::{Cause, CauseKind};
use crate::store::{Db, StoreError, feed};

/// Raised whenever the same visit and the same reference data may get another verdict from this program than from the one
/// before, or more is projected from it. Every visit is judged again then.
pub const RULES: &str = "4";

/// Puts every visit into the queue if they were judged by other [`RULES`]. Several servers may do so at once; one will.
///
/// # Errors
/// When the database refuses.
pub async fn after_upgrade(db: &Db, now_ms: i64) -> Result<(), StoreError> {
    let mut tx = db.read().await?;
    let known = rejudge::rules(&mut tx).await?;
    drop(tx);
    if known.as_deref() == Some(RULES) {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    // The feed's lock: see store/rejudge.rs.
    feed::take_positions(&mut tx, 0).await?;
    if rejudge::set_rules(&mut tx, RULES).await? {
        let cause = Cause { kind: CauseKind::Upgrade, ..Cause::default() };
        rejudge::enqueue(&mut tx, &cause, &[(Affected::All, cause.clone())], now_ms).await?;
    }
    tx.commit().await
}
