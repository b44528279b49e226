//! The reference data in memory, brought up to date by feed position. Readers get an [`Arc`] of one version and keep
//! it as long as they like: a verdict is judged by one version from beginning to end.

use crate::store::reference::{ReferenceRow, delta};
use crate::store::{StoreError, Tx};
use std::sync::{Arc, PoisonError, RwLock};
use sync_core::reference::{Record, Reference};
use tokio::sync::Mutex;

/// Entries read at once.
const PAGE: i64 = 2000;

/// The newest version that this process knows of.
#[derive(Clone, Debug, Default)]
pub struct ReferenceCache {
    current: Arc<RwLock<Arc<Reference>>>,
    refreshing: Arc<Mutex<()>>,
}

impl ReferenceCache {
    /// The newest version known, without asking the database.
    pub fn get(&self) -> Arc<Reference> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes in what was committed since, and returns the result. One short query when nothing was.
    ///
    /// `tx` must not have written reference data itself: the cache would learn what may yet be rolled back.
    ///
    /// # Errors
    /// When the database refuses, or holds an entry that this version cannot read.
    pub async fn refresh(&self, tx: &mut Tx) -> Result<Arc<Reference>, StoreError> {
        let _turn = self.refreshing.lock().await;
        let known = self.get();
        let mut rows = delta(tx, position(&known), PAGE).await?;
        if rows.is_empty() {
            return Ok(known);
        }
        let mut next = (*known).clone();
        while !rows.is_empty() {
            let full = rows.len() == usize::try_from(PAGE).unwrap_or(usize::MAX);
            take_in(&mut next, rows);
            rows = if full { delta(tx, position(&next), PAGE).await? } else { Vec::new() };
        }
        let next = Arc::new(next);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next.clone();
        Ok(next)
    }
}

/// All of it, read afresh.
///
/// # Errors
/// As [`ReferenceCache::refresh`].
pub async fn load(tx: &mut Tx) -> Result<Reference, StoreError> {
    Ok((*ReferenceCache::default().refresh(tx).await?).clone())
}

/// What a phone lacks after position `after`: its entries as a phone may see them, in order, at most `limit`, and the
/// position reached.
///
/// # Errors
/// As [`ReferenceCache::refresh`].
pub async fn delta_for_phone(tx: &mut Tx, after: i64, limit: i64) -> Result<(Vec<Record>, i64), StoreError> {
    let rows = delta(tx, after, limit).await?;
    let reached = rows.last().map_or(after, |row| row.position);
    Ok((rows.into_iter().filter_map(|row| row.body.0.for_phone()).collect(), reached))
}

fn position(reference: &Reference) -> i64 {
    i64::try_from(reference.version).unwrap_or(i64::MAX)
}

fn take_in(reference: &mut Reference, rows: Vec<ReferenceRow>) {
    for row in rows {
        reference.version = u64::try_from(row.position).unwrap_or(reference.version);
        reference.put(row.body.0);
    }
}
