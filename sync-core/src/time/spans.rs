//! What each time entry stands for, and what they come to.
//!
//! A span starts at the best estimate of its start ([`Stamp::instant_ms`]). Its length comes from the monotonic clock
//! when both ends were read in one boot, because nobody can set that clock; from the resolved wall instants otherwise.
//! Where several phones stopped one timer, the earliest end counts: it was already stopped when the others stopped it.
//! None of this depends on the order in which anything arrived.

use super::intervals::{Interval, subtract, total_ms, union};
use crate::clock::{DRIFT_TOLERANCE_MS, Stamp};
use crate::document::facts::{TimeEnd, TimeKind};
use crate::document::view::{TimeEntry, VisitView};
use crate::ids::{FactId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Why an entry's clocks cannot all be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftCause {
    /// The end lies before the start; the span counts as empty.
    EndBeforeStart,
    /// An entry made by hand ends before it begins; it counts as empty.
    ManualReversed,
    /// Within one boot, the wall clock moved by more than the tolerance further (or less far) than the monotonic one:
    /// somebody set it. The length is right all the same.
    WallJump,
}

/// A disagreement of clocks within one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Drift {
    /// The entry.
    pub entry: FactId,
    /// Whose time it is.
    pub user: UserId,
    /// What does not fit.
    pub cause: DriftCause,
    /// By how many milliseconds; the largest, where several ends disagree. Positive: the wall clock ran ahead.
    pub by_ms: i64,
}

/// A finished entry as a span of time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// From, milliseconds since 1970 UTC.
    pub from_ms: i64,
    /// Until (exclusive); never before `from_ms`.
    pub until_ms: i64,
    /// The entry.
    pub entry: FactId,
    /// Whose time.
    pub user: UserId,
    /// Labour, travel, waiting or break.
    pub kind: TimeKind,
    /// The work item it was spent on, where that is known.
    pub item: Option<FactId>,
    /// The worst disagreement of its clocks, if there is one.
    pub drift: Option<Drift>,
}

impl Span {
    /// Its interval.
    pub fn interval(&self) -> Interval {
        Interval::new(self.from_ms, self.until_ms)
    }
}

/// A timer that nobody has stopped. It counts nothing yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Running {
    /// Since when, milliseconds since 1970 UTC.
    pub from_ms: i64,
    /// The entry.
    pub entry: FactId,
    /// Whose time.
    pub user: UserId,
    /// Labour, travel, waiting or break.
    pub kind: TimeKind,
    /// The work item it is spent on, where that is known.
    pub item: Option<FactId>,
}

/// One engineer's time, recorded twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Overlap {
    /// Whose.
    pub user: UserId,
    /// What is in both entries: from, milliseconds since 1970 UTC.
    pub from_ms: i64,
    /// Until (exclusive).
    pub until_ms: i64,
    /// The entry that began first.
    pub first: FactId,
    /// The other.
    pub second: FactId,
}

/// A visit's time. Every list is sorted and free of repetitions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spans {
    /// Finished entries that count, by time.
    pub spans: Vec<Span>,
    /// Timers still running, by time.
    pub running: Vec<Running>,
    /// What does not fit, by entry.
    pub drifts: Vec<Drift>,
}

/// What a visit's time comes to, in milliseconds. Round once, at the surface: [`super::whole_seconds`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Per engineer and kind: each engineer's entries of that kind united, their breaks taken out of their labour.
    pub per_engineer: BTreeMap<UserId, BTreeMap<TimeKind, i64>>,
    /// Person-time per kind: the sum over the engineers. Two engineers working one hour side by side are two hours.
    pub person_ms: BTreeMap<TimeKind, i64>,
    /// The visit's labour: united over the engineers. The same two are one hour.
    pub labour_union_ms: i64,
}

/// The visit's live time entries as spans. Total for any view: it reads no clock and cannot fail.
pub fn spans(view: &VisitView) -> Spans {
    let mut all = Spans::default();
    for entry in view.live_time() {
        let start = &entry.start.value;
        let (id, user, kind, item) = (entry.start.id, start.user, start.kind, start.item);
        let mut drifts: BTreeMap<DriftCause, i64> = BTreeMap::new();
        let Some(Interval { from_ms, until_ms }) = resolve(entry, &mut drifts) else {
            all.running.push(Running { from_ms: start.at.instant_ms(), entry: id, user, kind, item });
            continue;
        };
        let drifts = drifts.iter().map(|(&cause, &by_ms)| Drift { entry: id, user, cause, by_ms });
        let drift = drifts.clone().max_by_key(|d| (d.by_ms.unsigned_abs(), d.cause));
        all.drifts.extend(drifts);
        all.spans.push(Span { from_ms, until_ms, entry: id, user, kind, item, drift });
    }
    all.spans.sort_unstable();
    all.spans.dedup();
    all.running.sort_unstable();
    all.running.dedup();
    all.drifts.sort_unstable();
    all.drifts.dedup();
    all
}

/// The entry's interval (`None` while it runs), and into `drifts` whatever does not fit, by its largest amount.
fn resolve(entry: &TimeEntry, drifts: &mut BTreeMap<DriftCause, i64>) -> Option<Interval> {
    let start = &entry.start.value;
    if let Some(manual) = &start.manual {
        let length = manual.until_ms.saturating_sub(manual.from_ms);
        if length < 0 {
            drifts.insert(DriftCause::ManualReversed, length);
        }
        return Some(Interval::new(manual.from_ms, manual.until_ms.max(manual.from_ms)));
    }
    let from_ms = start.at.instant_ms();
    let until_ms = entry.end.0.iter().map(|end| resolved_end(&start.at, &end.value, drifts)).min()?;
    Some(Interval::new(from_ms, until_ms))
}

/// When this end was, never before the start.
fn resolved_end(start: &Stamp, end: &TimeEnd, drifts: &mut BTreeMap<DriftCause, i64>) -> i64 {
    let from_ms = start.instant_ms();
    let length = start.ms_until(&end.at);
    if let Some(mono) = start.mono_until(&end.at) {
        let jump = end.at.wall_ms.saturating_sub(start.wall_ms).saturating_sub(mono);
        if jump.saturating_abs() > DRIFT_TOLERANCE_MS {
            keep_largest(drifts, DriftCause::WallJump, jump);
        }
    }
    if length < 0 {
        keep_largest(drifts, DriftCause::EndBeforeStart, length);
    }
    from_ms.saturating_add(length.max(0))
}

/// Keeps the amount that is furthest from zero; of two equally far, the positive one.
fn keep_largest(drifts: &mut BTreeMap<DriftCause, i64>, cause: DriftCause, by_ms: i64) {
    let kept = drifts.entry(cause).or_insert(by_ms);
    if (by_ms.unsigned_abs(), by_ms) > (kept.unsigned_abs(), *kept) {
        *kept = by_ms;
    }
}

impl Spans {
    /// One engineer's entries of one kind, united. Labour is without the engineer's breaks.
    pub fn of(&self, user: UserId, kind: TimeKind) -> Vec<Interval> {
        let own = |kind| union(self.spans.iter().filter(|s| s.user == user && s.kind == kind).map(Span::interval));
        match kind {
            TimeKind::Labour => subtract(&own(TimeKind::Labour), &own(TimeKind::Break)),
            TimeKind::Travel | TimeKind::Waiting | TimeKind::Break => own(kind),
        }
    }

    /// The labour of all engineers, united and without their breaks: no minute twice.
    pub fn labour_union(&self) -> Vec<Interval> {
        self.labour_by(|_| ()).remove(&()).unwrap_or_default()
    }

    /// The labour that is linked to each work item (under `None`: to none), united over the engineers and without
    /// their breaks.
    pub fn labour_by_item(&self) -> BTreeMap<Option<FactId>, Vec<Interval>> {
        self.labour_by(|span| span.item)
    }

    fn labour_by<K: Ord + Copy>(&self, key: impl Fn(&Span) -> K) -> BTreeMap<K, Vec<Interval>> {
        let mut breaks: BTreeMap<UserId, Vec<Interval>> = BTreeMap::new();
        let mut labour: BTreeMap<(K, UserId), Vec<Interval>> = BTreeMap::new();
        for span in &self.spans {
            match span.kind {
                TimeKind::Labour => labour.entry((key(span), span.user)).or_default().push(span.interval()),
                TimeKind::Break => breaks.entry(span.user).or_default().push(span.interval()),
                TimeKind::Travel | TimeKind::Waiting => {}
            }
        }
        breaks.values_mut().for_each(|parts| *parts = union(std::mem::take(parts)));
        let mut net: BTreeMap<K, Vec<Interval>> = BTreeMap::new();
        for ((key, user), parts) in labour {
            let breaks = breaks.get(&user).map_or(&[][..], Vec::as_slice);
            net.entry(key).or_default().extend(subtract(&union(parts), breaks));
        }
        net.values_mut().for_each(|parts| *parts = union(std::mem::take(parts)));
        net
    }

    /// What it comes to.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals { labour_union_ms: total_ms(&self.labour_union()), ..Totals::default() };
        let kinds: BTreeSet<(UserId, TimeKind)> = self.spans.iter().map(|s| (s.user, s.kind)).collect();
        for (user, kind) in kinds {
            let ms = total_ms(&self.of(user, kind));
            totals.per_engineer.entry(user).or_default().insert(kind, ms);
            let sum = totals.person_ms.entry(kind).or_default();
            *sum = sum.saturating_add(ms);
        }
        totals
    }

    /// Where entries of the same engineer overlap. A break inside another entry is no overlap: it interrupts it.
    /// At most one per entry, each with the one that reaches furthest of those that began before it, which together
    /// are all the time that was recorded more than once.
    pub fn overlaps(&self) -> Vec<Overlap> {
        let mut found = Vec::new();
        let mut reach: BTreeMap<(UserId, bool), &Span> = BTreeMap::new();
        for span in self.spans.iter().filter(|s| !s.interval().is_empty()) {
            let class = (span.user, span.kind == TimeKind::Break);
            let Some(before) = reach.get(&class).copied() else {
                reach.insert(class, span);
                continue;
            };
            if let Some(both) = before.interval().meet(&span.interval()).filter(|_| before.entry != span.entry) {
                let Interval { from_ms, until_ms } = both;
                found.push(Overlap { user: span.user, from_ms, until_ms, first: before.entry, second: span.entry });
            }
            if span.until_ms > before.until_ms {
                reach.insert(class, span);
            }
        }
        found.sort_unstable();
        found
    }
}
