//! The verdict: what each work item's work was, cut where an answer can change, and what it comes to.

use super::contract::{Answer, Question, by_code, judge};
use super::verdict::*;
use super::work::{Work, categories, modes, origins};
use super::{clocks, flags};
use crate::document::facts::{CustomerRef, Origin};
use crate::document::view::{Fact, Item, VisitView};
use crate::ids::FactId;
use crate::message::Message;
use crate::reference::{Contract, Customer, Reference};
use crate::time::days::{self, DayPart};
use crate::time::{Interval, Spans, spans};
use jiff::{civil::Date, tz::TimeZone};
use std::collections::{BTreeMap, BTreeSet};

/// Most parts of work that one verdict judges, far beyond any honest visit. Every item without labour of its own is
/// judged by all labour of the visit, so that a hostile record could otherwise ask for the product of the two numbers.
const MAX_PARTS: usize = 20_000;

/// What everything is judged with.
pub(super) struct Case<'a> {
    pub(super) view: &'a VisitView,
    pub(super) reference: &'a Reference,
    pub(super) evidence: &'a Evidence,
    pub(super) spans: Spans,
    /// The origins that count, by id.
    pub(super) origins: Vec<&'a Fact<Origin>>,
    /// Where the visit was, or why that is not known.
    pub(super) place: Result<Place<'a>, Message>,
}

/// A listed customer with what judging a day there takes.
pub(super) struct Place<'a> {
    pub(super) customer: &'a Customer,
    zone: TimeZone,
    /// By number.
    pub(super) contracts: Vec<&'a Contract>,
    /// The days on which the answer can change: a contract's first, and the one after its last.
    turns: BTreeSet<Date>,
}

/// 合同覆盖结论: judges a visit.
///
/// Pure and total: equal arguments give equal verdicts on every platform, and the order of the lists in `view`,
/// `reference` and `evidence` does not matter.
///
/// The work of an item is what [`work`](super::work) says. Engineers' labour is united and without their breaks, so that
/// the stretches of an item add up to the minutes that are counted for it.
pub fn assess(view: &VisitView, reference: &Reference, evidence: &Evidence) -> Verdict {
    let origins = origins(view);
    let place = place(&origins, reference);
    let case = Case { view, reference, evidence, spans: spans(view), origins, place };

    let work = Work::of(&case.spans, &case.origins);
    let items: BTreeMap<FactId, &Item> = view.live_items().map(|i| (i.id, i)).collect();
    let mut found = BTreeSet::new();
    let mut uncovered_days = BTreeSet::new();
    let mut verdicts = Vec::with_capacity(items.len());
    let mut left = MAX_PARTS;
    for (id, item) in &items {
        let (mut stretches, mut outside) = (Vec::new(), None);
        for (part, answer) in case.judged(&work.on(item), Some(item), &mut left, &mut uncovered_days) {
            if answer.out_of_scope {
                outside.get_or_insert_with(|| answer.clone());
            }
            append(&mut stretches, part, answer);
        }
        found.extend(outside.and_then(|answer| flags::out_of_scope(item, &answer)));
        let stretches: Vec<Stretch> = stretches.into_iter().map(|(stretch, _)| stretch).collect();
        let coverage = all(stretches.iter().map(|s| s.coverage));
        verdicts.push(ItemVerdict { item: *id, coverage, stretches });
    }
    if items.is_empty() {
        // Nothing to judge yet, but whether a contract is in force can be said before the work starts.
        case.judged(&work.whole(), None, &mut left, &mut uncovered_days);
    }
    found.extend(flags::contracts(&case, &uncovered_days));
    found.extend(flags::all(&case));
    found.extend(clocks::all(&case));
    Verdict {
        reference_version: reference.version,
        coverage: all(verdicts.iter().map(|v| v.coverage)),
        items: verdicts,
        flags: in_order(found),
    }
}

/// Flags are sorted by code, item and message; the severity follows from the code.
fn in_order(found: BTreeSet<Flag>) -> Vec<Flag> {
    let mut flags: Vec<Flag> = found.into_iter().collect();
    flags.sort_by(|a, b| (a.code, a.item, &a.message).cmp(&(b.code, b.item, &b.message)));
    flags
}

/// "Covered" only if all are; not covered as soon as one is not, whatever may be decided about the others; nothing at
/// all needs a decision.
fn all(answers: impl Iterator<Item = Coverage>) -> Coverage {
    let answers: BTreeSet<Coverage> = answers.collect();
    if answers.contains(&Coverage::NotCovered) {
        Coverage::NotCovered
    } else if answers.len() == 1 && answers.contains(&Coverage::Covered) {
        Coverage::Covered
    } else {
        Coverage::NeedsDecision
    }
}

/// Where the visit was. Several phones may each have said so; they must agree.
fn place<'a>(origins: &[&'a Fact<Origin>], reference: &'a Reference) -> Result<Place<'a>, Message> {
    let mut said = origins.iter().map(|o| &o.value.customer);
    let Some(first) = said.next() else { return Err(Message::new("needs-no_customer")) };
    if said.any(|other| other != first) {
        return Err(Message::new("needs-several_customers"));
    }
    let id = match first {
        CustomerRef::Listed(id) => *id,
        CustomerRef::Unlisted(name) => return Err(Message::new("needs-unlisted_customer").with("name", name.as_str())),
    };
    let Some(customer) = reference.customers.get(&id) else { return Err(Message::new("needs-unknown_customer")) };
    let Ok(zone) = days::zone(&customer.time_zone) else {
        return Err(Message::new("needs-unknown_zone").with("zone", customer.time_zone.as_str()));
    };
    let contracts = by_code(reference, id);
    let after_last = |last: Date| last.tomorrow().ok();
    let turns = contracts.iter().flat_map(|c| {
        [Some(c.first_day), after_last(c.last_day), c.ended_on.and_then(after_last)].into_iter().flatten()
    });
    let turns = turns.collect();
    Ok(Place { customer, zone, contracts, turns })
}

impl Case<'_> {
    /// Judges each part of the work, in order of time, and notes the days on which no contract was in force.
    /// Without an item only the days are noted. Takes what it judges from `left`; what is too much for that needs a
    /// decision as a whole.
    fn judged(
        &self,
        work: &[Interval],
        item: Option<&Item>,
        left: &mut usize,
        uncovered_days: &mut BTreeSet<Date>,
    ) -> Vec<(Part, Answer)> {
        let mut answers = Vec::new();
        let Some(rest) = left.checked_sub(work.len()) else {
            let (first, last) = (work.first().map_or(0, |i| i.from_ms), work.last().map_or(0, |i| i.until_ms));
            let whole = Part { day: None, from_ms: first, until_ms: last };
            return vec![(whole, Answer::open(Message::new("needs-too_many_parts")))];
        };
        *left = rest;
        for interval in work {
            let whole = Part { day: None, from_ms: interval.from_ms, until_ms: interval.until_ms };
            let place = match &self.place {
                Ok(place) => place,
                Err(reason) => {
                    answers.push((whole, Answer::open(reason.clone())));
                    continue;
                }
            };
            let Some(parts) = place.parts(interval) else {
                answers.push((whole, Answer::open(Message::new("needs-no_date"))));
                continue;
            };
            for DayPart { day, from_ms, until_ms } in parts {
                if !flags::in_force(place, day) {
                    uncovered_days.insert(day);
                }
                if let Some(item) = item {
                    let answer = judge(&place.contracts, self.reference, &self.question(item), day);
                    answers.push((Part { day: Some(day), from_ms, until_ms }, answer));
                }
            }
        }
        answers
    }

    fn question(&self, item: &Item) -> Question {
        Question { categories: categories(item), modes: modes(&self.origins) }
    }
}

impl Place<'_> {
    /// The interval, cut at the midnights at which an answer can change; `None` when it lies outside the calendar.
    fn parts(&self, interval: &Interval) -> Option<Vec<DayPart>> {
        let Interval { from_ms, until_ms } = *interval;
        if interval.is_empty() {
            let day = days::day_of(from_ms, &self.zone).ok()?;
            return Some(vec![DayPart { day, from_ms, until_ms: from_ms }]);
        }
        days::split_at(from_ms, until_ms, &self.zone, &self.turns).ok()
    }
}

/// A part of the work with the local day that it is judged by.
#[derive(Clone, Copy)]
struct Part {
    day: Option<Date>,
    from_ms: i64,
    until_ms: i64,
}

/// Adds a judged part; a part that touches the last one and says the same only makes that longer.
fn append(stretches: &mut Vec<(Stretch, Answer)>, part: Part, answer: Answer) {
    if let Some((last, said)) = stretches.last_mut()
        && last.until_ms == part.from_ms
        && last.day.is_some() == part.day.is_some()
        && said.is_like(&answer)
    {
        last.until_ms = part.until_ms;
        return;
    }
    let Answer { coverage, cause, contract, clause, reason, looked_at, .. } = answer.clone();
    let Part { day, from_ms, until_ms } = part;
    stretches.push((Stretch { from_ms, until_ms, day, coverage, cause, contract, clause, reason, looked_at }, answer));
}
