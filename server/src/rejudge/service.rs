//! Asking for visits to be judged again, and how far a run is.

use crate::store::rejudge::{self, Affected, RejudgementRow};
use crate::store::verdicts::{Cause, CauseKind};
use crate::store::{Db, StoreError, Tx, audit, feed};
use jiff::civil::Date;
use serde_json::json;
use sync_core::ids::CustomerId;
use sync_core::reference::Reference;
use sync_core::time::days::{day_start_ms, zone};
use uuid::Uuid;

/// Longest reason, in characters.
pub(super) const MAX_REASON: usize = 2000;

/// Which visits somebody wants judged again.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// At this customer (id or code); everywhere when absent.
    pub customer: Option<String>,
    /// Begun on or after this day: the customer's, or where none is named any customer's.
    pub from: Option<Date>,
    /// Begun on or before this day.
    pub until: Option<Date>,
    /// Why.
    pub reason: String,
}

/// Why a wish was not taken.
#[derive(Debug, thiserror::Error)]
pub enum WishError {
    /// A reason is needed, or is too long.
    #[error("a reason of 1 to {MAX_REASON} characters is needed")]
    Reason,
    /// No such customer.
    #[error("there is no customer {0}")]
    Customer(String),
    /// The days are no range, or outside the calendar.
    #[error("the first day must not be after the last one")]
    Days,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Visits judged per minute since it began; 0 before.
    pub per_minute: i64,
    /// Seconds until it is done, if it goes on like this; `None` before anything is known.
    pub remaining_s: Option<i64>,
}

/// How fast a run is at `now_ms`.
pub fn progress(row: &RejudgementRow, now_ms: i64) -> Progress {
    let Some(started) = row.started_ms else { return Progress { per_minute: 0, remaining_s: None } };
    let ms = row.finished_ms.unwrap_or(now_ms).saturating_sub(started).max(1);
    let left = row.total.saturating_sub(row.done).max(0);
    let remaining_s = match (left, row.done) {
        (0, _) => Some(0),
        (_, 0) => None,
        (left, done) => Some(left.saturating_mul(ms) / done / 1000 + 1),
    };
    Progress { per_minute: row.done.saturating_mul(60_000) / ms, remaining_s }
}

/// Reads a wish: which visits, and the cause to be written down.
///
/// # Errors
/// See [`WishError`].
pub fn wish(wish: &Wish, known: &Reference, by: Option<Uuid>) -> Result<(Affected, Cause), WishError> {
    let reason = wish.reason.trim();
    if reason.is_empty() || reason.chars().count() > MAX_REASON || reason.contains('\0') {
        return Err(WishError::Reason);
    }
    let customer = match &wish.customer {
        None => None,
        Some(name) => {
            let id = name.parse::<CustomerId>().ok().and_then(|id| known.customers.get(&id));
            let found = id.or_else(|| known.customers.values().find(|c| c.code == *name));
            Some(found.ok_or_else(|| WishError::Customer(name.clone()))?)
        }
    };
    if wish.from.zip(wish.until).is_some_and(|(from, until)| from > until) {
        return Err(WishError::Days);
    }
    // Where no customer is named: wherever it may be that day.
    let (west, east) = (12 * 3_600_000, 14 * 3_600_000);
    let place = customer.map_or("UTC", |c| c.time_zone.as_str());
    let zone = zone(place).map_err(|_| WishError::Days)?;
    let start = |day: Date| day_start_ms(day, &zone).map_err(|_| WishError::Days);
    let mut from = wish.from.map(start).transpose()?;
    let next = wish.until.map(|day| day.tomorrow().map_err(|_| WishError::Days)).transpose()?;
    let mut until = next.map(start).transpose()?;
    if customer.is_none() {
        (from, until) = (from.map(|ms| ms - east), until.map(|ms| ms + west));
    }
    let cause = Cause { kind: CauseKind::Manual, user: by, reason: Some(reason.to_owned()), ..Cause::default() };
    Ok((Affected::Began(customer.map(|c| c.id.0), from, until), cause))
}

/// Puts what was wished for into the queue, with an audit entry. Returns the run, which is finished at once when there
/// are no such visits.
///
/// # Errors
/// When the database refuses.
pub async fn ask(db: &Db, which: Affected, cause: Cause, now_ms: i64) -> Result<RejudgementRow, StoreError> {
    let mut tx: Tx = db.begin().await?;
    // The feed's lock: see store/rejudge.rs.
    feed::take_positions(&mut tx, 0).await?;
    let id = match rejudge::enqueue(&mut tx, &cause, &[(which, cause.clone())], now_ms).await? {
        Some((id, _)) => id,
        None => rejudge::empty(&mut tx, &cause, now_ms).await?,
    };
    let detail = json!({ "reason": cause.reason });
    audit::add(&mut tx, now_ms, cause.user, "rejudgement.asked", &format!("rejudgement/{id}"), detail).await?;
    let row = rejudge::by_id(&mut tx, id).await?;
    tx.commit().await?;
    row.ok_or(StoreError::Sqlx(sqlx::Error::RowNotFound))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::types::Json;

    fn row(total: i64, done: i64, started_ms: Option<i64>, finished_ms: Option<i64>) -> RejudgementRow {
        RejudgementRow {
            id: Uuid::nil(),
            cause: Json(Cause::default()),
            by_user: None,
            created_ms: 0,
            started_ms,
            finished_ms,
            total,
            done,
            changed: 0,
        }
    }

    #[test]
    fn the_rate_tells_how_long_it_takes() {
        let at = |row: RejudgementRow| {
            let p = progress(&row, 60_000);
            (p.per_minute, p.remaining_s)
        };
        assert_eq!(at(row(100, 0, None, None)), (0, None));
        assert_eq!(at(row(100, 0, Some(60_000), None)), (0, None));
        assert_eq!(at(row(100, 25, Some(30_000), None)), (50, Some(91)));
        assert_eq!(at(row(100, 100, Some(0), Some(30_000))), (200, Some(0)));
    }

    #[test]
    fn a_wish_needs_a_reason_and_a_range() {
        let day = |d: i8| jiff::civil::date(2026, 11, d);
        let known = Reference::default();
        let base = Wish { reason: " 合同补录 ".into(), ..Wish::default() };
        let ask = |w: Wish| wish(&w, &known, None);
        assert!(matches!(ask(Wish { reason: " ".into(), ..base.clone() }), Err(WishError::Reason)));
        assert!(matches!(ask(Wish { customer: Some("H9".into()), ..base.clone() }), Err(WishError::Customer(_))));
        let backwards = Wish { from: Some(day(2)), until: Some(day(1)), ..base.clone() };
        assert!(matches!(ask(backwards), Err(WishError::Days)));
        let (which, cause) = ask(Wish { from: Some(day(23)), until: Some(day(23)), ..base }).unwrap();
        // 2026-11-23 somewhere: from 10:00 UTC of the day before to noon of the day after.
        assert_eq!(which, Affected::Began(None, Some(1_795_341_600_000), Some(1_795_521_600_000)));
        assert_eq!(cause.reason.as_deref(), Some("合同补录"));
    }
}
