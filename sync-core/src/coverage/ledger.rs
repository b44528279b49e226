//! Who used up a quota, when, and what was left.
//!
//! All work that asks for what a limit bounds, this visit's and the others', is put in one order: by the beginning of
//! its elementary stretch, then by visit, then by what was worked on. A stretch is elementary when it is one visit's
//! time with the same categories and modes within which the same contracts grant it under the same limits in the same
//! periods. Each draws on the contracts that grant it, by number; what one has no more of spills to the next. Work that
//! a contract without a limit grants draws on nothing.
//!
//! * Minutes count once for a visit and clause, even when several items share them; to the millisecond.
//! * A visit counts once for a clause, in the period of the first work that was granted; what follows is free.
//! * Work without measured time takes no minutes, but is granted only where some are left.

use super::quota::Period;
use super::reading::Question;
use crate::ids::VisitId;
use crate::reference::QuotaUnit;
use crate::time::Interval;
use std::collections::{BTreeMap, BTreeSet};

/// A limit in one of its periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bound {
    /// The limit's number in its contract.
    pub(super) limit: usize,
    pub(super) period: Period,
    pub(super) unit: QuotaUnit,
    /// How much it allows: visits, or milliseconds.
    pub(super) amount: i64,
}

/// A contract that would grant a stretch, with what bounds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Offer {
    /// The contract's place among the customer's.
    pub(super) contract: usize,
    pub(super) bounds: Vec<Bound>,
}

/// An elementary stretch. The order is the one in which quotas are drawn on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Draw {
    pub(super) from_ms: i64,
    pub(super) visit: VisitId,
    pub(super) question: Question,
    pub(super) until_ms: i64,
    pub(super) offers: Vec<Offer>,
}

/// What a part of a stretch came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) time: Interval,
    /// The contract that grants it.
    pub(super) granted: Option<usize>,
    /// What had nothing left, by contract; of no interest where it was granted all the same.
    pub(super) exhausted: Vec<(usize, Vec<Bound>)>,
}

/// What has been drawn so far.
#[derive(Default)]
struct Accounts {
    used: BTreeMap<(usize, Bound), i64>,
    /// By contract, limit and visit: the time that has been counted, by its beginning. No two touch.
    counted: BTreeMap<(usize, usize, VisitId), BTreeMap<i64, i64>>,
    visits: BTreeSet<(usize, usize, VisitId)>,
}

/// Lets everything draw in order, and tells what the draws of `own` came to, by question and in order of time.
pub(super) fn settle(mut draws: Vec<Draw>, own: VisitId) -> BTreeMap<Question, Vec<Outcome>> {
    draws.sort_unstable();
    let mut accounts = Accounts::default();
    let mut told: BTreeMap<Question, Vec<Outcome>> = BTreeMap::new();
    for draw in draws {
        let outcomes = accounts.draw(&draw);
        if draw.visit == own {
            told.entry(draw.question).or_default().extend(outcomes);
        }
    }
    told.values_mut().for_each(|outcomes| outcomes.sort_by_key(|o| o.time));
    told
}

impl Accounts {
    fn draw(&mut self, draw: &Draw) -> Vec<Outcome> {
        let mut told = Vec::new();
        let mut rest = vec![(Interval::new(draw.from_ms, draw.until_ms), Vec::new())];
        for offer in &draw.offers {
            let mut spilled = Vec::new();
            for (part, exhausted) in rest {
                for part in self.cut(part, offer, draw.visit) {
                    let (granted, refused) = self.take(part, offer, draw.visit);
                    if let Some(time) = granted {
                        told.push(Outcome { time, granted: Some(offer.contract), exhausted: Vec::new() });
                    }
                    if let Some((time, bounds)) = refused {
                        let mut exhausted: Vec<(usize, Vec<Bound>)> = exhausted.clone();
                        exhausted.push((offer.contract, bounds));
                        spilled.push((time, exhausted));
                    }
                }
            }
            rest = spilled;
        }
        told.extend(rest.into_iter().map(|(time, exhausted)| Outcome { time, granted: None, exhausted }));
        told
    }

    /// The part, cut where what has been counted of the visit begins or ends.
    fn cut(&self, part: Interval, offer: &Offer, visit: VisitId) -> Vec<Interval> {
        let mut cuts = BTreeSet::new();
        for bound in &offer.bounds {
            let Some(counted) = self.counted.get(&(offer.contract, bound.limit, visit)) else { continue };
            // The one that began before the part may reach into it.
            let earlier = counted.range(..=part.from_ms).next_back();
            let within = counted.range(part.from_ms..part.until_ms.max(part.from_ms));
            cuts.extend(earlier.into_iter().chain(within).flat_map(|(from, until)| [*from, *until]));
        }
        let mut parts = Vec::new();
        let mut from_ms = part.from_ms;
        for at in cuts.into_iter().filter(|at| part.from_ms < *at && *at < part.until_ms) {
            parts.push(Interval::new(from_ms, at));
            from_ms = at;
        }
        parts.push(Interval::new(from_ms, part.until_ms));
        parts
    }

    fn is_counted(&self, part: Interval, contract: usize, limit: usize, visit: VisitId) -> bool {
        let counted = self.counted.get(&(contract, limit, visit));
        let before = counted.and_then(|c| c.range(..=part.from_ms).next_back());
        before.is_some_and(|(_, until)| part.until_ms <= *until)
    }

    /// How much a bound leaves of the part, in milliseconds; `None`: it does not touch it.
    fn left(&self, part: Interval, contract: usize, bound: &Bound, visit: VisitId) -> Option<i64> {
        let used = self.used.get(&(contract, *bound)).copied().unwrap_or(0);
        let left = bound.amount.saturating_sub(used).max(0);
        match bound.unit {
            QuotaUnit::Visits if self.visits.contains(&(contract, bound.limit, visit)) => None,
            QuotaUnit::Visits => (left == 0).then_some(0),
            QuotaUnit::Minutes if part.is_empty() => (left == 0).then_some(0),
            QuotaUnit::Minutes if self.is_counted(part, contract, bound.limit, visit) => None,
            QuotaUnit::Minutes => Some(left),
        }
    }

    /// Takes what it can of a part that is counted everywhere alike: what was granted, and the rest with the bounds
    /// that have nothing left for it.
    fn take(
        &mut self,
        part: Interval,
        offer: &Offer,
        visit: VisitId,
    ) -> (Option<Interval>, Option<(Interval, Vec<Bound>)>) {
        let contract = offer.contract;
        let least = offer.bounds.iter().filter_map(|b| self.left(part, contract, b, visit)).min();
        let spent = |accounts: &Self, rest: Interval| {
            let empty = |b: &&Bound| accounts.left(rest, contract, b, visit) == Some(0);
            offer.bounds.iter().filter(empty).copied().collect()
        };
        let until_ms = match least {
            Some(0) => return (None, Some((part, spent(self, part)))),
            Some(left) => part.until_ms.min(part.from_ms.saturating_add(left)),
            None => part.until_ms,
        };
        let granted = Interval::new(part.from_ms, until_ms);
        for bound in &offer.bounds {
            let by = match bound.unit {
                QuotaUnit::Visits => i64::from(self.visits.insert((contract, bound.limit, visit))),
                QuotaUnit::Minutes if granted.is_empty() => 0,
                QuotaUnit::Minutes if self.is_counted(granted, contract, bound.limit, visit) => 0,
                QuotaUnit::Minutes => {
                    self.count(granted, (contract, bound.limit, visit));
                    granted.len_ms()
                }
            };
            let used = self.used.entry((contract, *bound)).or_default();
            *used = used.saturating_add(by);
        }
        let rest = Interval::new(until_ms, part.until_ms);
        (Some(granted), (!rest.is_empty()).then(|| (rest, spent(self, rest))))
    }

    fn count(&mut self, part: Interval, key: (usize, usize, VisitId)) {
        let counted = self.counted.entry(key).or_default();
        let Interval { mut from_ms, mut until_ms } = part;
        // Nothing of it was counted before, but it may touch what was.
        if let Some((&from, &until)) = counted.range(..=from_ms).next_back()
            && until == from_ms
        {
            counted.remove(&from);
            from_ms = from;
        }
        if let Some(until) = counted.remove(&until_ms) {
            until_ms = until;
        }
        counted.insert(from_ms, until_ms);
    }
}
