//! Hand-written cases, and random ones against a brute force.

mod days;
mod oracle;
mod zones;

use super::intervals::{intersect, subtract, total_ms, union};
use super::testkit::*;
use super::*;
use crate::document::facts::TimeKind::{Break, Labour, Travel, Waiting};
use crate::document::facts::{ManualSpan, TimeEnd};

const MIN: i64 = 60_000;

fn one(entry: crate::document::view::TimeEntry) -> Span {
    let all = spans(&with_time(vec![entry]));
    assert_eq!(all.spans.len(), 1);
    all.spans.into_iter().next().unwrap()
}

#[test]
fn a_timer_lasts_what_the_monotonic_clock_says_however_the_wall_clock_is_set() {
    for off in [-3 * 24 * 60 * MIN, -MIN, 0, MIN, 90 * MIN] {
        let span = one(timer(1, 1, Labour, reading(100 * MIN, 1, 0, false), &[reading(160 * MIN, 1, off, false)]));
        assert_eq!((span.from_ms, span.until_ms), (100 * MIN, 160 * MIN), "off by {off}");
        let jumped = off.abs() > crate::clock::DRIFT_TOLERANCE_MS;
        assert_eq!(span.drift.map(|d| (d.cause, d.by_ms)), jumped.then_some((DriftCause::WallJump, off)));
    }
}

#[test]
fn across_a_reboot_the_wall_instants_count_and_never_below_zero() {
    let start = reading(100 * MIN, 1, 0, false);
    let span = one(timer(1, 1, Labour, start, &[reading(160 * MIN, 2, 0, false)]));
    assert_eq!((span.until_ms, span.drift), (160 * MIN, None));
    let span = one(timer(1, 1, Labour, start, &[reading(160 * MIN, 2, -90 * MIN, false)]));
    assert_eq!((span.from_ms, span.until_ms), (100 * MIN, 100 * MIN));
    assert_eq!(span.drift.map(|d| (d.cause, d.by_ms)), Some((DriftCause::EndBeforeStart, -30 * MIN)));
    // Where the rebooted phone has seen a server since, its wall clock does not matter any more.
    let span = one(timer(1, 1, Labour, start, &[reading(160 * MIN, 2, -90 * MIN, true)]));
    assert_eq!(span.until_ms, 160 * MIN);
}

#[test]
fn a_monotonic_clock_that_runs_back_counts_nothing_and_is_reported() {
    let span = one(timer(1, 1, Labour, wall(50 * MIN), &[wall(40 * MIN)]));
    assert_eq!((span.from_ms, span.until_ms), (50 * MIN, 50 * MIN));
    assert_eq!(span.drift.map(|d| d.cause), Some(DriftCause::EndBeforeStart));
}

#[test]
fn of_several_ends_the_earliest_counts_in_any_order() {
    let start = reading(100 * MIN, 1, 0, false);
    let mut ends = vec![reading(170 * MIN, 9, 0, true), reading(130 * MIN, 1, 500 * MIN, false), wall(140 * MIN)];
    for _ in 0..3 {
        ends.rotate_left(1);
        let span = one(timer(1, 1, Labour, start, &ends));
        assert_eq!(span.until_ms, 130 * MIN);
    }
}

#[test]
fn running_and_superseded_entries_count_nothing() {
    let mut old = manual(1, 1, Labour, 0, 60 * MIN);
    old.start.superseded_by = Some(fact(2));
    let mut old_running = timer(4, 1, Labour, wall(0), &[]);
    old_running.start.superseded_by = Some(fact(2));
    let all = spans(&with_time(vec![
        old,
        manual(2, 1, Labour, 0, 10 * MIN),
        timer(3, 1, Labour, wall(5 * MIN), &[]),
        old_running,
    ]));
    assert_eq!(all.totals().labour_union_ms, 10 * MIN);
    assert_eq!(all.running.iter().map(|r| (r.entry, r.from_ms)).collect::<Vec<_>>(), vec![(fact(3), 5 * MIN)]);
}

#[test]
fn a_manual_entry_is_never_running_and_never_negative() {
    let span = one(manual(1, 1, Labour, 30 * MIN, 20 * MIN));
    assert_eq!((span.from_ms, span.until_ms), (30 * MIN, 30 * MIN));
    assert_eq!(span.drift.map(|d| (d.cause, d.by_ms)), Some((DriftCause::ManualReversed, -10 * MIN)));
    // An end beside it changes nothing: what was written by hand is what counts.
    let mut entry = manual(1, 1, Labour, 30 * MIN, 40 * MIN);
    entry.end.0.push(written(1, TimeEnd { at: wall(31 * MIN), by: user(1) }));
    assert_eq!(one(entry).until_ms, 40 * MIN);
}

#[test]
fn breaks_are_taken_out_of_that_engineers_labour_only() {
    let all = spans(&with_time(vec![
        manual(1, 1, Labour, 0, 60 * MIN),
        manual(2, 1, Break, 20 * MIN, 30 * MIN),
        manual(3, 1, Break, 25 * MIN, 40 * MIN),
        manual(4, 2, Labour, 30 * MIN, 50 * MIN),
        manual(5, 2, Travel, 0, 30 * MIN),
        manual(6, 1, Travel, 15 * MIN, 25 * MIN),
    ]));
    let totals = all.totals();
    assert_eq!(totals.per_engineer[&user(1)][&Labour], 40 * MIN);
    assert_eq!(totals.per_engineer[&user(1)][&Break], 20 * MIN);
    assert_eq!(totals.per_engineer[&user(1)][&Travel], 10 * MIN);
    assert_eq!(totals.per_engineer[&user(2)][&Labour], 20 * MIN);
    assert_eq!(totals.person_ms[&Labour], 60 * MIN);
    assert_eq!(totals.person_ms[&Travel], 40 * MIN);
    // [0,20) and [30,60): the second engineer worked through the first one's break.
    assert_eq!(totals.labour_union_ms, 50 * MIN);
    assert_eq!(all.labour_union(), vec![Interval::new(0, 20 * MIN), Interval::new(30 * MIN, 60 * MIN)]);
}

#[test]
fn overlaps_are_of_one_engineer_and_breaks_do_not_count_as_such() {
    let all = spans(&with_time(vec![
        manual(1, 1, Labour, 0, 60 * MIN),
        manual(2, 1, Travel, 50 * MIN, 70 * MIN),
        manual(3, 1, Break, 10 * MIN, 20 * MIN),
        manual(4, 2, Labour, 0, 60 * MIN),
        manual(5, 1, Waiting, 70 * MIN, 80 * MIN),
        manual(6, 1, Labour, 30 * MIN, 30 * MIN),
        manual(7, 1, Break, 19 * MIN, 21 * MIN),
    ]));
    let found: Vec<_> = all.overlaps().iter().map(|o| (o.first, o.second, o.from_ms, o.until_ms)).collect();
    assert_eq!(found, vec![(fact(3), fact(7), 19 * MIN, 20 * MIN), (fact(1), fact(2), 50 * MIN, 60 * MIN)]);
}

#[test]
fn sums_are_rounded_once_and_at_the_end() {
    let all = spans(&with_time(vec![manual(1, 1, Labour, 0, 1_500), manual(2, 1, Labour, 10_000, 11_500)]));
    assert_eq!(whole_seconds(all.totals().labour_union_ms), 3);
    assert_eq!(whole_seconds(1_999), 1);
}

#[test]
fn clocks_at_the_ends_of_the_number_line_do_no_harm() {
    let ends = [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX];
    for from in ends {
        for until in ends {
            let all = spans(&with_time(vec![
                manual(1, 1, Labour, from, until),
                manual(2, 1, Labour, until, from),
                timer(3, 1, Labour, wall(from), &[wall(until)]),
                timer(4, 2, Break, reading(0, 0, 0, true), &[wall(until)]),
            ]));
            assert!(all.spans.iter().all(|s| s.until_ms >= s.from_ms));
            assert!(all.totals().labour_union_ms >= 0);
            all.overlaps();
        }
    }
    let entry = manual(1, 1, Labour, 0, 1);
    assert_eq!(entry.start.value.manual, Some(ManualSpan { from_ms: 0, until_ms: 1 }));
}

#[test]
fn sets_of_intervals() {
    let i = Interval::new;
    let a = union([i(10, 20), i(0, 5), i(5, 7), i(30, 30), i(18, 25)]);
    assert_eq!(a, vec![i(0, 7), i(10, 25)]);
    assert_eq!(total_ms(&a), 22);
    assert_eq!(subtract(&a, &[i(3, 12), i(14, 15), i(24, 40)]), vec![i(0, 3), i(12, 14), i(15, 24)]);
    assert_eq!(intersect(&a, &[i(3, 12), i(14, 15), i(24, 40)]), vec![i(3, 7), i(10, 12), i(14, 15), i(24, 25)]);
    assert_eq!(subtract(&a, &[]), a);
    assert_eq!(subtract(&[], &a), vec![]);
}
