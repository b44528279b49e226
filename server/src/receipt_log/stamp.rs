//! Time stamps for heads, where an authority is configured: somebody else's word for when a head was there. Nothing waits for
//! them; what fails is tried again for a month.

use super::tsp::{LARGEST, Query, Roots, TspError, check};
use crate::backoff;
use crate::outgoing::{self, OutgoingError};
use crate::store::stamps::{self, WantingRow};
use crate::store::{Db, StoreError};
use std::sync::Arc;
use std::time::Duration;
use sync_core::canonical::sha256;

/// How long heads are tried for, after they were sealed.
const MONTH_MS: i64 = 31 * 86_400_000;
/// The wait after the first failure; doubled after each further one, up to the longest.
const FIRST_MS: i64 = 60_000;
const LONGEST_MS: i64 = 4 * 3_600_000;
/// How long an authority may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longer than that: meanwhile no other server asks for the same head.
const LEASE_MS: i64 = 120_000;
/// Heads in one round.
const AT_ONCE: i64 = 4;

/// A time-stamping authority.
#[derive(Clone, Debug)]
pub struct Authority {
    url: Arc<str>,
    roots: Option<Arc<Roots>>,
    patience: Duration,
}

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamped {
    /// Heads that have a time stamp now.
    pub stamped: u32,
    /// Heads that are tried again later.
    pub failed: u32,
}

impl Authority {
    /// The authority at `url`; with `roots`, only by a certificate that leads to one of them.
    pub fn new(url: &str, roots: Option<Roots>) -> Self {
        Self { url: url.into(), roots: roots.map(Arc::new), patience: PATIENCE }
    }

    /// With less patience than usual.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Has stamped what is due, one after the other.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn stamp_due(&self, db: &Db, now_ms: i64) -> Result<Stamped, StoreError> {
        let since = now_ms.saturating_sub(MONTH_MS);
        if !stamps::is_due(&mut db.read().await?, since, now_ms).await? {
            return Ok(Stamped::default());
        }
        let mut tx = db.begin().await?;
        let wanting = stamps::claim(&mut tx, since, now_ms, now_ms.saturating_add(LEASE_MS), AT_ONCE).await?;
        tx.commit().await?;
        let mut done = Stamped::default();
        for head in wanting {
            let outcome = self.ask(&head).await;
            let mut tx = db.begin().await?;
            match outcome {
                Ok((answer, stamped_ms)) => {
                    stamps::keep(&mut tx, head.number, &answer, stamped_ms, now_ms).await?;
                    done.stamped += 1;
                }
                Err(e) => {
                    let wait = backoff::wait_ms(FIRST_MS, LONGEST_MS, head.attempts);
                    tracing::warn!(head = head.number, code = e.code(), error = %e, "a head has no time stamp yet");
                    stamps::failed(&mut tx, head.number, e.code(), now_ms.saturating_add(wait)).await?;
                    done.failed += 1;
                }
            }
            tx.commit().await?;
        }
        Ok(done)
    }

    async fn ask(&self, head: &WantingRow) -> Result<(Vec<u8>, i64), TspError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|e| TspError::Unreachable(e.to_string()))?;
        let query = Query::new(sha256(head.body.as_bytes()), random)?;
        let posted = outgoing::Post {
            url: self.url.to_string(),
            content_type: "application/timestamp-query",
            bearer: None,
            body: query.der.clone(),
            largest: LARGEST,
            patience: self.patience,
        };
        let answer = outgoing::post(posted).await.map_err(|e| match e {
            OutgoingError::Status(status) => TspError::HttpStatus(status),
            OutgoingError::TooLarge => TspError::TooLarge,
            OutgoingError::Unreachable(why) => TspError::Unreachable(why),
        })?;
        let roots = self.roots.clone();
        // Signatures are CPU work; a panic in there is an answer that does not hold.
        let checked =
            tokio::task::spawn_blocking(move || check(&answer, &query, roots.as_deref()).map(|at| (answer, at)));
        checked.await.unwrap_or_else(|e| Err(TspError::Malformed(e.to_string())))
    }
}
