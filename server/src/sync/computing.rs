//! Work away from the async workers, and why a batch may come to nothing.

use crate::store::StoreError;

/// Why an attempt at a batch failed.
pub(super) enum Trouble {
    Store(StoreError),
    /// Another server was faster: from the beginning, with what it has written.
    Overtaken(&'static str),
    Failed(String),
}

impl From<StoreError> for Trouble {
    fn from(e: StoreError) -> Self {
        Self::Store(e)
    }
}

/// Computes away from the async workers. A panic there is contained: it fails this batch, not the process.
pub(super) async fn compute<R: Send + 'static>(
    f: impl FnOnce() -> Result<R, String> + Send + 'static,
) -> Result<R, Trouble> {
    tokio::task::spawn_blocking(f).await.map_err(|e| Trouble::Failed(e.to_string()))?.map_err(Trouble::Failed)
}

/// Maps on as many threads as there are processors; the order is kept.
pub(super) fn parallel<T: Send, R: Send>(work: Vec<T>, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(work.len());
    if threads <= 1 || work.len() < 4 {
        return work.into_iter().map(f).collect();
    }
    let size = work.len().div_ceil(threads);
    let mut own = work;
    let mut rest = own.split_off(size);
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        let tail = rest.split_off(size.min(rest.len()));
        chunks.push(std::mem::replace(&mut rest, tail));
    }
    let f = &f;
    let map = move |chunk: Vec<T>| chunk.into_iter().map(f).collect::<Vec<R>>();
    std::thread::scope(|scope| {
        let others: Vec<_> = chunks.into_iter().map(|chunk| scope.spawn(move || map(chunk))).collect();
        let mut done = map(own);
        for other in others {
            match other.join() {
                Ok(more) => done.extend(more),
                // The panic belongs to the caller, which contains it for the whole batch.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    })
}
