//! One queue in front of the database: the requests that wait while one commit is under way share the next one.

use super::SyncError;
use super::batch::{Shared, Work, run};
use super::cache::Cache;
use super::push::Push;
use crate::clock::Clock;
use crate::reference::cache::ReferenceCache;
use crate::store::Db;
use crate::store::rejudge::ClaimedRow;
use std::sync::Arc;
use sync_core::sync::DocumentDown;
use tokio::sync::{Notify, mpsc, oneshot};

/// Requests that wait at most; then phones are told to come back later.
const QUEUE: usize = 1024;
/// A batch takes no further request once it has so many documents: beyond some fifty a commit gets no cheaper, everybody
/// would wait longer, and each document of it is in memory several times, as are the rows made of it.
const BATCH_DOCUMENTS: usize = 50;
/// Batches of phones that go before visits that are only judged again.
const PATIENCE: usize = 8;

/// Visits to be judged again.
struct Again {
    visits: Vec<ClaimedRow>,
    reply: oneshot::Sender<Result<(), SyncError>>,
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
    again: mpsc::Sender<Again>,
}

impl Merger {
    /// Starts the merger. It ends when the last handle is dropped. `outbox` is notified after
    /// commits that put mails into the outbox, `rejudge` after those after which visits are to be judged again.
    pub fn start(
        db: Db,
        reference: ReferenceCache,
        issuer: super::Issuer,
        clock: Clock,
        outbox: Arc<Notify>,
        rejudge: Arc<Notify>,
    ) -> Self {
        let (queue, orders) = mpsc::channel(QUEUE);
        let (again, turns) = mpsc::channel(1);
        let shared = Shared { db, reference, issuer: Arc::new(issuer), clock, outbox, rejudge };
        tokio::spawn(work(shared, orders, turns));
        Self { queue, again }
    }

    /// Judges visits again that were claimed from the queue, when no phone waits, and takes them out of it. Returns after
    /// the commit.
    ///
    /// # Errors
    /// See [`SyncError`]; nothing was stored then.
    pub async fn judge_again(&self, visits: Vec<ClaimedRow>) -> Result<(), SyncError> {
        let (reply, answer) = oneshot::channel();
        self.again.send(Again { visits, reply }).await.map_err(|_| SyncError::Closed)?;
        answer.await.map_err(|_| SyncError::Closed)?
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

async fn work(shared: Shared, mut orders: mpsc::Receiver<Order>, mut turns: mpsc::Receiver<Again>) {
    let mut cache = Cache::default();
    // Batches of phones since somebody last had a turn who is no phone.
    let mut passed = 0;
    loop {
        if passed >= PATIENCE {
            passed = 0;
            if let Ok(again) = turns.try_recv() {
                judge(&shared, &mut cache, again).await;
            }
        }
        tokio::select! {
            // Phones first.
            biased;
            order = orders.recv() => {
                let Some(first) = order else { return };
                batch(&shared, &mut cache, first, &mut orders).await;
                passed += 1;
            }
            Some(again) = turns.recv() => {
                judge(&shared, &mut cache, again).await;
                passed = 0;
            }
        }
        cache.trim();
    }
}

async fn judge(shared: &Shared, cache: &mut Cache, again: Again) {
    let work = Work { pushes: Vec::new(), again: again.visits };
    let done = run(shared, cache, Arc::new(work)).await.map(|_| ());
    // Whoever asked went away; what was judged is committed.
    let _ = again.reply.send(done);
}

/// Everything that phones have waiting, up to a bound.
async fn batch(shared: &Shared, cache: &mut Cache, first: Order, orders: &mut mpsc::Receiver<Order>) {
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
    merge(shared, cache, batch).await;
    for reply in flushes {
        let _ = reply.send(());
    }
}

async fn merge(shared: &Shared, cache: &mut Cache, batch: Vec<Job>) {
    if batch.is_empty() {
        return;
    }
    let (pushes, replies): (Vec<Push>, Vec<_>) = batch.into_iter().map(|j| (j.push, j.reply)).unzip();
    match run(shared, cache, Arc::new(Work { pushes, again: Vec::new() })).await {
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
