//! What the visits of a batch are judged by of other visits, and which of those may be judged otherwise now.
//!
//! Everything is asked for set by set: one statement for each kind of evidence, none for a kind that the batch does not
//! need. What was asked is kept, so that it can be asked once more when another server committed meanwhile.

use super::reading::Read;
use crate::store::evidence::{self, ClaimRow, KeyRange, ProblemRow};
use crate::store::visits::{self, SpanRow};
use crate::store::{StoreError, Tx};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use sync_core::coverage::{LONGEST_RUN_MS, quota_reach};
use sync_core::document::facts::TimeKind;
use sync_core::ids::CustomerId;
use sync_core::reference::{Policy, Reference};
use sync_core::time::Interval;
use sync_core::time::intervals::{total_ms, union};
use uuid::Uuid;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;
/// Widenings at most while work without a rest is followed; each looks twice as far as the one before, so that a week of
/// the shortest rests needs fewer.
const WIDENINGS: u32 = 32;

/// The company's rules that say how far evidence reaches, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    /// Gaps from this length on are a rest.
    pub rest: i64,
    /// Work without rest up to this length tires nobody.
    pub fatigue: i64,
    /// Repetitions are looked for so far back.
    pub repeat: i64,
    /// From the how many-th time on a problem is repeated.
    pub repeat_count: usize,
}

impl Reach {
    pub(super) fn of(policy: &Policy) -> Self {
        Self {
            rest: i64::from(policy.rest_minutes) * MINUTE_MS,
            fatigue: i64::from(policy.fatigue_minutes) * MINUTE_MS,
            // Days are counted by local dates: one more is always enough.
            repeat: (i64::from(policy.repeat_days) + 1) * DAY_MS,
            repeat_count: usize::try_from(policy.repeat_count).unwrap_or(usize::MAX),
        }
    }
}

/// What is asked of the database.
#[derive(Debug, Default)]
pub(super) struct Asked {
    users: BTreeMap<Uuid, Vec<Interval>>,
    customers: BTreeMap<Uuid, Vec<Interval>>,
    orders: BTreeSet<Uuid>,
    keys: BTreeMap<(Uuid, String), Vec<Interval>>,
    claims: BTreeMap<Uuid, Vec<Interval>>,
}

/// What other visits than those in hand have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outside {
    pub spans: BTreeSet<SpanRow>,
    pub problems: BTreeSet<ProblemRow>,
    pub claims: BTreeSet<ClaimRow>,
}

fn widened(of: &Interval, by: i64) -> Interval {
    Interval::new(of.from_ms.saturating_sub(by), of.until_ms.saturating_add(by))
}

fn add<K: Ord>(to: &mut BTreeMap<K, Vec<Interval>>, key: K, interval: Interval) {
    to.entry(key).or_default().push(interval);
}

/// The ranges of each key, united.
fn ranges<K: Clone + Ord>(of: &BTreeMap<K, Vec<Interval>>) -> Vec<(K, i64, i64)> {
    let parts = of.iter().flat_map(|(key, parts)| {
        union(parts.iter().copied()).into_iter().map(move |i| (key.clone(), i.from_ms, i.until_ms))
    });
    parts.collect()
}

impl Asked {
    /// Adds what is near this time: of the same engineer so near that there may have been no rest, of the same customer
    /// at the same time, by the same order.
    pub(super) fn spans<'a>(&mut self, spans: impl IntoIterator<Item = &'a SpanRow>, reach: &Reach) {
        for s in spans {
            let own = Interval::new(s.from_ms, s.until_ms);
            add(&mut self.users, s.user_id, widened(&own, reach.rest));
            if let Some(customer) = s.customer_id {
                add(&mut self.customers, customer, own);
            }
            self.orders.extend(s.work_order_id);
        }
    }

    /// Adds what `read` is judged by beside time.
    pub(super) fn read(&mut self, read: &Read, reach: &Reach) {
        self.orders.extend(read.work_order().map(|w| w.0));
        self.problems(&read.problem_rows(), reach);
        if let (Some(customer), Some(within)) = (read.customer(), read.reach) {
            add(&mut self.claims, customer.0, within);
        }
    }

    /// Adds repetitions of these problems, before and after.
    pub(super) fn problems<'a>(&mut self, problems: impl IntoIterator<Item = &'a ProblemRow>, reach: &Reach) {
        for p in problems {
            let within = widened(&Interval::new(p.at_ms, p.at_ms.saturating_add(1)), reach.repeat);
            add(&mut self.keys, (p.customer_id, p.key.clone()), within);
        }
    }

    /// Adds claims that may compete with these, which are no longer made.
    pub(super) fn claims<'a>(&mut self, claims: impl IntoIterator<Item = &'a ClaimRow>, reference: &Reference) {
        for c in claims {
            if let Some(within) = quota_reach(reference, CustomerId(c.customer_id), c.from_ms, c.until_ms) {
                add(&mut self.claims, c.customer_id, within);
            }
        }
    }

    /// Adds everything that `other` asks.
    pub(super) fn extend(&mut self, other: Self) {
        fn join<K: Ord>(to: &mut BTreeMap<K, Vec<Interval>>, from: BTreeMap<K, Vec<Interval>>) {
            for (key, parts) in from {
                to.entry(key).or_default().extend(parts);
            }
        }
        join(&mut self.users, other.users);
        join(&mut self.customers, other.customers);
        join(&mut self.keys, other.keys);
        join(&mut self.claims, other.claims);
        self.orders.extend(other.orders);
    }

    async fn ask_spans(&self, tx: &mut Tx) -> Result<BTreeSet<SpanRow>, StoreError> {
        let orders: Vec<Uuid> = self.orders.iter().copied().collect();
        let rows = visits::neighbours(tx, &ranges(&self.users), &ranges(&self.customers), &orders).await?;
        Ok(rows.into_iter().collect())
    }

    /// Asks for time only.
    pub(super) async fn time(&self, tx: &mut Tx, in_hand: &HashSet<Uuid>) -> Result<BTreeSet<SpanRow>, StoreError> {
        let mut spans = self.ask_spans(tx).await?;
        spans.retain(|s| !in_hand.contains(&s.visit_id));
        Ok(spans)
    }

    /// Follows the engineers' work without rest beyond what was asked for until now. `own` is the time of the visits in
    /// hand, `found` that of others, which grows.
    pub(super) async fn follow(
        &mut self,
        tx: &mut Tx,
        own: &[SpanRow],
        found: &mut BTreeSet<SpanRow>,
        in_hand: &HashSet<Uuid>,
        reach: &Reach,
    ) -> Result<(), StoreError> {
        for widening in 0..WIDENINGS {
            let step = reach.rest.saturating_mul(1 << widening);
            let runs = Runs::of(own.iter().chain(found.iter()), reach.rest);
            let mut wider: BTreeMap<Uuid, Vec<Interval>> = BTreeMap::new();
            for s in own {
                let Some(run) = runs.around(s) else { continue };
                let bound = widened(&Interval::new(s.from_ms, s.until_ms), LONGEST_RUN_MS);
                let Some(need) = widened(&run.time, reach.rest).meet(&bound) else { continue };
                let asked = union(self.users.get(&s.user_id).into_iter().flatten().copied());
                if !asked.iter().any(|a| a.from_ms <= need.from_ms && need.until_ms <= a.until_ms) {
                    let want = widened(&run.time, step).meet(&bound).unwrap_or(need);
                    add(&mut wider, s.user_id, want);
                }
            }
            if wider.is_empty() {
                break;
            }
            let rows = visits::neighbours(tx, &ranges(&wider), &[], &[]).await?;
            found.extend(rows.into_iter().filter(|s| !in_hand.contains(&s.visit_id)));
            for (user, more) in wider {
                self.users.entry(user).or_default().extend(more);
            }
        }
        Ok(())
    }

    /// Asks for problems and claims.
    pub(super) async fn rest(
        &self,
        tx: &mut Tx,
        in_hand: &HashSet<Uuid>,
    ) -> Result<(BTreeSet<ProblemRow>, BTreeSet<ClaimRow>), StoreError> {
        let keys: Vec<KeyRange> = ranges(&self.keys)
            .into_iter()
            .map(|((customer, key), from, until)| KeyRange(customer, key, from, until))
            .collect();
        let problems = evidence::problems_near(tx, &keys).await?;
        let claims = evidence::claims_within(tx, &ranges(&self.claims)).await?;
        let outside = |visit: &Uuid| !in_hand.contains(visit);
        Ok((
            problems.into_iter().filter(|p| outside(&p.visit_id)).collect(),
            claims.into_iter().filter(|c| outside(&c.visit_id)).collect(),
        ))
    }

    /// Asks for everything once more.
    pub(super) async fn again(&self, tx: &mut Tx, in_hand: &HashSet<Uuid>) -> Result<Outside, StoreError> {
        let spans = self.time(tx, in_hand).await?;
        let (problems, claims) = self.rest(tx, in_hand).await?;
        Ok(Outside { spans, problems, claims })
    }
}

/// Work of one engineer without a rest in between.
#[derive(Debug)]
pub(super) struct Run {
    time: Interval,
    /// Its spans, by when they begin.
    pub spans: Vec<SpanRow>,
}

/// Each engineer's runs, in order of time.
#[derive(Debug, Default)]
pub(super) struct Runs(HashMap<Uuid, Vec<Run>>);

impl Runs {
    pub(super) fn of<'a>(spans: impl IntoIterator<Item = &'a SpanRow>, rest: i64) -> Self {
        let mut by_user: HashMap<Uuid, Vec<&SpanRow>> = HashMap::new();
        for s in spans {
            by_user.entry(s.user_id).or_default().push(s);
        }
        let runs = |mut spans: Vec<&SpanRow>| {
            spans.sort_unstable_by_key(|s| (s.from_ms, s.until_ms, s.visit_id));
            let mut runs: Vec<Run> = Vec::new();
            for s in spans {
                match runs.last_mut() {
                    Some(run) if s.from_ms < run.time.until_ms.saturating_add(rest.max(1)) => {
                        run.time.until_ms = run.time.until_ms.max(s.until_ms);
                        run.spans.push(s.clone());
                    }
                    _ => runs.push(Run { time: Interval::new(s.from_ms, s.until_ms), spans: vec![s.clone()] }),
                }
            }
            runs
        };
        Self(by_user.into_iter().map(|(user, spans)| (user, runs(spans))).collect())
    }

    /// The run that a span is in.
    pub(super) fn around(&self, span: &SpanRow) -> Option<&Run> {
        let runs = self.0.get(&span.user_id)?;
        runs.get(runs.partition_point(|r| r.time.from_ms <= span.from_ms).checked_sub(1)?)
    }

    /// Runs that come within a rest of this time.
    fn near(&self, user: Uuid, time: Interval, rest: i64) -> impl Iterator<Item = &Run> {
        let wide = widened(&time, rest);
        let runs = self.0.get(&user).map_or(&[][..], Vec::as_slice);
        runs.iter().filter(move |r| r.time.from_ms <= wide.until_ms && wide.from_ms <= r.time.until_ms)
    }
}

/// What one visit's projections were before it was judged.
#[derive(Debug, Default)]
pub(super) struct Before {
    pub spans: BTreeSet<SpanRow>,
    pub problems: BTreeSet<ProblemRow>,
    pub claims: BTreeSet<ClaimRow>,
}

/// What the batch knows beside its own visits, for saying whom a change affects.
pub(super) struct Around<'a> {
    pub runs: &'a Runs,
    /// All problems, by customer and key.
    pub problems: &'a HashMap<(Uuid, String), Vec<ProblemRow>>,
    /// All claims, by customer.
    pub claims: &'a HashMap<Uuid, Vec<ClaimRow>>,
    pub reach: Reach,
}

impl Around<'_> {
    /// Other visits that may be judged otherwise because `read` is not what it was. Those whose time overlaps are judged
    /// in the same batch and may be named here, too.
    pub(super) fn affected(&self, read: &Read, before: &Before) -> BTreeSet<Uuid> {
        let mut found = BTreeSet::new();
        let spans: BTreeSet<SpanRow> = read.own_spans().into_iter().collect();
        for s in spans.symmetric_difference(&before.spans) {
            self.tired(s, &mut found);
        }
        let problems: BTreeSet<ProblemRow> = read.problem_rows().into_iter().collect();
        for p in problems.symmetric_difference(&before.problems) {
            self.repeated(p, &mut found);
        }
        let claims: BTreeSet<ClaimRow> = read.claim_rows().into_iter().collect();
        let mut first: BTreeMap<Uuid, i64> = BTreeMap::new();
        for c in claims.symmetric_difference(&before.claims) {
            let first = first.entry(c.customer_id).or_insert(c.from_ms);
            *first = c.from_ms.min(*first);
        }
        for (customer, first) in first {
            // Earlier work consumes first: whoever was done before has what it had.
            let others = self.claims.get(&customer).into_iter().flatten();
            found.extend(others.filter(|c| c.until_ms >= first).map(|c| c.visit_id));
        }
        found.remove(&read.visit.0);
        found
    }

    fn tired(&self, span: &SpanRow, found: &mut BTreeSet<Uuid>) {
        let own = Interval::new(span.from_ms, span.until_ms);
        let runs: Vec<&Run> = self.runs.near(span.user_id, own, self.reach.rest).collect();
        let spans = runs.iter().flat_map(|run| &run.spans).chain([span]);
        // Breaks inside of work are not taken out: that would only make it less.
        let work = spans.filter(|s| s.kind != TimeKind::Break.as_str());
        let worked = union(work.map(|s| Interval::new(s.from_ms, s.until_ms)));
        if total_ms(&worked) > self.reach.fatigue {
            found.extend(runs.iter().flat_map(|run| &run.spans).map(|s| s.visit_id));
        }
    }

    fn repeated(&self, problem: &ProblemRow, found: &mut BTreeSet<Uuid>) {
        let Some(same) = self.problems.get(&(problem.customer_id, problem.key.clone())) else { return };
        let within = |from: i64, until: i64| until >= from && until - from <= self.reach.repeat;
        for later in same.iter().filter(|later| within(problem.at_ms, later.at_ms)) {
            // The changed one counts whether it came or went.
            let others = same.iter().filter(|p| p.item_id != problem.item_id && within(p.at_ms, later.at_ms));
            if others.count() + 1 >= self.reach.repeat_count {
                found.insert(later.visit_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * MINUTE_MS;

    fn span(visit: u128, user: u128, from: i64, until: i64) -> SpanRow {
        SpanRow {
            visit_id: Uuid::from_u128(visit),
            user_id: Uuid::from_u128(user),
            customer_id: None,
            work_order_id: None,
            kind: "labour".into(),
            from_ms: from * HOUR,
            until_ms: until * HOUR,
        }
    }

    #[test]
    fn a_rest_ends_a_run() {
        let spans = [span(1, 1, 0, 4), span(2, 1, 11, 12), span(3, 1, 20, 21), span(4, 2, 5, 6)];
        let runs = Runs::of(&spans, 8 * HOUR);
        let visits =
            |s: &SpanRow| -> Vec<u128> { runs.around(s).unwrap().spans.iter().map(|s| s.visit_id.as_u128()).collect() };
        assert_eq!(visits(&spans[0]), [1, 2]);
        assert_eq!(visits(&spans[1]), [1, 2]);
        assert_eq!(visits(&spans[2]), [3], "a gap of exactly a rest is a rest");
        assert_eq!(visits(&spans[3]), [4]);
    }

    #[test]
    fn a_problem_affects_later_ones_only_where_it_makes_them_repeated() {
        let reach = Reach { rest: HOUR, fatigue: HOUR, repeat: 10 * HOUR, repeat_count: 3 };
        let problem = |n: u128, at: i64| ProblemRow {
            visit_id: Uuid::from_u128(n),
            item_id: Uuid::from_u128(100 + n),
            customer_id: Uuid::nil(),
            key: "k".into(),
            at_ms: at * HOUR,
        };
        let affected = |new: &ProblemRow, all: &[ProblemRow]| {
            let problems = HashMap::from([((Uuid::nil(), "k".to_owned()), all.to_vec())]);
            let around = Around { runs: &Runs::default(), problems: &problems, claims: &HashMap::new(), reach };
            let mut found = BTreeSet::new();
            around.repeated(new, &mut found);
            found.into_iter().map(|v| v.as_u128()).collect::<Vec<_>>()
        };
        let (a, b, c, far) = (problem(1, 0), problem(2, 2), problem(3, 4), problem(4, 30));
        assert_eq!(affected(&a, &[a.clone(), b.clone()]), [] as [u128; 0], "twice is not yet repeated");
        let all = [a.clone(), b.clone(), c.clone(), far.clone()];
        assert_eq!(affected(&a, &all), [3]);
        assert_eq!(affected(&b, &all), [3]);
        assert_eq!(affected(&c, &all), [3], "itself, which the caller leaves out");
        assert_eq!(affected(&far, &all), [] as [u128; 0]);
        // It went away: what is left is still told about it.
        assert_eq!(affected(&a, &[b, c]), [3]);
    }
}
