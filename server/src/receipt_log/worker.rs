//! Seals each day once it is over, and has the heads stamped.

use super::seal::seal_due;
use super::stamp::Authority;
use crate::clock::Clock;
use crate::keys::ServerKey;
use crate::store::Db;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often to look whether a day is over.
const TIMER: Duration = Duration::from_secs(60);

/// A worker. Any number may run on one database.
#[derive(Debug)]
pub struct Worker {
    db: Db,
    key: ServerKey,
    clock: Clock,
    authority: Option<Authority>,
}

impl Worker {
    /// A worker that signs with `key`, and has the heads stamped by `authority`.
    pub fn new(db: Db, key: ServerKey, clock: Clock, authority: Option<Authority>) -> Self {
        Self { db, key, clock, authority }
    }

    /// Works until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match seal_due(&self.db, &self.key, self.clock.now_ms()).await {
                Ok(heads) => {
                    for head in heads {
                        tracing::info!(day = head.day, receipts = head.tree_size, "the log's head was sealed");
                    }
                }
                Err(e) => tracing::error!(error = %e, "the log's head cannot be sealed"),
            }
            if let Some(authority) = &self.authority {
                let stamped = tokio::select! {
                    () = stop.cancelled() => return,
                    stamped = authority.stamp_due(&self.db, self.clock.now_ms()) => stamped,
                };
                if let Err(e) = stamped {
                    tracing::error!(error = %e, "heads cannot be stamped");
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(TIMER) => {}
            }
        }
    }
}
