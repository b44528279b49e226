//! The tz database as far as visits need it: what every zone's clocks have done since 2010 and will do. The same text is
//! in the server and in a phone's browser, so that both cut at the same instant; jiff's own bundle has every transition
//! since 1883 and would be a tenth of what a browser loads ([ADR 20](../../../docs/adr/0020-what-a-browser-loads.md)).
//!
//! `data/zones.txt` is written from jiff's bundle by the test of this module, which also compares the two.

use jiff::civil::DateTime;
use jiff::tz::{self, Offset};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A time zone of the table. jiff would read one from a TZif file, with a checksum whose tables a browser would load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeZone(Option<Arc<Line>>);

/// A line of the table.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    /// Before the first listed transition.
    before: Offset,
    /// In the order of time.
    listed: Vec<(Timestamp, Offset)>,
    /// From the last one on.
    rule: tz::TimeZone,
}

impl TimeZone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self(None);

    /// How far the clocks are from UTC at an instant.
    pub fn to_offset(&self, at: Timestamp) -> Offset {
        let Some(line) = &self.0 else { return Offset::UTC };
        match line.listed.partition_point(|(from, _)| *from <= at) {
            all if all == line.listed.len() => line.rule.to_offset(at),
            some => {
                some.checked_sub(1).and_then(|last| line.listed.get(last)).map_or(line.before, |(_, offset)| *offset)
            }
        }
    }

    /// What the clocks show at an instant.
    pub fn to_datetime(&self, at: Timestamp) -> DateTime {
        self.to_offset(at).to_datetime(at)
    }

    /// The instant at which the clocks show this: the first of two; where they skip it, as long after the change as it is
    /// after the time that was skipped.
    ///
    /// # Errors
    /// When it lies outside the calendar.
    pub fn to_timestamp(&self, wall: DateTime) -> Result<Timestamp, jiff::Error> {
        let (before, after, both) = self.around(wall);
        if both { before.to_timestamp(wall) } else { after.to_timestamp(wall) }
    }

    /// Every instant that may be meant by what the clocks show: two where they show it twice, or skip it.
    pub fn to_timestamps(&self, wall: DateTime) -> impl Iterator<Item = Timestamp> {
        let (before, after, both) = self.around(wall);
        let first = both.then_some(before);
        first.into_iter().chain([after]).filter_map(move |offset| offset.to_timestamp(wall).ok())
    }

    /// The offsets by which these clocks may have been set, and whether it may be the first one, too.
    fn around(&self, wall: DateTime) -> (Offset, Offset, bool) {
        // No clock is a day ahead or behind, and none changes twice within two days.
        let near = |distance: SignedDuration| {
            let wall = wall.saturating_add(distance);
            self.to_offset(Offset::UTC.to_timestamp(wall).unwrap_or(if distance.is_negative() {
                Timestamp::MIN
            } else {
                Timestamp::MAX
            }))
        };
        let (before, after) = (near(SignedDuration::from_hours(-24)), near(SignedDuration::from_hours(24)));
        if before == after {
            return (before, after, false);
        }
        let holds = |offset: Offset| offset.to_timestamp(wall).is_ok_and(|at| self.to_offset(at) == offset);
        match (holds(before), holds(after)) {
            (true, false) => (before, before, false),
            (false, true) => (after, after, false),
            // Twice, or never.
            _ => (before, after, true),
        }
    }

    /// When the clocks change after an instant.
    pub fn following(&self, from: Timestamp) -> impl Iterator<Item = Timestamp> {
        let line = self.0.as_deref();
        let listed = line.map_or(&[][..], |line| &line.listed).iter().map(|(at, _)| *at);
        let last = listed.clone().next_back().map_or(from, |last| last.max(from));
        let rule = line.into_iter().flat_map(move |line| line.rule.following(last)).map(|change| change.timestamp());
        listed.filter(move |at| *at > from).chain(rule)
    }
}

/// A line for each behaviour: the rule from the last listed transition on (POSIX), the seconds east of UTC before the
/// first, the transitions (`minutes:seconds`, or `minutes:seconds+` in summer time; minutes since the transition before, and
/// since [`START_S`] for the first one), the names. Divided by `|`.
static TABLE: &str = include_str!("../../data/zones.txt");

/// The table begins at 1 January 2010, UTC; seconds since 1970.
const START_S: i64 = 1_262_304_000;

/// What was asked for so far: reading a line takes longer than judging by it.
static READ: RwLock<BTreeMap<&'static str, TimeZone>> = RwLock::new(BTreeMap::new());

/// The zone with this IANA name; names are compared without regard to case, as everywhere.
pub(super) fn zone(name: &str) -> Option<TimeZone> {
    let (line, name) = TABLE.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let names = line.rsplit('|').next()?;
        Some((line, names.split(' ').find(|n| n.eq_ignore_ascii_case(name))?))
    })?;
    if let Some(zone) = READ.read().unwrap_or_else(PoisonError::into_inner).get(name) {
        return Some(zone.clone());
    }
    let zone = TimeZone(Some(Arc::new(read(line)?)));
    READ.write().unwrap_or_else(PoisonError::into_inner).insert(name, zone.clone());
    Some(zone)
}

fn read(line: &str) -> Option<Line> {
    let mut parts = line.split('|');
    let rule = tz::TimeZone::posix(parts.next()?).ok()?;
    let offset = |text: &str| Offset::from_seconds(text.trim_end_matches('+').parse().ok()?).ok();
    let before = offset(parts.next()?)?;
    let mut listed = Vec::new();
    let mut at = START_S;
    for one in parts.next()?.split_terminator(' ') {
        let (minutes, after) = one.split_once(':')?;
        at += minutes.parse::<i64>().ok()?.checked_mul(60)?;
        listed.push((Timestamp::from_second(at).ok()?, offset(after)?));
    }
    Some(Line { before, listed, rule })
}
