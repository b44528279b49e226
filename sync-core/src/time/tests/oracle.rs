//! Random visits against a brute force that knows no intervals: one flag per engineer, kind
//! and minute.

use crate::clock::Stamp;
use crate::document::facts::TimeKind;
use crate::document::view::{TimeEntry, VisitView};
use crate::time::spans;
use crate::time::testkit::*;
use proptest::prelude::*;

/// Minutes in the simulated stretch of time, and where in real time it lies.
const MINUTES: i64 = 900;
const EPOCH_MS: i64 = 1_790_000_000_000;
const MIN: i64 = 60_000;
/// Minutes to either side of it that a wrong clock can reach: a day and a bit.
const AROUND: i64 = 2_500;
const USERS: usize = 3;

/// What one end of a timer was read from.
#[derive(Clone, Debug)]
struct Click {
    /// The true minute.
    minute: i64,
    /// Which boot of the phone it was.
    boot: i64,
    /// By how many minutes the wall clock had been set wrong.
    off: i64,
    /// Whether a server told this phone the time since it booted.
    server: bool,
}

#[derive(Clone, Debug)]
struct Scripted {
    user: usize,
    kind: TimeKind,
    superseded: bool,
    start: Click,
    ends: Vec<Click>,
    by_hand: Option<(i64, i64)>,
}

fn click() -> impl Strategy<Value = Click> {
    // Wall clocks that are wrong stay inside the simulated stretch often enough to matter, and leave it at times.
    (0..MINUTES, 0i64..3, prop_oneof![Just(0), -400i64..400, Just(1_440), Just(-1_440)], any::<bool>())
        .prop_map(|(minute, boot, off, server)| Click { minute, boot, off, server })
}

fn scripted() -> impl Strategy<Value = Scripted> {
    let minute = 0..MINUTES;
    (
        0..USERS,
        prop::sample::select(TimeKind::ALL.to_vec()),
        prop::bool::weighted(0.1),
        click(),
        prop::collection::vec(click(), 0..4),
        prop::option::weighted(0.3, (minute.clone(), minute)),
    )
        .prop_map(|(user, kind, superseded, start, ends, by_hand)| Scripted {
            user,
            kind,
            superseded,
            start,
            ends,
            by_hand,
        })
}

fn stamp(click: &Click) -> Stamp {
    // Each boot began one hour before the last one, so that its monotonic clock shows another number.
    let booted = EPOCH_MS - 60 * MIN * (1 + click.boot);
    reading(EPOCH_MS + click.minute * MIN, booted, click.off * MIN, click.server)
}

fn entry(n: usize, s: &Scripted) -> TimeEntry {
    let ends: Vec<Stamp> = s.ends.iter().map(stamp).collect();
    let mut entry = timer(100 + n as u128, s.user as u128, s.kind, stamp(&s.start), &ends);
    if let Some((from, until)) = s.by_hand {
        let at = |minute: i64| EPOCH_MS + minute * MIN;
        entry = manual(100 + n as u128, s.user as u128, s.kind, at(from), at(until));
    }
    entry.start.superseded_by = s.superseded.then(|| fact(1));
    entry
}

/// The minute at which the phone believed this click to be: true when a server told it the time.
fn believed(click: &Click) -> i64 {
    if click.server { click.minute } else { click.minute + click.off }
}

/// Whether the minute (from the stretch's beginning; may lie outside) counts for this entry.
fn counts(s: &Scripted, minute: i64) -> bool {
    if s.superseded {
        return false;
    }
    if let Some((from, until)) = s.by_hand {
        return from <= minute && minute < until;
    }
    let start = believed(&s.start);
    // It counts if it is after the start and before every end: after the first stop the timer stands.
    !s.ends.is_empty()
        && start <= minute
        && s.ends.iter().all(|end| {
            if end.boot == s.start.boot { minute - start < end.minute - s.start.minute } else { minute < believed(end) }
        })
}

/// The brute force: one flag per minute that any clock of the script can reach.
fn flags(script: &[Scripted], user: usize, kind: TimeKind) -> Vec<bool> {
    let own: Vec<&Scripted> = script.iter().filter(|s| s.user == user && s.kind == kind).collect();
    (-AROUND..MINUTES + AROUND).map(|minute| own.iter().any(|s| counts(s, minute))).collect()
}

fn minutes(flags: &[bool]) -> i64 {
    flags.iter().filter(|set| **set).count() as i64
}

fn view_of(script: &[Scripted]) -> VisitView {
    with_time(script.iter().enumerate().map(|(n, s)| entry(n, s)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn totals_are_what_counting_minutes_gives(script in prop::collection::vec(scripted(), 0..12)) {
        let all = spans(&view_of(&script));
        let totals = all.totals();
        let mut union = vec![false; (2 * AROUND + MINUTES) as usize];
        let mut people = 0;
        for user in 0..USERS {
            let breaks = flags(&script, user, TimeKind::Break);
            for kind in TimeKind::ALL.iter().copied() {
                let mut set = flags(&script, user, kind);
                if kind == TimeKind::Labour {
                    for (minute, flag) in set.iter_mut().enumerate() {
                        *flag &= !breaks[minute];
                        union[minute] |= *flag;
                    }
                    people += minutes(&set);
                }
                let ours = totals.per_engineer.get(&crate::time::testkit::user(user as u128));
                let ours = ours.and_then(|kinds| kinds.get(&kind)).copied().unwrap_or(0);
                prop_assert_eq!(ours, minutes(&set) * MIN, "user {} {}", user, kind);
            }
        }
        prop_assert_eq!(totals.labour_union_ms, minutes(&union) * MIN);
        prop_assert_eq!(totals.person_ms.get(&TimeKind::Labour).copied().unwrap_or(0), people * MIN);
        let running = script.iter().filter(|s| !s.superseded && s.by_hand.is_none() && s.ends.is_empty()).count();
        prop_assert_eq!(all.running.len(), running);
    }

    #[test]
    fn overlaps_are_the_minutes_that_two_entries_claim(script in prop::collection::vec(scripted(), 0..10)) {
        let found = spans(&view_of(&script)).overlaps();
        for user in 0..USERS {
            for minute in -AROUND..MINUTES + AROUND {
                let claims = |breaks: bool| {
                    let own = script.iter().filter(|s| s.user == user && (s.kind == TimeKind::Break) == breaks);
                    own.filter(|s| counts(s, minute)).count() > 1
                };
                let at = EPOCH_MS + minute * MIN;
                let ours = found.iter().any(|o| {
                    o.user == crate::time::testkit::user(user as u128) && o.from_ms <= at && at < o.until_ms
                });
                prop_assert_eq!(ours, claims(true) || claims(false), "user {} minute {}", user, minute);
            }
        }
    }

    #[test]
    fn order_and_repetition_change_nothing(
        script in prop::collection::vec(scripted(), 1..10),
        turn in 0usize..10,
        again in prop::collection::vec(0usize..10, 0..5),
    ) {
        let entries: Vec<TimeEntry> = script.iter().enumerate().map(|(n, s)| entry(n, s)).collect();
        let plain = spans(&with_time(entries.clone()));
        let mut mixed = entries.clone();
        mixed.extend(again.iter().filter_map(|n| entries.get(*n).cloned()));
        mixed.reverse();
        let turn = turn % mixed.len();
        mixed.rotate_left(turn);
        for entry in &mut mixed {
            entry.end.0.reverse();
            let twice = entry.end.0.first().cloned();
            entry.end.0.extend(twice);
        }
        let mixed = spans(&with_time(mixed));
        prop_assert_eq!(&mixed, &plain);
        prop_assert_eq!(mixed.totals(), plain.totals());
        prop_assert_eq!(mixed.overlaps(), plain.overlaps());
        prop_assert!(plain.spans.iter().all(|s| s.from_ms <= s.until_ms));
    }
}
