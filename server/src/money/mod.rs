//! Money (金额) on its way into the database: the cost lines of a visit, the leads and the root causes that follow from
//! its verdict. One call in the transaction that writes the verdict; a set of statements per batch, whatever its size.

use crate::store::bulk::Rows;
use crate::store::leads::{self, PlaceRow, Uncovered};
use crate::store::root_causes::{self, Repeat};
use crate::store::{StoreError, Tx, audit, cost};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use sync_core::coverage::{Cause, Coverage, FlagCode, Problem, Verdict};
use sync_core::document::facts::CustomerRef;
use sync_core::document::view::VisitView;
use sync_core::ids::VisitId;
use sync_core::money::{CostLine, cost_lines};
use sync_core::reference::Reference;
use sync_core::time::Spans;
use uuid::Uuid;

#[cfg(test)]
mod tests;

/// A visit with its new verdict.
pub(crate) struct Costed<'a> {
    /// Which.
    pub(crate) visit: VisitId,
    /// Whether nothing of it was stored before.
    pub(crate) is_first: bool,
    /// What it says.
    pub(crate) view: &'a VisitView,
    /// Its time.
    pub(crate) spans: &'a Spans,
    /// What is thought of it.
    pub(crate) verdict: &'a Verdict,
    /// Its problems.
    pub(crate) problems: &'a [Problem],
}

/// What a batch of verdicts means in money.
#[derive(Default)]
pub(crate) struct Costs {
    lines: Rows,
    /// Visits of which something was stored before.
    known: Vec<Uuid>,
    uncovered: BTreeSet<Uncovered>,
    repeats: BTreeMap<(Uuid, String), Repeat>,
}

impl Costs {
    /// Adds a visit.
    pub(crate) fn visit(&mut self, v: &Costed<'_>, reference: &Reference) {
        let visit = v.visit.0;
        if !v.is_first {
            self.known.push(visit);
        }
        let origin = v.view.origin();
        let customer = origin.and_then(|o| match o.customer {
            CustomerRef::Listed(id) => Some(id),
            CustomerRef::Unlisted(_) => None,
        });
        let demand = origin.and_then(|o| o.demand.as_ref());
        let listed = customer.filter(|id| reference.customers.contains_key(id)).map(|c| c.0);
        let lines = cost_lines(v.view, v.spans, v.verdict, reference);
        for (line, number) in lines.iter().zip(0_i64..) {
            let day = line.day.map(|d| d.to_string());
            let price = line.price.as_ref();
            self.lines.push(&[
                visit.into(),
                number.into(),
                customer.map(|c| c.0).into(),
                origin.map_or("", |o| o.customer_name.as_str()).into(),
                demand.map(|d| d.role.as_str()).into(),
                demand.map(|d| d.name.as_str()).into(),
                line.engineer.map(|u| u.0).into(),
                line.item.map(|i| i.0).into(),
                line.category.map(|c| c.as_str()).into(),
                day.as_deref().into(),
                line.class.map(|c| c.as_str()).into(),
                line.kind.as_str().into(),
                line.expense.map(|e| e.as_str()).into(),
                line.coverage.as_str().into(),
                line.cause.as_str().into(),
                line.contract.map(|c| c.0).into(),
                line.ms.into(),
                price.map(|p| p.cost_minor).into(),
                price.map(|p| p.list_minor).into(),
                price.map(|p| p.currency.as_str()).into(),
            ]);
            if let (Some(customer), Some(category)) = (listed, for_lead(line)) {
                self.uncovered.insert(Uncovered { customer, category, visit });
            }
        }
        let Some(customer) = listed else { return };
        let repeated: BTreeSet<_> =
            v.verdict.flags.iter().filter(|f| f.code == FlagCode::RepeatProblem).map(|f| f.item).collect();
        for p in v.problems.iter().filter(|p| repeated.contains(&Some(p.item))) {
            let repeat = Repeat { customer, key: p.key.clone(), at_ms: p.at_ms };
            let last = self.repeats.entry((customer, p.key.clone())).or_insert_with(|| repeat.clone());
            last.at_ms = last.at_ms.max(repeat.at_ms);
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn write(self, tx: &mut Tx, now_ms: i64) -> Result<(), StoreError> {
        cost::clear(tx, &self.known).await?;
        cost::LINES.run(tx, &self.lines).await?;
        let places = leads::places(tx, &self.known).await?;
        let stays = |p: &PlaceRow| {
            self.uncovered.iter().any(|u| (u.visit, u.category, u.customer) == (p.visit_id, &p.category, p.customer_id))
        };
        // What was decided about stays as it was.
        let alive = |p: &&PlaceRow| matches!(p.state.as_str(), "open" | "postponed");
        let gone: Vec<PlaceRow> = places.iter().filter(alive).filter(|p| !stays(p)).cloned().collect();
        let placed: BTreeSet<(Uuid, &str, Uuid)> =
            places.iter().map(|p| (p.visit_id, p.category.as_str(), p.customer_id)).collect();
        let fresh: Vec<Uncovered> =
            self.uncovered.iter().filter(|u| !placed.contains(&(u.visit, u.category, u.customer))).cloned().collect();
        let closed = leads::leave(tx, &gone).await?;
        leads::join(tx, &fresh, now_ms).await?;
        for id in closed {
            let why = json!({ "reason": "its work is covered now" });
            audit::add(tx, now_ms, None, "lead.void", &format!("lead/{id}"), why).await?;
        }
        let repeats: Vec<Repeat> = self.repeats.into_values().collect();
        root_causes::open(tx, &repeats, now_ms).await
    }
}

/// The category under which a line makes a lead: what nothing covers, unless a clause names its price already.
fn for_lead(line: &CostLine) -> Option<&'static str> {
    let uncovered = line.coverage == Coverage::NotCovered && line.cause != Cause::Priced;
    line.category.filter(|_| uncovered).map(|c| c.as_str())
}
