//! Flags about clocks that disagree and time that was recorded twice.

use super::case::Case;
use super::flags::flag;
use super::names::{hms, person};
use super::verdict::*;
use crate::clock::{DRIFT_TOLERANCE_MS, Stamp};
use crate::document::facts::{CustomerRef, TimeKind};
use crate::ids::{UserId, VisitId};
use crate::message::Message;
use crate::time::intervals::{intersect, total_ms, union};
use crate::time::{DriftCause, Interval, Span};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Overlaps below this are not worth a flag: time is shown in whole seconds (milliseconds).
const WORTH_SAYING_MS: i64 = 1000;

pub(super) fn all(case: &Case<'_>) -> Vec<Flag> {
    let mut found = drifts(case);
    found.extend(overlaps(case));
    found.extend(duplicates(case));
    found
}

/// Every stamp in the visit with the person whose phone read it; superseded facts' too, since a clock that was wrong
/// for them was wrong.
fn stamps<'a>(case: &Case<'a>) -> Vec<(Stamp, Option<UserId>)> {
    let view = case.view;
    let mut all: Vec<(Stamp, Option<UserId>)> = Vec::new();
    all.extend(view.origins.iter().map(|f| (f.value.at, Some(f.value.by))));
    all.extend(view.crew.iter().map(|f| (f.value.at, Some(f.value.user))));
    all.extend(view.items.iter().filter_map(|i| Some((i.at?, i.by))));
    all.extend(view.expenses.iter().filter_map(|e| Some((e.at?, e.by))));
    all.extend(view.time.iter().map(|t| (t.start.value.at, Some(t.start.value.user))));
    all.extend(view.time.iter().flat_map(|t| t.end.0.iter().map(|e| (e.value.at, Some(e.value.by)))));
    all.extend(view.objections.iter().map(|f| (f.value.at, Some(f.value.by))));
    all.extend(view.notes.iter().map(|f| (f.value.at, Some(f.value.by))));
    all.extend(view.photos.iter().map(|f| (f.value.at, Some(f.value.by))));
    all.extend(view.sign_offs.iter().map(|f| (f.value.at, Some(f.value.by))));
    all
}

/// What one boot of one phone showed.
#[derive(Default)]
struct Boot {
    user: Option<UserId>,
    /// Furthest from the server's clock.
    off_ms: i64,
    /// Smallest and largest distance of the wall clock from the monotonic one. They stay equal unless somebody sets it.
    apart: Option<(i64, i64)>,
}

/// `clock_drift`: per boot, the furthest that the wall clock was from the server's, and how far it was set within the
/// boot; per entry, spans that end before they begin.
fn drifts(case: &Case<'_>) -> Vec<Flag> {
    let mut boots: BTreeMap<Uuid, Boot> = BTreeMap::new();
    for (at, user) in stamps(case) {
        let boot = boots.entry(at.boot).or_default();
        // Whose phone it was, whatever the order of the stamps.
        boot.user = boot.user.into_iter().chain(user).min();
        let off = at.wall_drift_ms().unwrap_or(0);
        if (off.unsigned_abs(), off) > (boot.off_ms.unsigned_abs(), boot.off_ms) {
            boot.off_ms = off;
        }
        let apart = at.wall_ms.saturating_sub(at.mono_ms);
        boot.apart = Some(boot.apart.map_or((apart, apart), |(low, high)| (low.min(apart), high.max(apart))));
    }
    let mut found = Vec::new();
    let mut say = |id: &str, user: Option<UserId>, by_ms: i64| {
        let who = user.map(|user| person(user, case.view, case.reference)).unwrap_or_default();
        let message = Message::new(id).with("who", who).with("time", hms(by_ms.saturating_abs()));
        found.push(flag(FlagCode::ClockDrift, message));
    };
    for boot in boots.into_values() {
        if boot.off_ms > DRIFT_TOLERANCE_MS {
            say("flag-clock_drift-ahead", boot.user, boot.off_ms);
        } else if boot.off_ms < -DRIFT_TOLERANCE_MS {
            say("flag-clock_drift-behind", boot.user, boot.off_ms);
        }
        let moved = boot.apart.map_or(0, |(low, high)| high.saturating_sub(low));
        if moved > DRIFT_TOLERANCE_MS {
            say("flag-clock_drift-set", boot.user, moved);
        }
    }
    for drift in &case.spans.drifts {
        match drift.cause {
            DriftCause::EndBeforeStart => say("flag-clock_drift-backwards", Some(drift.user), drift.by_ms),
            DriftCause::ManualReversed => say("flag-clock_drift-reversed", Some(drift.user), drift.by_ms),
            // Said above: both stamps are of one boot.
            DriftCause::WallJump => {}
        }
    }
    found
}

/// Per engineer, finished entries without breaks, united.
fn presence(case: &Case<'_>) -> BTreeMap<UserId, Vec<Interval>> {
    let mut parts: BTreeMap<UserId, Vec<Interval>> = BTreeMap::new();
    for span in case.spans.spans.iter().filter(|s| s.kind != TimeKind::Break) {
        parts.entry(span.user).or_default().push(Span::interval(span));
    }
    parts.into_iter().map(|(user, parts)| (user, union(parts))).collect()
}

/// Neighbours that are truly other visits.
pub(super) fn neighbours<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Neighbour> {
    let own = case.view.visit;
    case.evidence.neighbours.iter().filter(move |n| Some(n.visit) != own)
}

/// `overlapping_time`: per engineer what stands twice in this visit, and per other visit what stands in both.
fn overlaps(case: &Case<'_>) -> Vec<Flag> {
    let mut twice: BTreeMap<(UserId, Option<VisitId>), Vec<Interval>> = BTreeMap::new();
    for overlap in case.spans.overlaps() {
        let both = Interval::new(overlap.from_ms, overlap.until_ms);
        twice.entry((overlap.user, None)).or_default().push(both);
    }
    let presence = presence(case);
    let mut elsewhere: BTreeMap<(UserId, VisitId), Vec<Interval>> = BTreeMap::new();
    // A break interrupts what it lies in, there as here: it is no time that could stand twice.
    for n in neighbours(case).filter(|n| n.kind != TimeKind::Break) {
        let Some(here) = presence.get(&n.user) else { continue };
        let both = intersect(here, &[Interval::new(n.from_ms, n.until_ms)]);
        if !both.is_empty() {
            elsewhere.entry((n.user, n.visit)).or_default().extend(both);
        }
    }
    twice.extend(elsewhere.into_iter().map(|((user, visit), both)| ((user, Some(visit)), both)));
    let twice = twice.into_iter().map(|(key, parts)| (key, total_ms(&union(parts))));
    let twice = twice.filter(|(_, ms)| *ms >= WORTH_SAYING_MS);
    twice
        .map(|((user, visit), ms)| {
            let who = person(user, case.view, case.reference);
            let message = match visit {
                None => Message::new("flag-overlapping_time"),
                Some(visit) => Message::new("flag-overlapping_time-elsewhere").with("visit", visit.to_string()),
            };
            flag(FlagCode::OverlappingTime, message.with("who", who).with("time", hms(ms)))
        })
        .collect()
}

/// `possible_duplicate`: another visit at this customer at the same time by another engineer, or on the same order.
fn duplicates(case: &Case<'_>) -> BTreeSet<Flag> {
    let here = case.origins.iter().filter_map(|o| match &o.value.customer {
        CustomerRef::Listed(id) => Some(*id),
        CustomerRef::Unlisted(_) => None,
    });
    let here: BTreeSet<_> = here.collect();
    let orders: BTreeSet<_> = case.origins.iter().filter_map(|o| o.value.work_order).collect();
    let presence = presence(case);
    let mut found = BTreeSet::new();
    for n in neighbours(case) {
        if let Some(order) = n.work_order.filter(|order| orders.contains(order)) {
            let code = case.reference.work_orders.get(&order).map_or_else(|| order.to_string(), |o| o.code.clone());
            let message = Message::new("flag-possible_duplicate-order").with("visit", n.visit.to_string());
            found.insert(flag(FlagCode::PossibleDuplicate, message.with("order", code)));
        }
        let theirs = [Interval::new(n.from_ms, n.until_ms)];
        let mut others = presence.iter().filter(|(user, _)| **user != n.user);
        let there = n.kind != TimeKind::Break;
        if there
            && n.customer.is_some_and(|c| here.contains(&c))
            && others.any(|(_, own)| !intersect(own, &theirs).is_empty())
        {
            let who = person(n.user, case.view, case.reference);
            let message = Message::new("flag-possible_duplicate-time").with("visit", n.visit.to_string());
            found.insert(flag(FlagCode::PossibleDuplicate, message.with("who", who)));
        }
    }
    found
}
