//! Works off the queue, chunk by chunk.

use crate::clock::Clock;
use crate::store::rejudge::{self, ClaimedRow};
use crate::store::{Db, StoreError};
use crate::sync::{Merger, SyncError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How the queue is worked off.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// Visits in one transaction: enough for the cost of the commit not to matter, few enough for a phone that waits for
    /// it, and for the memory that their documents take.
    pub chunk: i64,
    /// How long a claim holds, milliseconds. After a crash its visits wait as long.
    pub lease_ms: i64,
    /// How often to look without being woken: other servers and the command line put visits in, too.
    pub timer: Duration,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { chunk: 200, lease_ms: 60_000, timer: Duration::from_secs(1) }
    }
}

/// A worker. Any number may run on one database.
#[derive(Clone, Debug)]
pub struct Worker {
    db: Db,
    merger: Merger,
    clock: Clock,
    schedule: Schedule,
    wake: Arc<Notify>,
}

impl Worker {
    /// A worker that looks when `wake` is notified and every `schedule.timer`.
    pub fn new(db: Db, merger: Merger, clock: Clock, schedule: Schedule, wake: Arc<Notify>) -> Self {
        Self { db, merger, clock, schedule, wake }
    }

    /// Works until `stop`; the chunk in hand is finished.
    pub async fn run(self, stop: CancellationToken) {
        if let Err(e) = self.take_over().await {
            tracing::error!(error = %e, "leases of an earlier run stay until they end");
        }
        while !stop.is_cancelled() {
            match self.round().await {
                // There may be more.
                Ok(judged) if judged > 0 => continue,
                Ok(_) => {}
                Err(e) => tracing::error!(error = %e, "visits cannot be judged again"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.notified() => {}
                () = tokio::time::sleep(self.schedule.timer) => {}
            }
        }
    }

    /// On SQLite there is one server: leases that are there at its start are those of one that was killed. (What another
    /// process has in hand, the command line's, is only judged twice.)
    async fn take_over(&self) -> Result<(), StoreError> {
        if matches!(self.db, Db::Sqlite { .. }) {
            let mut tx = self.db.begin().await?;
            rejudge::release_all(&mut tx).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Judges one chunk, if anything is due; returns how many visits were judged.
    ///
    /// # Errors
    /// When the database refuses. What was claimed and not judged is free again when its lease ends.
    pub async fn round(&self) -> Result<usize, SyncError> {
        let now = self.clock.now_ms();
        let mut tx = self.db.read().await?;
        let due = rejudge::due(&mut tx, now).await?;
        drop(tx);
        if !due {
            return Ok(0);
        }
        let chunk = self.claim().await?;
        match self.merger.judge_again(chunk.clone()).await {
            Ok(()) => Ok(chunk.len()),
            // One that cannot be judged must not keep the others from it.
            Err(SyncError::Failed(why)) if chunk.len() > 1 => {
                tracing::warn!(why, "visits are judged again one by one");
                Ok(self.one_by_one(chunk).await)
            }
            Err(e) => Err(e),
        }
    }

    /// Leases a chunk.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn claim(&self) -> Result<Vec<ClaimedRow>, StoreError> {
        let now = self.clock.now_ms();
        let mut tx = self.db.begin().await?;
        let chunk = rejudge::claim(&mut tx, now, now + self.schedule.lease_ms, self.schedule.chunk).await?;
        tx.commit().await?;
        Ok(chunk)
    }

    async fn one_by_one(&self, chunk: Vec<ClaimedRow>) -> usize {
        let mut judged = 0;
        for claimed in chunk {
            let visit = claimed.visit_id;
            match self.merger.judge_again(vec![claimed]).await {
                Ok(()) => judged += 1,
                // It stays in the queue, where its run shows that it is not done.
                Err(error) => tracing::error!(%error, %visit, "a visit cannot be judged again"),
            }
        }
        judged
    }
}
