//! The reference data in memory, brought up to date by feed position. Readers get an [`Arc`] of one version and keep
//! it as long as they like: a verdict is judged by one version from beginning to end.

use super::sight::{Sight, VISITED_MS, is_personal};
use crate::store::reference::{ReferenceRow, customers_of, customers_visited, delta};
use crate::store::{StoreError, Tx};
use std::sync::{Arc, PoisonError, RwLock};
use sync_core::ids::{CustomerId, UserId};
use sync_core::reference::{Record, Reference};
use tokio::sync::Mutex;
use uuid::Uuid;

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

/// What a phone gets of the reference data after a position.
#[derive(Debug)]
pub struct PhoneDelta {
    /// Records as its user may see them, in order.
    pub records: Vec<Record>,
    /// The position reached: it advances over what was left out.
    pub reached: i64,
    /// Whether there may be more after it: as many rows were read as were asked for, however many are left of them.
    pub full: bool,
}

/// Who asks, as far as it matters for what they get.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// What this process knows, for whose customers are whose.
    pub cache: &'a ReferenceCache,
    /// The phone's user.
    pub user: UserId,
    /// What time it is.
    pub now_ms: i64,
}

impl Asker<'_> {
    /// What they may see at this moment.
    ///
    /// # Errors
    /// As [`ReferenceCache::refresh`].
    pub async fn sight(&self, tx: &mut Tx) -> Result<(Sight, Arc<Reference>), StoreError> {
        let known = self.cache.refresh(tx).await?;
        let visited = customers_visited(tx, self.user.0, self.now_ms.saturating_sub(VISITED_MS)).await?;
        Ok((Sight::new(self.user, &known, visited), known))
    }
}

/// What a phone lacks after position `after`, of at most `limit` entries. See [`Sight`] for what is left out.
///
/// # Errors
/// As [`ReferenceCache::refresh`].
pub async fn delta_for_phone(tx: &mut Tx, asker: Asker<'_>, after: i64, limit: i64) -> Result<PhoneDelta, StoreError> {
    let rows = delta(tx, after, limit).await?;
    let reached = rows.last().map_or(after, |row| row.position);
    let full = i64::try_from(rows.len()).is_ok_and(|read| read >= limit);
    let records = if rows.iter().any(|row| is_personal(&row.body.0)) {
        let (sight, _) = asker.sight(tx).await?;
        sight.pick(tx, after, rows).await?
    } else {
        rows.into_iter().filter_map(|row| row.body.0.for_phone()).collect()
    };
    Ok(PhoneDelta { records, reached, full })
}

/// Contacts that the phone's user has sight of because of `visits`, which are new to the phone, and for no other reason:
/// they may lie before its cursor.
///
/// # Errors
/// As [`ReferenceCache::refresh`].
pub async fn contacts_by_visits(tx: &mut Tx, asker: Asker<'_>, visits: &[Uuid]) -> Result<Vec<Record>, StoreError> {
    let customers = customers_of(tx, visits).await?;
    if customers.is_empty() {
        return Ok(Vec::new());
    }
    let (sight, known) = asker.sight(tx).await?;
    let theirs = customers.into_iter().map(CustomerId).filter(|c| !sight.is_theirs(*c));
    let contacts = theirs.filter_map(|c| known.contacts.get(&c)).flat_map(|of| of.values());
    let contacts = contacts.filter(|c| !c.single_interface).cloned().map(Record::Contact);
    Ok(contacts.filter(|record| sight.shows(record)).filter_map(Record::for_phone).collect())
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
