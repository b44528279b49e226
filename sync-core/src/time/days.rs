//! A customer's local days.
//!
//! Zones come from our own table of the tz database (`zones`), never from the host, so that a phone and the server cut at
//! the same instant. A day begins at the first instant that carries its date: where the clocks go forward
//! over midnight that is later than 00:00, and where they go back over it, the repeated minutes stay with the day that
//! has already begun. Days are therefore 23 to 25 hours long around such a change, and one may be missing altogether
//! (Apia had no 30 December 2011).

use jiff::{Timestamp, civil::Date};
use std::collections::BTreeSet;

pub use super::zones::TimeZone;

/// Most days that [`split_days`] cuts a span into: about ten years, far beyond any visit, so that a phone with a mad
/// clock cannot make us fill the memory.
pub const MAX_DAYS: usize = 3_660;

/// Why a span could not be cut.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DaysError {
    /// The zone is not in the tz database.
    #[error("unknown time zone: {0}")]
    UnknownZone(String),
    /// The instant lies outside the calendar (the years -9999 to 9999).
    #[error("the instant is outside the calendar")]
    OutOfRange,
    /// The span has more than [`MAX_DAYS`] days.
    #[error("the span is longer than {MAX_DAYS} days")]
    TooLong,
}

/// The part of a span that lies in one local day (or in several, when it was not cut at every midnight).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DayPart {
    /// The local date on which it begins.
    pub day: Date,
    /// From, milliseconds since 1970 UTC.
    pub from_ms: i64,
    /// Until (exclusive).
    pub until_ms: i64,
}

/// The zone with this IANA name.
///
/// # Errors
/// [`DaysError::UnknownZone`].
pub fn zone(name: &str) -> Result<TimeZone, DaysError> {
    super::zones::zone(name).ok_or_else(|| DaysError::UnknownZone(name.to_owned()))
}

/// The first instant of `day` in `zone`, in milliseconds since 1970 UTC.
///
/// # Errors
/// [`DaysError::OutOfRange`].
pub fn day_start_ms(day: Date, zone: &TimeZone) -> Result<i64, DaysError> {
    let start = zone.to_timestamp(day.at(0, 0, 0, 0)).map_err(|_| DaysError::OutOfRange)?;
    Ok(start.as_millisecond())
}

/// The local day that holds this instant.
///
/// # Errors
/// [`DaysError::OutOfRange`].
pub fn day_of(instant_ms: i64, zone: &TimeZone) -> Result<Date, DaysError> {
    let at = Timestamp::from_millisecond(instant_ms).map_err(|_| DaysError::OutOfRange)?;
    let date = zone.to_datetime(at).date();
    match date.tomorrow() {
        // The clocks went back over midnight: the next day has already begun.
        Ok(next) if day_start_ms(next, zone)? <= instant_ms => Ok(next),
        _ => Ok(date),
    }
}

/// Cuts `[from_ms, until_ms)` at every local midnight. Nothing for an empty span.
///
/// # Errors
/// See [`DaysError`].
pub fn split_days(from_ms: i64, until_ms: i64, zone_name: &str) -> Result<Vec<DayPart>, DaysError> {
    let zone = zone(zone_name)?;
    let mut parts = Vec::new();
    let mut at = from_ms;
    while at < until_ms {
        if parts.len() == MAX_DAYS {
            return Err(DaysError::TooLong);
        }
        let day = day_of(at, &zone)?;
        let until = next_start(day, at, &zone)?.min(until_ms);
        parts.push(DayPart { day, from_ms: at, until_ms: until });
        at = until;
    }
    Ok(parts)
}

/// When the day after `day` begins; the one after that, where the calendar skips it.
fn next_start(day: Date, after_ms: i64, zone: &TimeZone) -> Result<i64, DaysError> {
    let mut next = day;
    loop {
        next = next.tomorrow().map_err(|_| DaysError::OutOfRange)?;
        let start = day_start_ms(next, zone)?;
        if start > after_ms {
            return Ok(start);
        }
    }
}

/// Cuts `[from_ms, until_ms)` at the beginnings of the days in `cuts` only: as good as cutting at every midnight for a
/// question whose answer changes on those days alone, and bounded by their number. Nothing for an empty span.
///
/// # Errors
/// [`DaysError::OutOfRange`], also when only a part of the span is out of range.
pub fn split_at(
    from_ms: i64,
    until_ms: i64,
    zone: &TimeZone,
    cuts: &BTreeSet<Date>,
) -> Result<Vec<DayPart>, DaysError> {
    if from_ms >= until_ms {
        return Ok(Vec::new());
    }
    let (first, last) = (day_of(from_ms, zone)?, day_of(until_ms, zone)?);
    let mut bounds = vec![from_ms];
    for day in cuts.range(first..=last) {
        let start = day_start_ms(*day, zone)?;
        if start > from_ms && start < until_ms && bounds.last() != Some(&start) {
            bounds.push(start);
        }
    }
    bounds.push(until_ms);
    let parts = bounds.windows(2).filter_map(|w| Some((*w.first()?, *w.last()?)));
    parts.map(|(from_ms, until_ms)| Ok(DayPart { day: day_of(from_ms, zone)?, from_ms, until_ms })).collect()
}
