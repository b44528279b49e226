//! Service hours in the customer's local time: where an answer can change within a day, and what holds at an instant.
//!
//! A window is read off the wall clock. Where the clocks go forward over its beginning it begins with the first minute
//! that there is; where they go back into it, it is longer. Which day it is, and so which windows hold, is what
//! [`days`] says.

use crate::reference::{DAY_MINUTES, DayKind, ServiceHours, Window};
use crate::time::days::{self, DayPart, TimeZone};
use jiff::{Timestamp, civil::Date};
use std::collections::BTreeSet;

/// Whether these hours leave anything out.
pub(super) fn restricts(hours: &ServiceHours) -> bool {
    let whole = |windows: &[Window]| {
        let mut sorted = windows.to_vec();
        sorted.sort_unstable();
        sorted.iter().fold(0, |end, w| if w.from() <= end { end.max(w.until()) } else { end }) == DAY_MINUTES
    };
    ![&hours.workdays, &hours.rest_days, &hours.holidays].into_iter().all(|windows| whole(windows))
}

/// The windows of a day; `None` where they depend on the kind of day, and that is not known.
pub(super) fn windows(hours: &ServiceHours, kind: Option<DayKind>) -> Option<&[Window]> {
    if hours.same_every_day() { Some(&hours.workdays) } else { kind.map(|kind| hours.on(kind)) }
}

/// An instant as the customer's clock and calendar show it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Local {
    pub(super) day: Date,
    /// `None` where no calendar knows.
    pub(super) kind: Option<DayKind>,
    /// Since midnight, by the wall clock.
    minute: u16,
}

impl Local {
    /// `None` outside the calendar.
    pub(super) fn at(at_ms: i64, day: Date, kind: Option<DayKind>, zone: &TimeZone) -> Option<Self> {
        let wall = zone.to_datetime(Timestamp::from_millisecond(at_ms).ok()?);
        let minute = u16::try_from(wall.hour()).ok()? * 60 + u16::try_from(wall.minute()).ok()?;
        Some(Self { day, kind, minute })
    }

    /// Whether these hours hold then; `None` when that is not known.
    pub(super) fn within(&self, hours: &ServiceHours) -> Option<bool> {
        let inside = |w: &Window| w.from() <= self.minute && self.minute < w.until();
        windows(hours, self.kind).map(|windows| windows.iter().any(inside))
    }
}

/// Cuts a part at every midnight and wherever one of these hours may begin or end. `None` when that would be more than
/// `most` parts or lies outside the calendar.
pub(super) fn cut(
    part: DayPart,
    hours: &[&ServiceHours],
    kind_of: &dyn Fn(Date) -> Option<DayKind>,
    zone: &TimeZone,
    most: usize,
) -> Option<Vec<DayPart>> {
    let (first, last) = (part.day, days::day_of(part.until_ms, zone).ok()?);
    let long = usize::try_from(first.until(last).ok()?.get_days()).ok()?;
    if long >= most.min(days::MAX_DAYS) {
        return None;
    }
    let mut cuts: BTreeSet<i64> = BTreeSet::new();
    let mut day = first;
    while day <= last {
        let start = days::day_start_ms(day, zone).ok()?;
        let next = day.tomorrow().ok()?;
        cuts.insert(start);
        // The clocks change seldom at a window's edge, but then the wall clock leaves or enters it.
        let from = Timestamp::from_millisecond(start).ok()?;
        let end = Timestamp::from_millisecond(days::day_start_ms(next, zone).ok()?).ok()?;
        cuts.extend(zone.following(from).take_while(|at| *at < end).map(|at| at.as_millisecond()));
        for window in hours.iter().filter_map(|h| windows(h, kind_of(day))).flatten() {
            for minute in [window.from(), window.until()].into_iter().filter(|m| *m < DAY_MINUTES) {
                let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
                cuts.extend(zone.to_timestamps(day.at(hour, minute, 0, 0)).map(|at| at.as_millisecond()));
            }
        }
        if cuts.len() > most {
            return None;
        }
        day = next;
    }
    at(part, cuts.into_iter(), zone)
}

/// The part, cut at these instants, which come in order.
pub(super) fn at(part: DayPart, cuts: impl Iterator<Item = i64>, zone: &TimeZone) -> Option<Vec<DayPart>> {
    let inside = cuts.filter(|at| part.from_ms < *at && *at < part.until_ms);
    let mut parts = vec![part];
    for at in inside {
        let day = days::day_of(at, zone).ok()?;
        if let Some(last) = parts.last_mut() {
            last.until_ms = at;
        }
        parts.push(DayPart { day, from_ms: at, until_ms: part.until_ms });
    }
    Some(parts)
}
