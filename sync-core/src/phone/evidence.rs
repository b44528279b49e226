//! What this phone's other visits tell about one of them: the judge's evidence, as far as the phone has it.

use super::entry::Entry;
use super::{Phone, PhoneError};
use crate::clock::Stamp;
use crate::coverage::{self, Claim, Evidence, Neighbour, Problem, Verdict};
use crate::document::Document;
use crate::document::facts::{Category, CustomerRef, Mode, Origin, TimeKind};
use crate::document::read::view;
use crate::document::view::{Fact, Field, Item, VisitView, Written};
use crate::ids::{AssetId, CustomerId, FactId, UserId, VisitId, WorkOrderId};
use crate::signoff;
use crate::time::spans;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What other visits need to know of one, kept beside its line in the list, so that no document is read for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Traces {
    pub customer: Option<CustomerId>,
    pub work_order: Option<WorkOrderId>,
    pub spans: Vec<Trace>,
    pub claims: Vec<Claim>,
    pub problems: Vec<Problem>,
    /// Whether a timer runs; not said by older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<bool>,
}

/// A finished span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Trace {
    user: UserId,
    kind: TimeKind,
    from_ms: i64,
    until_ms: i64,
}

impl Traces {
    pub(super) fn of(visit: VisitId, view: &VisitView) -> Self {
        let spans = spans(view);
        Self {
            customer: listed(view),
            work_order: view.origins.iter().find_map(|o| o.value.work_order),
            claims: coverage::claims(visit, view, &spans),
            problems: coverage::problems(visit, view, &spans),
            running: Some(!spans.running.is_empty()),
            spans: spans
                .spans
                .iter()
                .map(|s| Trace { user: s.user, kind: s.kind, from_ms: s.from_ms, until_ms: s.until_ms })
                .collect(),
        }
    }
}

fn listed(view: &VisitView) -> Option<CustomerId> {
    match view.origin()?.customer {
        CustomerRef::Listed(id) => Some(id),
        CustomerRef::Unlisted(_) => None,
    }
}

/// What somebody asks about before anything is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// Where.
    pub customer: CustomerId,
    /// What kind of work.
    pub category: Category,
    /// On site or remote.
    pub mode: Mode,
    /// On which asset.
    pub asset: Option<AssetId>,
    /// By which work order.
    pub work_order: Option<WorkOrderId>,
}

impl Phone {
    /// The coverage verdict by this phone's reference data and its other visits; advisory, the server judges again.
    ///
    /// # Errors
    /// As [`Phone::view`].
    pub fn assess(&self, visit: VisitId) -> Result<Verdict, PhoneError> {
        Ok(self.judge(visit, &self.document(visit)?))
    }

    /// What the verdict would be if this work were begun now. Nothing is recorded.
    pub fn advice(&self, question: &Question, now: Stamp) -> Verdict {
        let at = self.stamp(now);
        let own = self.identity.device;
        let fact = FactId(Uuid::nil());
        fn field<T>(value: Option<T>, device: crate::ids::DeviceId) -> Field<T> {
            Field(value.into_iter().map(|value| Written { value, device }).collect())
        }
        let customer = self.reference.customers.get(&question.customer);
        let origin = Origin {
            visit: VisitId(Uuid::nil()),
            customer: CustomerRef::Listed(question.customer),
            customer_name: customer.map(|c| c.name.clone()).unwrap_or_default(),
            time_zone: None,
            work_order: question.work_order,
            work_order_code: None,
            mode: question.mode,
            demand: None,
            triage: None,
            at,
            by: self.identity.user,
        };
        let item = Item {
            id: fact,
            at: Some(at),
            by: Some(self.identity.user),
            category: field(Some(question.category), own),
            asset: field(question.asset, own),
            asset_name: Field::default(),
            symptom: Field::default(),
            action: Field::default(),
            outcome: Field::default(),
            removed: Field::default(),
        };
        let view = VisitView {
            visit: Some(origin.visit),
            origins: vec![Fact { id: fact, value: origin, device: own, superseded_by: None }],
            items: vec![item],
            ..VisitView::default()
        };
        let evidence = self.evidence(VisitId(Uuid::nil()), &view);
        coverage::assess(&view, &self.reference, &evidence)
    }

    /// Judges a document of this phone.
    pub(super) fn judge(&self, visit: VisitId, doc: &Document) -> Verdict {
        let view = view(doc);
        let own = &self.identity;
        let sign_offs = signoff::evidence(doc, &view, &|d| (d == own.device).then(|| own.key.clone()))
            .into_iter()
            // Another phone's key is not here: that its signature cannot be checked is no mismatch.
            .filter(|e| view.sign_offs.iter().any(|s| s.id == e.sign_off && s.device == own.device))
            .collect();
        coverage::assess(&view, &self.reference, &Evidence { sign_offs, ..self.evidence(visit, &view) })
    }

    /// What the other visits on this phone tell. Too much does no harm: the judge looks at what concerns it.
    fn evidence(&self, visit: VisitId, of: &VisitView) -> Evidence {
        let customer = listed(of);
        let order = of.origins.iter().find_map(|o| o.value.work_order);
        let mut evidence = Evidence::default();
        for (id, entry) in self.visits.iter().filter(|(id, _)| **id != visit) {
            let read;
            let traces = match &entry.meta.traces {
                Some(traces) => traces,
                // Stored by an older version.
                None => {
                    read = traces_of(*id, entry);
                    &read
                }
            };
            let here = customer.is_some() && traces.customer == customer;
            let same_order = order.is_some() && traces.work_order == order;
            let theirs = |s: &&Trace| here || same_order || of.time.iter().any(|t| t.start.value.user == s.user);
            evidence.neighbours.extend(traces.spans.iter().filter(theirs).map(|s| Neighbour {
                visit: *id,
                customer: traces.customer,
                work_order: traces.work_order,
                user: s.user,
                kind: s.kind,
                from_ms: s.from_ms,
                until_ms: s.until_ms,
            }));
            if here {
                evidence.claims.extend(traces.claims.iter().cloned());
                evidence.problems.extend(traces.problems.iter().cloned());
            }
        }
        evidence
    }
}

/// Read from the document; nothing where that cannot be read, which its own visit says.
fn traces_of(visit: VisitId, entry: &Entry) -> Traces {
    entry.document().map(|doc| Traces::of(visit, &view(&doc))).unwrap_or_default()
}
