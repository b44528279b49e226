//! One queue in front of the database: the requests that wait while one commit is under way share the next one.

use super::SyncError;
use super::batch::{Shared, run};
use super::cache::Cache;
use crate::clock::Clock;
use crate::reference::ReferenceCache;
use crate::store::Db;
use std::sync::Arc;
use sync_core::ids::{DeviceId, UserId};
use sync_core::sync::{DocumentDown, DocumentUp};
use tokio::sync::{Notify, mpsc, oneshot};

/// Requests that wait at most; then phones are told to come back later.
const QUEUE: usize = 1024;
/// Documents in one batch at most: a commit that takes too long would make everybody wait.
const BATCH_DOCUMENTS: usize = 512;

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

pub(super) struct Job {
    pub push: Push,
    pub reply: oneshot::Sender<Result<Vec<DocumentDown>, SyncError>>,
}

/// The way into the database for what phones send.
#[derive(Clone)]
pub struct Merger {
    queue: mpsc::Sender<Job>,
    done: Arc<Notify>,
}

impl Merger {
    /// Starts the merger. It ends when the last handle is dropped and the queue is empty. `outbox` is notified after
    /// commits that put mails into the outbox.
    pub fn start(
        db: Db,
        reference: ReferenceCache,
        issuer: super::Issuer,
        clock: Clock,
        outbox: Arc<Notify>,
    ) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let done = Arc::new(Notify::new());
        let shared = Shared { db, reference, issuer: Arc::new(issuer), clock, outbox };
        tokio::spawn(work(shared, jobs, done.clone()));
        Self { queue, done }
    }

    /// Merges what a device sends. Returns after the commit.
    ///
    /// # Errors
    /// See [`SyncError`]; nothing was stored then.
    pub async fn push(&self, push: Push) -> Result<Vec<DocumentDown>, SyncError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Job { push, reply }).await.map_err(|_| SyncError::Closed)?;
        answer.await.map_err(|_| SyncError::Closed)?
    }

    /// Waits until everything that is in the queue is committed and answered, and takes no more.
    pub async fn close(self) {
        let Self { queue, done } = self;
        drop(queue);
        done.notified().await;
    }
}

async fn work(shared: Shared, mut jobs: mpsc::Receiver<Job>, done: Arc<Notify>) {
    let mut cache = Cache::default();
    while let Some(first) = jobs.recv().await {
        let mut documents = first.push.documents.len();
        let mut batch = vec![first];
        while documents < BATCH_DOCUMENTS
            && let Ok(job) = jobs.try_recv()
        {
            documents += job.push.documents.len();
            batch.push(job);
        }
        let (pushes, replies): (Vec<Push>, Vec<_>) = batch.into_iter().map(|j| (j.push, j.reply)).unzip();
        match run(&shared, &mut cache, Arc::new(pushes)).await {
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
        cache.trim();
    }
    done.notify_one();
}
