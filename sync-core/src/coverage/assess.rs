//! The verdict: what each work item's work was, cut where an answer can change, and what it comes to.

use super::answer::{Answer, granted, refused};
use super::case::{Case, MAX_PARTS};
use super::place::{Open, Place};
use super::quotas::Quotas;
use super::reading::{Question, Reading};
use super::verdict::*;
use super::{clauses, clocks, flags, ordinary, signals};
use crate::document::view::{Item, VisitView};
use crate::ids::FactId;
use crate::message::Message;
use crate::reference::Reference;
use crate::time::Interval;
use crate::time::days::DayPart;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// 合同覆盖结论: judges a visit.
///
/// Pure and total: equal arguments give equal verdicts on every platform, and the order of the lists in `view`,
/// `reference` and `evidence` does not matter.
///
/// The work of an item is what [`work`](super::work) says. Engineers' labour is united and without their breaks, so that
/// the stretches of an item add up to the minutes that are counted for it.
pub fn assess(view: &VisitView, reference: &Reference, evidence: &Evidence) -> Verdict {
    let case = Case::of(view, reference, evidence);
    let Judged { items, uncovered_days, mut found } = case.judge();
    found.extend(flags::contracts(&case, &uncovered_days));
    found.extend(flags::all(&case));
    found.extend(signals::all(&case));
    found.extend(ordinary::outside(&case));
    found.extend(clocks::all(&case));
    let coverage = all(items.iter().map(|v| v.coverage));
    Verdict { reference_version: reference.version, coverage, items, flags: in_order(found) }
}

/// What [`assess`] comes to, without flags. Of the evidence only `claims` matters.
pub fn coverage(view: &VisitView, reference: &Reference, evidence: &Evidence) -> Coverage {
    all(Case::of(view, reference, evidence).judge().items.iter().map(|v| v.coverage))
}

/// What the work of each item came to, and what was seen on the way.
struct Judged {
    items: Vec<ItemVerdict>,
    /// Days of the visit on which no contract was in force.
    uncovered_days: BTreeSet<Date>,
    found: BTreeSet<Flag>,
}

impl Case<'_> {
    fn judge(&self) -> Judged {
        let items: BTreeMap<FactId, &Item> = self.view.live_items().map(|i| (i.id, i)).collect();
        let asked = items.values().map(|item| self.question(item));
        let asked: BTreeMap<Question, Vec<Reading<'_>>> = match &self.place {
            Ok(place) => asked.map(|question| (question.clone(), place.readings(&question))).collect(),
            Err(_) => BTreeMap::new(),
        };
        let quotas = Quotas::new(self, &asked);
        let mut found = BTreeSet::new();
        let mut uncovered_days = BTreeSet::new();
        let mut verdicts = Vec::with_capacity(items.len());
        let mut left = MAX_PARTS;
        for (id, item) in &items {
            let mut stretches = Vec::new();
            let readings = asked.get_key_value(&self.question(item));
            for (part, answer) in self.judged(&self.work.on(item), readings, &quotas, &mut left, &mut uncovered_days) {
                append(&mut stretches, part, answer);
            }
            let stretches: Vec<Stretch> = stretches.into_iter().map(|(stretch, _)| stretch).collect();
            found.extend(clauses::all(item, &stretches));
            let coverage = all(stretches.iter().map(|s| s.coverage));
            verdicts.push(ItemVerdict { item: *id, coverage, stretches });
        }
        if items.is_empty() {
            // Nothing to judge yet, but whether a contract is in force can be said before the work starts.
            self.judged(&self.work.whole(), None, &quotas, &mut left, &mut uncovered_days);
        }
        Judged { items: verdicts, uncovered_days, found }
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

impl Case<'_> {
    /// Judges each part of the work, in order of time, and notes the days on which no contract was in force.
    /// Without a question only the days are noted. Takes what it judges from `left`; what is too much for that needs a
    /// decision as a whole.
    fn judged(
        &self,
        work: &[Interval],
        asked: Option<(&Question, &Vec<Reading<'_>>)>,
        quotas: &Quotas<'_>,
        left: &mut usize,
        uncovered_days: &mut BTreeSet<Date>,
    ) -> Vec<(Part, Answer)> {
        let too_many = || {
            let (first, last) = (work.first().map_or(0, |i| i.from_ms), work.last().map_or(0, |i| i.until_ms));
            let whole = Part { day: None, from_ms: first, until_ms: last };
            vec![(whole, Answer::open(Message::new("needs-too_many_parts")))]
        };
        let mut answers = Vec::new();
        let Some(rest) = left.checked_sub(work.len()) else { return too_many() };
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
            for part in parts {
                if !flags::in_force(place, part.day) {
                    uncovered_days.insert(part.day);
                }
                let Some((question, readings)) = asked else { continue };
                let Some(fine) = place.fine(part, readings, *left) else { return too_many() };
                *left = left.saturating_sub(fine.len() - 1);
                for part in fine {
                    part_judged(place, part, question, readings, quotas, &mut answers);
                }
            }
        }
        answers
    }
}

/// Judges a part within which nothing changes but what quotas have left.
fn part_judged(
    place: &Place<'_>,
    part: DayPart,
    question: &Question,
    readings: &[Reading<'_>],
    quotas: &Quotas<'_>,
    answers: &mut Vec<(Part, Answer)>,
) {
    let states = place.states(part, readings);
    let whole = Part { day: Some(part.day), from_ms: part.from_ms, until_ms: part.until_ms };
    match place.open(&states, part.day) {
        Open::Freely(contract) => answers.push((whole, granted(&states, contract))),
        Open::Nobody => answers.push((whole, refused(question, &states, &[]))),
        Open::Limited(_) => {
            let Some(outcomes) = quotas.outcomes(question, part) else {
                answers.push((whole, Answer::open(Message::new("needs-too_many_parts"))));
                return;
            };
            for outcome in outcomes {
                let Interval { from_ms, until_ms } = outcome.time;
                // Within one part the contracts stay what they are, but the day may be a later one.
                let day = crate::time::days::day_of(from_ms, &place.zone).ok();
                let answer = match outcome.granted {
                    Some(contract) => granted(&states, contract),
                    None => refused(question, &states, &outcome.exhausted),
                };
                answers.push((Part { day, from_ms, until_ms }, answer));
            }
        }
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
    let Answer { coverage, cause, contract, clause, reason, looked_at } = answer.clone();
    let Part { day, from_ms, until_ms } = part;
    stretches.push((Stretch { from_ms, until_ms, day, coverage, cause, contract, clause, reason, looked_at }, answer));
}
