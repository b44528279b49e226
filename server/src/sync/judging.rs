//! The second computing step: what a merged visit says, and what is to be thought of it.

use super::evidence::{Outside, Reach, Runs};
use crate::money::Costed;
use crate::store::evidence::{ClaimRow, ProblemRow};
use crate::store::verdicts::{Cause, CauseKind, Judging, StandingRow};
use crate::store::visits::SpanRow;
use sqlx::types::Json;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use sync_core::coverage::{
    Claim, Evidence, Neighbour, Problem, SignOffEvidence, Verdict, assess, claims, problems, quota_reach,
};
use sync_core::crypto::PublicKey;
use sync_core::document::Document;
use sync_core::document::facts::{CrewAction, CustomerRef, TimeKind};
use sync_core::document::read::view;
use sync_core::document::view::VisitView;
use sync_core::ids::{CustomerId, DeviceId, FactId, UserId, VisitId, WorkOrderId};
use sync_core::reference::{Effect, Reference};
use sync_core::signoff::Summary;
use sync_core::time::{self, Interval, Spans};
use sync_core::{signoff, time::whole_seconds};
use uuid::Uuid;

/// A visit, read.
pub(super) struct Read {
    pub visit: VisitId,
    pub version: i64,
    pub document: Arc<Document>,
    /// Whether its document changed in this batch (others are only judged again).
    pub changed: bool,
    pub view: VisitView,
    pub spans: Spans,
    pub labour_s: i64,
    pub problems: Vec<Problem>,
    /// Only where a contract of the customer has a limit.
    pub claims: Vec<Claim>,
    /// How far the claims of others matter.
    pub reach: Option<Interval>,
}

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

/// Whether any contract of the customer bounds what it grants.
fn has_limits(reference: &Reference, customer: CustomerId) -> bool {
    let contracts = reference.contracts.get(&customer).into_iter().flat_map(|c| c.values());
    contracts.into_iter().any(|c| {
        let package = reference.packages.get(&c.package);
        let mut clauses = c.extras.iter().chain(package.into_iter().flat_map(|p| &p.clauses));
        clauses.any(|clause| clause.effect == Effect::Limit)
    })
}

impl Read {
    pub(super) fn new(
        visit: VisitId,
        version: i64,
        document: Arc<Document>,
        changed: bool,
        reference: &Reference,
    ) -> Self {
        let view = view(&document);
        let spans = time::spans(&view);
        let labour_s = whole_seconds(spans.totals().labour_union_ms);
        let problems = problems(visit, &view, &spans);
        let mut read = Self {
            visit,
            version,
            document,
            changed,
            view,
            spans,
            labour_s,
            problems,
            claims: Vec::new(),
            reach: None,
        };
        if let Some(customer) = read.customer().filter(|c| has_limits(reference, *c)) {
            let claims = claims(visit, &read.view, &read.spans);
            let (from, until) = (claims.iter().map(|c| c.from_ms).min(), claims.iter().map(|c| c.until_ms).max());
            let reach = from.zip(until).and_then(|(from, until)| quota_reach(reference, customer, from, until));
            (read.claims, read.reach) = if reach.is_some() { (claims, reach) } else { (Vec::new(), None) };
        }
        read
    }

    /// Its problems as rows.
    pub(super) fn problem_rows(&self) -> Vec<ProblemRow> {
        let Some(customer) = self.customer() else { return Vec::new() };
        let row = |p: &Problem| ProblemRow {
            visit_id: self.visit.0,
            item_id: p.item.0,
            customer_id: customer.0,
            key: p.key.clone(),
            at_ms: p.at_ms,
        };
        self.problems.iter().map(row).collect()
    }

    /// Its claims as rows.
    pub(super) fn claim_rows(&self) -> Vec<ClaimRow> {
        let Some(customer) = self.customer() else { return Vec::new() };
        let row = |c: &Claim| ClaimRow {
            visit_id: self.visit.0,
            customer_id: customer.0,
            from_ms: c.from_ms,
            until_ms: c.until_ms,
            categories: Json(c.categories.clone()),
            modes: Json(c.modes.clone()),
        };
        self.claims.iter().map(row).collect()
    }

    pub(super) fn customer(&self) -> Option<CustomerId> {
        match self.view.origin()?.customer {
            CustomerRef::Listed(id) => Some(id),
            CustomerRef::Unlisted(_) => None,
        }
    }

    pub(super) fn work_order(&self) -> Option<WorkOrderId> {
        self.view.origins.iter().find_map(|o| o.value.work_order)
    }

    /// Everybody who works on it: who began it, joined it, or has time in it.
    pub(super) fn engineers(&self) -> std::collections::BTreeSet<UserId> {
        let v = &self.view;
        let crew = v.crew.iter().filter(|c| c.value.action == CrewAction::Join).map(|c| c.value.user);
        crew.chain(v.origins.iter().map(|o| o.value.by)).chain(v.time.iter().map(|t| t.start.value.user)).collect()
    }

    /// When it ended: its last span's end, once nothing runs any more.
    pub(super) fn ended_ms(&self) -> Option<i64> {
        self.spans.running.is_empty().then(|| self.spans.spans.iter().map(|s| s.until_ms).max()).flatten()
    }

    pub(super) fn own_spans(&self) -> Vec<SpanRow> {
        let (customer, order) = (self.customer().map(|c| c.0), self.work_order().map(|w| w.0));
        let row = |s: &time::Span| SpanRow {
            visit_id: self.visit.0,
            user_id: s.user.0,
            customer_id: customer,
            work_order_id: order,
            kind: s.kind.as_str().to_owned(),
            from_ms: s.from_ms,
            until_ms: s.until_ms,
        };
        self.spans.spans.iter().map(row).collect()
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
