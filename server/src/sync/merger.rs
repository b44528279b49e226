//! One queue in front of the database: the requests that wait while one commit is under way share the next one.

use super::SyncError;
use super::batch::{Shared, run};
use super::cache::Cache;
use crate::clock::Clock;
use crate::reference::cache::ReferenceCache;
use crate::store::Db;
use std::sync::Arc;
use sync_core::ids::{DeviceId, UserId};
use sync_core::sync::{DocumentDown, DocumentUp};
use tokio::sync::{Notify, mpsc, oneshot};

/// Requests that wait at most; then phones are told to come back later.
const QUEUE: usize = 1024;
/// A batch takes no further request once it has so many documents: beyond some fifty a commit gets no cheaper, everybody
/// would wait longer, and each document of it is in memory several times, as are the rows made of it.
const BATCH_DOCUMENTS: usize = 50;

/// What one authenticated device sends.
#[derive(Debug)]
pub struct Push {
    /// The device; its signature over the heads has been checked.
    pub device: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// Set when the device is revoked: everything it sends goes into quarantine.
    pub revoked: bool,
    /// The documents.
    pub documents: Vec<DocumentUp>,
    /// What the device signed.
    pub attested: Vec<u8>,
    /// Its signature.
    pub signature: Vec<u8>,
}

struct Job {
    push: Push,
    reply: oneshot::Sender<Result<Vec<DocumentDown>, SyncError>>,
}

enum Order {
    Merge(Job),
    /// Answered when everything before it is done.
    Flush(oneshot::Sender<()>),
}

/// The way into the database for what phones send.
#[derive(Clone, Debug)]
pub struct Merger {
    queue: mpsc::Sender<Order>,
}

impl Merger {
    /// Starts the merger. It ends when the last handle is dropped. `outbox` is notified after
    /// commits that put mails into the outbox.
    pub fn start(db: Db, reference: ReferenceCache, issuer: super::Issuer, clock: Clock, outbox: Arc<Notify>) -> Self {
        let (queue, orders) = mpsc::channel(QUEUE);
        let shared = Shared { db, reference, issuer: Arc::new(issuer), clock, outbox };
        tokio::spawn(work(shared, orders));
        Self { queue }
    }

    /// Merges what a device sends. Returns after the commit.
    ///
    /// # Errors
    /// See [`SyncError`]; nothing was stored then.
    pub async fn push(&self, push: Push) -> Result<Vec<DocumentDown>, SyncError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Order::Merge(Job { push, reply })).await.map_err(|_| SyncError::Closed)?;
        answer.await.map_err(|_| SyncError::Closed)?
    }

    /// Waits until everything that is in the queue now is committed and answered.
    pub async fn flush(&self) {
        let (reply, done) = oneshot::channel();
        if self.queue.send(Order::Flush(reply)).await.is_ok() {
            // An error would mean that the worker is gone, and with it everything that was to wait for.
            let _ = done.await;
        }
    }
}

async fn work(shared: Shared, mut orders: mpsc::Receiver<Order>) {
    let mut cache = Cache::default();
    while let Some(first) = orders.recv().await {
        let (mut batch, mut documents, mut flushes) = (Vec::new(), 0, Vec::new());
        let mut next = Some(first);
        while let Some(order) = next {
            match order {
                Order::Merge(job) => {
                    documents += job.push.documents.len();
                    batch.push(job);
                }
                Order::Flush(reply) => flushes.push(reply),
            }
            next = if documents < BATCH_DOCUMENTS { orders.try_recv().ok() } else { None };
        }
        merge(&shared, &mut cache, batch).await;
        for reply in flushes {
            let _ = reply.send(());
        }
        cache.trim();
    }
}

async fn merge(shared: &Shared, cache: &mut Cache, batch: Vec<Job>) {
    if batch.is_empty() {
        return;
    }
    let (pushes, replies): (Vec<Push>, Vec<_>) = batch.into_iter().map(|j| (j.push, j.reply)).unzip();
    match run(shared, cache, Arc::new(pushes)).await {
        Ok(answers) => {
            for (reply, answer) in replies.into_iter().zip(answers) {
                // A phone that went away meanwhile asks again; what it sent is committed.
                let _ = reply.send(Ok(answer));
            }
        }
        Err(error) => {
            tracing::error!(%error, requests = replies.len(), "a batch was not merged");
            for reply in replies {
                let _ = reply.send(Err(error.clone()));
            }
        }
    }
}
