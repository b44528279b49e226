//! What this phone's other visits tell about one of them: the judge's evidence, as far as the phone has it.

use super::entry::Entry;
use super::traces::{Trace, Traces, listed};
use super::{Phone, PhoneError};
use crate::clock::Stamp;
use crate::coverage::{self, Coverage, Evidence, Neighbour, Verdict};
use crate::document::Document;
use crate::document::facts::{Category, CustomerRef, Mode, Origin};
use crate::document::read::view;
use crate::document::view::{Fact, Field, Item, VisitView, Written};
use crate::ids::{AssetId, CustomerId, FactId, VisitId, WorkOrderId};
use crate::signoff;
use std::borrow::Cow;
use std::collections::BTreeMap;
use uuid::Uuid;

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

    /// Judges visits for a list.
    pub fn lister(&self) -> Lister<'_> {
        Lister { phone: self, claims: BTreeMap::new() }
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

    /// The other visits on this phone, by what they leave for their neighbours.
    fn others(&self, visit: VisitId) -> impl Iterator<Item = (VisitId, Cow<'_, Traces>)> {
        self.visits.iter().filter(move |(id, _)| **id != visit).map(|(id, entry)| {
            let traces = match &entry.meta.traces {
                Some(traces) => Cow::Borrowed(traces),
                None => Cow::Owned(traces_of(*id, entry)),
            };
            (*id, traces)
        })
    }

    /// What the other visits on this phone tell. Too much does no harm: the judge looks at what concerns it.
    fn evidence(&self, visit: VisitId, of: &VisitView) -> Evidence {
        let customer = listed(of);
        let order = of.origins.iter().find_map(|o| o.value.work_order);
        let mut evidence = Evidence::default();
        for (id, traces) in self.others(visit) {
            let here = customer.is_some() && traces.customer == customer;
            let same_order = order.is_some() && traces.work_order == order;
            let theirs = |s: &&Trace| here || same_order || of.time.iter().any(|t| t.start.value.user == s.user);
            evidence.neighbours.extend(traces.spans.iter().filter(theirs).map(|s| Neighbour {
                visit: id,
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

/// Says what [`Phone::assess`] comes to for many visits, without flags: what the visits at a customer use up of its limits is gathered
/// once for all of them.
pub struct Lister<'a> {
    phone: &'a Phone,
    claims: BTreeMap<Option<CustomerId>, Evidence>,
}

impl Lister<'_> {
    /// For one of the phone's visits, read already.
    pub fn coverage(&mut self, view: &VisitView) -> Coverage {
        let customer = listed(view);
        let evidence = self.claims.entry(customer).or_insert_with(|| {
            let mut claims = Vec::new();
            // Its own are among them: the judge leaves those out.
            for (_, traces) in self.phone.others(VisitId(Uuid::nil())) {
                if customer.is_some() && traces.customer == customer {
                    claims.extend(traces.claims.iter().cloned());
                }
            }
            Evidence { claims, ..Evidence::default() }
        });
        coverage::coverage(view, &self.phone.reference, evidence)
    }
}

/// Read from the document, of visits that an older version stored; nothing where that cannot be read, which its own visit says.
fn traces_of(visit: VisitId, entry: &Entry) -> Traces {
    entry.document().map(|doc| Traces::of(visit, &view(&doc))).unwrap_or_default()
}
