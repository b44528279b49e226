//! What holds for every visit, fee and margin.

use super::kit::*;
use crate::coverage::Evidence;
use crate::document::facts::*;
use crate::document::view::VisitView;
use crate::ids::UserId;
use crate::money::*;
use crate::reference::{Record, Reference};
use crate::time::intervals::{subtract, total_ms, union};
use crate::time::{Interval, spans};
use jiff::ToSpan as _;
use proptest::prelude::*;
use std::collections::BTreeMap;

const CATEGORIES: [Category; 3] = [Category::ApplicationSoftware, Category::Database, Category::Network];

/// Visits around the end of September, with holidays, rest days and the contract's last day in reach.
fn any_visit() -> impl Strategy<Value = VisitView> {
    let kind = prop::sample::select(TimeKind::ALL.to_vec());
    let entry = (0i64..9 * 24 * 60, 0i64..1_500, ZHAO..=SUN, kind, prop::option::of(200u128..204), 0i64..60_000);
    let items = prop::collection::vec(prop::sample::select(CATEGORIES.to_vec()), 0..4);
    let costs = prop::collection::vec((prop::option::of(0i64..100_000), 0i64..9 * 24 * 60), 0..3);
    (prop::collection::vec(entry, 0..8), items, costs).prop_map(|(entries, items, costs)| {
        let mut view = visit();
        let begin = local("2026-09-26T00:00");
        view.items = items.iter().zip(200..).map(|(c, id)| item(id, *c)).collect();
        for ((from, minutes, who, kind, on, odd), id) in entries.into_iter().zip(300..) {
            let from = begin + from * 60_000 + odd;
            let mut entry = manual(id, who, kind, from, from + minutes * 60_000 - odd / 2);
            entry.start.value.item = on.map(fact);
            view.time.push(entry);
        }
        for ((amount, at), id) in costs.into_iter().zip(400..) {
            let mut one = expense(id, ExpenseKind::Taxi, amount, "2026-09-26T00:00");
            one.at = Some(wall(begin + at * 60_000));
            view.expenses.push(one);
        }
        view
    })
}

fn reference_until(last: &str) -> Reference {
    let mut all = reference();
    all.put(Record::Contract(contract("2026-01-01", last, 6_000_000)));
    all
}

/// Cost and list price by currency, and the time that has none.
fn sums<'a>(lines: impl Iterator<Item = &'a CostLine>) -> (BTreeMap<String, (i64, i64)>, i64) {
    let (mut sums, mut unpriced) = (BTreeMap::<String, (i64, i64)>::new(), 0);
    for line in lines {
        match &line.price {
            Some(p) => {
                let sum = sums.entry(p.currency.clone()).or_default();
                (sum.0, sum.1) = (sum.0 + p.cost_minor, sum.1 + p.list_minor);
            }
            None => unpriced += line.ms,
        }
    }
    (sums, unpriced)
}

/// An engineer's time as it is paid, worked out another way.
fn paid(view: &VisitView, who: UserId) -> i64 {
    let own = |wanted: &dyn Fn(TimeKind) -> bool| {
        union(spans(view).spans.iter().filter(|s| s.user == who && wanted(s.kind)).map(|s| s.interval()))
    };
    let all: Vec<Interval> = own(&|k| k != TimeKind::Break);
    total_ms(&subtract(&all, &own(&|k| k == TimeKind::Break)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_minute_is_in_one_line_and_lines_add_up_however_they_are_split(view in any_visit()) {
        let reference = reference_until("2026-09-29");
        let lines = lines(&view, &reference);
        for who in [ZHAO, QIAN, SUN].map(user) {
            let own = lines.iter().filter(|l| l.engineer == Some(who));
            prop_assert_eq!(own.map(|l| l.ms).sum::<i64>(), paid(&view, who));
        }
        let total = sums(lines.iter());
        for split in [
            |l: &CostLine| format!("{:?}", l.engineer), |l: &CostLine| format!("{:?}{:?}", l.day, l.cause),
            |l: &CostLine| format!("{:?}{:?}", l.category, l.class),
        ] {
            let mut parts: BTreeMap<String, Vec<&CostLine>> = BTreeMap::new();
            lines.iter().for_each(|l| parts.entry(split(l)).or_default().push(l));
            let mut again = (BTreeMap::<String, (i64, i64)>::new(), 0);
            for part in parts.into_values() {
                let (priced, unpriced) = sums(part.into_iter());
                again.1 += unpriced;
                for (currency, (cost, list)) in priced {
                    let sum = again.0.entry(currency).or_default();
                    (sum.0, sum.1) = (sum.0 + cost, sum.1 + list);
                }
            }
            prop_assert_eq!(&again, &total);
        }
        // Each line is within half a fen of the exact amount, and is unpriced only for who has no rate.
        for l in lines.iter().filter(|l| l.kind != LineKind::Expense) {
            let (who, class) = (l.engineer.unwrap(), l.class.unwrap());
            let Some(rate) = rate_on(&reference, who, l.day.unwrap()) else {
                prop_assert!(l.price.is_none() && who == user(SUN));
                continue;
            };
            let hour = match class {
                DayClass::Normal => rate.cost.normal,
                DayClass::Evening => rate.cost.evening,
                DayClass::RestDay => rate.cost.rest_day,
                DayClass::Holiday => rate.cost.holiday,
            };
            let off = i128::from(l.price.as_ref().unwrap().cost_minor) * 3_600_000 - i128::from(hour) * i128::from(l.ms);
            prop_assert!((-1_800_000..=1_800_000).contains(&off), "{off}");
        }
    }

    #[test]
    fn the_order_of_what_was_recorded_does_not_matter(view in any_visit(), seed in any::<u64>()) {
        let reference = reference_until("2026-09-29");
        let mut other = view.clone();
        let turn = |n: usize| usize::try_from(seed % (n.max(1) as u64)).unwrap();
        let (t, e) = (turn(other.time.len()), turn(other.expenses.len()));
        other.time.rotate_left(t);
        other.time.reverse();
        other.expenses.rotate_left(e);
        other.items.reverse();
        prop_assert_eq!(lines(&other, &reference), lines(&view, &reference));
    }

    #[test]
    fn linked_minutes_have_their_items_answer(view in any_visit()) {
        // Where every item is covered or none is, so is every line; and under no contract nothing is.
        let reference = reference_until("2026-01-01");
        for l in lines(&view, &reference) {
            let none = view.items.is_empty();
            prop_assert_eq!(l.coverage.as_str(), if none { "needs_decision" } else { "not_covered" });
        }
    }

    #[test]
    fn the_parts_of_a_what_if_are_the_lines(view in any_visit()) {
        let reference = reference_until("2026-09-29");
        let hypothesis = Hypothesis {
            customer: HOSPITAL, package: COMPLETE, extras: vec![grants("DB", Category::Database)],
            first_day: day("2026-09-28"), last_day: day("2026-10-02"),
        };
        let other = hypothetical(&reference, &hypothesis);
        let verdict = judged(&view, &reference);
        let changes = what_if(&view, &spans(&view), &verdict, &reference, &other, &Evidence::default());
        let before = lines(&view, &reference);
        prop_assert_eq!(sums(changes.iter().map(|c| &c.line)), sums(before.iter()));
        let ms = |it: &mut dyn Iterator<Item = &CostLine>| it.map(|l| l.ms).sum::<i64>();
        prop_assert_eq!(ms(&mut changes.iter().map(|c| &c.line)), ms(&mut before.iter()));
    }

    #[test]
    fn days_add_up_to_their_year_and_any_cut_to_the_same(
        annual in -1_000_000_000i64..1_000_000_000, begin in 0i32..3_000, cut in 0i32..800, length in 0i32..800,
    ) {
        let first = day("2023-01-01") + begin.days();
        let next = first.checked_add(1.year()).unwrap();
        let next = if next.day() == first.day() { next } else { next.tomorrow().unwrap() };
        let last = next.yesterday().unwrap();
        prop_assert_eq!(spread(annual, first, first, last), annual);
        let (mut sum, mut at) = (0, first);
        while at <= last {
            let one = spread(annual, first, at, at);
            prop_assert!((one * 365 - annual).abs() <= 366 + annual.abs() / 365);
            sum += one;
            at = at.tomorrow().unwrap();
        }
        prop_assert_eq!(sum, annual);
        let (middle, end) = (first + cut.days(), first + (cut + length).days());
        let parts = spread(annual, first, first, middle) + spread(annual, first, middle.tomorrow().unwrap(), end);
        prop_assert_eq!(parts, spread(annual, first, first, end.max(middle)));
    }

    #[test]
    fn what_is_short_and_what_is_there_is_what_is_needed(
        margin in -1_000_000_000i64..1_000_000_000, labour in 0i64..1_000_000_000, target in 0u32..10_000,
    ) {
        let b = break_even(margin, labour, target, None);
        prop_assert_eq!(b.shortfall_minor, (b.needed_minor - margin).max(0));
        prop_assert!((b.needed_minor * 1000 - labour * i64::from(target)).abs() <= 500);
    }
}
