//! The second computing step: what a merged visit says, and what is to be thought of it.

use super::evidence::{Outside, Reach, Runs};
use super::reading::Read;
use crate::money::Costed;
use crate::store::evidence::{ClaimRow, ProblemRow};
use crate::store::verdicts::{Cause, CauseKind, Judging, StandingRow};
use crate::store::visits::SpanRow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use sync_core::coverage::{Claim, Evidence, Neighbour, Problem, SignOffEvidence, Verdict, assess};
use sync_core::crypto::PublicKey;
use sync_core::document::facts::TimeKind;
use sync_core::ids::{CustomerId, DeviceId, FactId, UserId, VisitId, WorkOrderId};
use sync_core::reference::Reference;
use sync_core::signoff;
use sync_core::signoff::Summary;
use uuid::Uuid;

/// A visit, judged.
pub(super) struct Judged {
    pub read: Read,
    pub verdict: Verdict,
    pub sign_offs: Vec<SignOffEvidence>,
    /// What was signed, of each sign-off that fits.
    pub summaries: Vec<Option<Summary>>,
    /// How this verdict came about; of one that did not change, how it did when it was new.
    pub judging: Judging,
    /// The verdict that it replaces.
    pub replaced: Option<(Judging, Verdict)>,
    /// Whether it says something else than the one before, the version of the reference data apart.
    pub is_new: bool,
}

impl Judged {
    /// What its money follows from.
    pub(super) fn costed(&self) -> Costed<'_> {
        let Read { visit, version, view, spans, problems, .. } = &self.read;
        let (visit, is_first) = (*visit, *version == 0);
        Costed { visit, is_first, view, spans, verdict: &self.verdict, problems }
    }
}

/// Everything that judging needs beside the visits.
pub(super) struct Knowledge {
    pub reference: Arc<Reference>,
    pub keys: HashMap<DeviceId, PublicKey>,
    pub quarantined: HashMap<Uuid, u32>,
    /// Verdicts that the visits have.
    pub standing: HashMap<Uuid, StandingRow>,
    /// Why each visit is judged.
    pub causes: HashMap<Uuid, Cause>,
    pub reach: Reach,
    /// Each engineer's work, of all visits concerned: stored and of this batch. So are the others.
    pub runs: Runs,
    pub by_customer: HashMap<Uuid, Vec<SpanRow>>,
    pub by_order: HashMap<Uuid, Vec<SpanRow>>,
    pub problems: HashMap<(Uuid, String), Vec<ProblemRow>>,
    pub claims: HashMap<Uuid, Vec<ClaimRow>>,
    pub now_ms: i64,
}

impl Knowledge {
    /// Takes in what others and the visits in hand have.
    pub(super) fn learn(&mut self, reads: &[Read], own: &[SpanRow], outside: &Outside) {
        let spans = || own.iter().chain(&outside.spans);
        self.runs = Runs::of(spans(), self.reach.rest);
        for s in spans() {
            if let Some(customer) = s.customer_id {
                self.by_customer.entry(customer).or_default().push(s.clone());
            }
            if let Some(order) = s.work_order_id {
                self.by_order.entry(order).or_default().push(s.clone());
            }
        }
        for p in reads.iter().flat_map(Read::problem_rows).chain(outside.problems.iter().cloned()) {
            self.problems.entry((p.customer_id, p.key.clone())).or_default().push(p);
        }
        for c in reads.iter().flat_map(Read::claim_rows).chain(outside.claims.iter().cloned()) {
            self.claims.entry(c.customer_id).or_default().push(c);
        }
    }
}

/// Judges one visit.
pub(super) fn judge(read: Read, known: &Knowledge) -> Judged {
    let examined = signoff::examine(&read.document, &read.view, &|d| known.keys.get(&d).cloned());
    let (sign_offs, summaries): (Vec<_>, Vec<_>) = examined.into_iter().unzip();
    let evidence = Evidence {
        sign_offs: sign_offs.clone(),
        quarantined: known.quarantined.get(&read.visit.0).copied().unwrap_or(0),
        neighbours: neighbours(&read, known),
        claims: others_claims(&read, known),
        problems: others_problems(&read, known),
    };
    let verdict = assess(&read.view, &known.reference, &evidence);
    let (judging, replaced, is_new) = settle(&read, &verdict, known);
    Judged { read, verdict, sign_offs, summaries, judging, replaced, is_new }
}

/// How the verdict came about, what it replaces, and whether it is a new one.
fn settle(read: &Read, verdict: &Verdict, known: &Knowledge) -> (Judging, Option<(Judging, Verdict)>, bool) {
    let cause = known.causes.get(&read.visit.0).cloned().unwrap_or_default();
    let new = |no| Judging { no, at_ms: known.now_ms, cause };
    let Some(row) = known.standing.get(&read.visit.0) else { return (new(1), None, true) };
    let judged = row.judged.as_ref().map_or_else(|| Judging::unknown(row.updated_ms), |j| j.0.clone());
    // One that this version cannot read would be lost if it were replaced by a guess of it: nothing was ever written so.
    let Ok(mut old) = serde_json::from_str::<Verdict>(&row.verdict) else { return (new(judged.no + 1), None, true) };
    let version = std::mem::replace(&mut old.reference_version, verdict.reference_version);
    if old == *verdict {
        return (judged, None, false);
    }
    old.reference_version = version;
    (new(judged.no + 1), Some((judged, old)), true)
}

/// The time that touches this visit's: of the same engineer without a rest in between, of the same customer at the same
/// time, of the same work order.
fn neighbours(read: &Read, known: &Knowledge) -> Vec<Neighbour> {
    let mut found: BTreeSet<&SpanRow> = BTreeSet::new();
    let own = read.own_spans();
    for o in &own {
        found.extend(known.runs.around(o).into_iter().flat_map(|run| &run.spans));
        let there = o.customer_id.and_then(|c| known.by_customer.get(&c));
        found.extend(there.into_iter().flatten().filter(|s| o.from_ms < s.until_ms && s.from_ms < o.until_ms));
        found.extend(o.work_order_id.and_then(|w| known.by_order.get(&w)).into_iter().flatten());
    }
    let neighbour = |s: &SpanRow| Neighbour {
        visit: VisitId(s.visit_id),
        customer: s.customer_id.map(CustomerId),
        work_order: s.work_order_id.map(WorkOrderId),
        user: UserId(s.user_id),
        kind: s.kind.parse().unwrap_or(TimeKind::Labour),
        from_ms: s.from_ms,
        until_ms: s.until_ms,
    };
    found.into_iter().filter(|s| s.visit_id != read.visit.0).map(neighbour).collect()
}

fn others_claims(read: &Read, known: &Knowledge) -> Vec<Claim> {
    let Some((customer, reach)) = read.customer().zip(read.reach) else { return Vec::new() };
    let all = known.claims.get(&customer.0).into_iter().flatten();
    let within =
        all.filter(|c| c.visit_id != read.visit.0 && c.from_ms < reach.until_ms && reach.from_ms <= c.until_ms);
    let claim = |c: &ClaimRow| Claim {
        visit: VisitId(c.visit_id),
        categories: c.categories.0.clone(),
        modes: c.modes.0.clone(),
        from_ms: c.from_ms,
        until_ms: c.until_ms,
    };
    within.map(claim).collect()
}

fn others_problems(read: &Read, known: &Knowledge) -> Vec<Problem> {
    let Some(customer) = read.customer() else { return Vec::new() };
    let mut found = BTreeSet::new();
    for own in &read.problems {
        let same = known.problems.get(&(customer.0, own.key.clone())).into_iter().flatten();
        let before = same.filter(|p| {
            p.visit_id != read.visit.0 && p.at_ms <= own.at_ms && own.at_ms - p.at_ms <= known.reach.repeat
        });
        found.extend(before.map(|p| Problem {
            visit: VisitId(p.visit_id),
            item: FactId(p.item_id),
            key: p.key.clone(),
            at_ms: p.at_ms,
        }));
    }
    found.into_iter().collect()
}

/// Other visits whose time touches what changed between `before` and now: they are judged in the same batch. Each with
/// the visit that it touches.
pub(super) fn touched(changed: &[SpanRow], outside: &BTreeSet<SpanRow>) -> HashMap<Uuid, Uuid> {
    let mut users: HashMap<Uuid, Vec<&SpanRow>> = HashMap::new();
    let mut customers: HashMap<Uuid, Vec<&SpanRow>> = HashMap::new();
    let mut orders: HashMap<Uuid, Uuid> = HashMap::new();
    for s in changed {
        users.entry(s.user_id).or_default().push(s);
        if let Some(customer) = s.customer_id {
            customers.entry(customer).or_default().push(s);
        }
        if let Some(order) = s.work_order_id {
            orders.entry(order).or_insert(s.visit_id);
        }
    }
    let mut found = HashMap::new();
    for s in outside {
        let overlaps = |of: Option<&Vec<&SpanRow>>| {
            let mut all = of.into_iter().flatten();
            all.find(|o| o.from_ms < s.until_ms && s.from_ms < o.until_ms).map(|o| o.visit_id)
        };
        let by = overlaps(users.get(&s.user_id))
            .or_else(|| overlaps(s.customer_id.and_then(|c| customers.get(&c))))
            .or_else(|| s.work_order_id.and_then(|w| orders.get(&w).copied()));
        if let Some(by) = by {
            found.entry(s.visit_id).or_insert(by);
        }
    }
    found
}

/// The cause of judging a visit because another one changed, on whose word that was.
pub(super) fn because_of(visit: Uuid, causes: &HashMap<Uuid, Cause>) -> Cause {
    let theirs = causes.get(&visit);
    Cause {
        kind: CauseKind::Visit,
        visit: Some(visit),
        user: theirs.and_then(|c| c.user),
        device: theirs.and_then(|c| c.device),
        ..Cause::default()
    }
}
