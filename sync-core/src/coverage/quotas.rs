//! What the customer's limits left for this visit, worked out when first asked.

use super::case::{Case, MAX_PARTS};
use super::ledger::{Draw, Outcome, settle};
use super::place::{Open, Place};
use super::quota::quota_reach;
use super::reading::{Question, Reading};
use super::verdict::Claim;
use super::work;
use crate::ids::VisitId;
use crate::time::Interval;
use crate::time::days::DayPart;
use crate::time::intervals::union;
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// What the limits left, by question.
type Settled = BTreeMap<Question, Vec<Outcome>>;

pub(super) struct Quotas<'c> {
    case: &'c Case<'c>,
    asked: &'c BTreeMap<Question, Vec<Reading<'c>>>,
    /// `None` inside: more work than is judged.
    settled: OnceCell<Option<Settled>>,
}

impl<'c> Quotas<'c> {
    pub(super) fn new(case: &'c Case<'c>, asked: &'c BTreeMap<Question, Vec<Reading<'c>>>) -> Self {
        Self { case, asked, settled: OnceCell::new() }
    }

    /// What the limits left within a part of this visit's work, in order of time and without a gap. `None` where there
    /// is more work than is judged.
    pub(super) fn outcomes(&self, question: &Question, part: DayPart) -> Option<Vec<Outcome>> {
        let settled = self.settled.get_or_init(|| self.settle()).as_ref()?;
        let all = settled.get(question)?;
        let part = Interval::new(part.from_ms, part.until_ms);
        if part.is_empty() {
            return all.iter().find(|o| o.time == part).map(|o| vec![o.clone()]);
        }
        let first = all.partition_point(|o| o.time.until_ms <= part.from_ms);
        let near = all.get(first..).unwrap_or_default().iter().take_while(|o| o.time.from_ms < part.until_ms);
        let within = near.filter_map(|o| Some(Outcome { time: o.time.meet(&part)?, ..o.clone() }));
        let within: Vec<Outcome> = within.collect();
        // The same work was cut at the same instants, so that all of it has an answer.
        let answered: i64 = within.iter().map(|o| o.time.len_ms()).sum();
        (answered == part.len_ms()).then_some(within)
    }

    fn settle(&self) -> Option<Settled> {
        let (case, Ok(place)) = (self.case, &self.case.place) else { return None };
        let visit = case.view.visit.unwrap_or(VisitId(uuid::Uuid::nil()));
        let modes = work::modes(&case.origins);
        let own = work::asked(visit, case.view, &case.work, &modes);
        let from_ms = own.iter().map(|c| c.from_ms).min()?;
        let until_ms = own.iter().map(|c| c.until_ms).max()?;
        let reach = quota_reach(case.reference, place.customer.id, from_ms, until_ms)?;
        let others = case.evidence.claims.iter().filter(|c| {
            c.visit != visit && c.from_ms <= c.until_ms && c.from_ms <= reach.until_ms && reach.from_ms <= c.until_ms
        });

        // United, so that it does not matter how the others' work is cut up.
        let mut work: BTreeMap<(VisitId, Question), Vec<Interval>> = BTreeMap::new();
        for Claim { visit, categories, modes, from_ms, until_ms } in own.iter().chain(others) {
            let question = Question { categories: categories.clone(), modes: modes.clone() };
            work.entry((*visit, question)).or_default().push(Interval::new(*from_ms, *until_ms));
        }
        let mut read: BTreeMap<Question, Vec<Reading<'_>>> = BTreeMap::new();
        let mut draws: Vec<Draw> = Vec::new();
        let mut left = MAX_PARTS;
        for ((by, question), parts) in work {
            let readings = match self.asked.get(&question) {
                Some(readings) => readings,
                None => read.entry(question.clone()).or_insert_with(|| place.readings(&question)),
            };
            if readings.iter().all(|r| !r.may_cover() || r.limits.is_empty()) {
                continue;
            }
            let mut moments: Vec<Interval> = parts.iter().filter(|i| i.is_empty()).copied().collect();
            moments.sort_unstable();
            moments.dedup();
            for time in union(parts).into_iter().chain(moments) {
                left = left.checked_sub(1)?;
                let found = draw(place, by, &question, readings, time, &mut left)?;
                // What begins after this visit has ended takes nothing from it.
                draws.extend(found.into_iter().filter(|d| d.from_ms <= until_ms));
            }
        }
        Some(settle(draws, visit))
    }
}

/// The elementary stretches of some work that draw on limits. `None` where they are too many.
fn draw(
    place: &Place<'_>,
    visit: VisitId,
    question: &Question,
    readings: &[Reading<'_>],
    time: Interval,
    left: &mut usize,
) -> Option<Vec<Draw>> {
    let mut draws: Vec<Draw> = Vec::new();
    for part in place.parts(&time).unwrap_or_default() {
        let fine = place.fine(part, readings, *left)?;
        *left = left.saturating_sub(fine.len() - 1);
        for DayPart { day, from_ms, until_ms } in fine {
            let states = place.states(DayPart { day, from_ms, until_ms }, readings);
            let Open::Limited(offers) = place.open(&states, day) else { continue };
            match draws.last_mut() {
                Some(last) if last.until_ms == from_ms && last.offers == offers => last.until_ms = until_ms,
                _ => draws.push(Draw { from_ms, visit, question: question.clone(), until_ms, offers }),
            }
        }
    }
    Some(draws)
}
