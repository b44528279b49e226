//! What a merged visit says, before anything is thought of it.

use crate::store::evidence::{ClaimRow, ProblemRow};
use crate::store::visits::SpanRow;
use sqlx::types::Json;
use std::collections::BTreeSet;
use std::sync::Arc;
use sync_core::coverage::{Claim, Problem, claims, problems, quota_reach};
use sync_core::document::Document;
use sync_core::document::facts::{CrewAction, CustomerRef};
use sync_core::document::read::view;
use sync_core::document::view::VisitView;
use sync_core::ids::{CustomerId, UserId, VisitId, WorkOrderId};
use sync_core::reference::{Effect, Reference};
use sync_core::time::{self, Interval, Spans, whole_seconds};

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
    pub(super) fn engineers(&self) -> BTreeSet<UserId> {
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
