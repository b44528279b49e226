//! Sync: what phones send is merged, judged, receipted and answered for.
//!
//! `Merger` takes the requests of all phones that wait at a moment into one batch and one commit (group commit);
//! `batch` is that transaction; `merging`, `judging` and `issuing` are its three steps that compute, away from the async
//! workers; `feed` reads what a phone lacks. A phone gets its answer after the commit, never before.

mod advice;
mod batch;
mod cache;
mod computing;
mod evidence;
mod feed;
mod gathering;
mod issuing;
mod judging;
mod merger;
mod merging;
mod push;
mod reading;
mod rows;

pub use crate::store::rejudge::ClaimedRow;
pub use feed::{News, join, news};
pub use issuing::Issuer;
pub use merger::Merger;
pub use push::Push;

use crate::store::StoreError;

/// Why a request was not merged. Nothing of it was stored then.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SyncError {
    /// The database refused: full, unreachable, overloaded. The phone tries again.
    #[error("the database refused: {0}")]
    Store(String),
    /// The server is shutting down.
    #[error("the server is shutting down")]
    Closed,
    /// A defect: the computing part gave up. The phone keeps everything and tries again.
    #[error("merging failed: {0}")]
    Failed(String),
}

impl From<StoreError> for SyncError {
    fn from(e: StoreError) -> Self {
        Self::Store(e.to_string())
    }
}
