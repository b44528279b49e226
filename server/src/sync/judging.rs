//! The second computing step: what a merged visit says, and what is to be thought of it.

use crate::store::visits::SpanRow;
use std::collections::HashMap;
use std::sync::Arc;
use sync_core::coverage::{Evidence, Neighbour, SignOffEvidence, Verdict, assess};
use sync_core::crypto::PublicKey;
use sync_core::document::Document;
use sync_core::document::facts::{CrewAction, CustomerRef};
use sync_core::document::read::view;
use sync_core::document::view::VisitView;
use sync_core::ids::{CustomerId, DeviceId, UserId, VisitId, WorkOrderId};
use sync_core::reference::Reference;
use sync_core::signoff::Summary;
use sync_core::time::{self, Spans};
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
}

/// A visit, judged.
pub(super) struct Judged {
    pub read: Read,
    pub verdict: Verdict,
    pub sign_offs: Vec<SignOffEvidence>,
    /// What was signed, of each sign-off that fits.
    pub summaries: Vec<Option<Summary>>,
}

impl Read {
    pub(super) fn new(visit: VisitId, version: i64, document: Arc<Document>, changed: bool) -> Self {
        let view = view(&document);
        let spans = time::spans(&view);
        let labour_s = whole_seconds(spans.totals().labour_union_ms);
        Self { visit, version, document, changed, view, spans, labour_s }
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
    /// Spans of all visits concerned, stored and of this batch.
    pub spans: Vec<SpanRow>,
}

/// Judges one visit.
pub(super) fn judge(read: Read, known: &Knowledge) -> Judged {
    let examined = signoff::examine(&read.document, &read.view, &|d| known.keys.get(&d).cloned());
    let (sign_offs, summaries): (Vec<_>, Vec<_>) = examined.into_iter().unzip();
    let evidence = Evidence {
        sign_offs: sign_offs.clone(),
        quarantined: known.quarantined.get(&read.visit.0).copied().unwrap_or(0),
        neighbours: neighbours(&read, &known.spans),
    };
    let verdict = assess(&read.view, &known.reference, &evidence);
    Judged { read, verdict, sign_offs, summaries }
}

/// The spans that touch this visit: the same engineer, customer or work order, elsewhere.
fn neighbours(read: &Read, spans: &[SpanRow]) -> Vec<Neighbour> {
    let own = read.own_spans();
    let near = |s: &&SpanRow| {
        s.visit_id != read.visit.0
            && own.iter().any(|o| {
                let overlaps = o.from_ms < s.until_ms && s.from_ms < o.until_ms;
                let same_place = o.customer_id.is_some() && o.customer_id == s.customer_id;
                (overlaps && (o.user_id == s.user_id || same_place))
                    || (o.work_order_id.is_some() && o.work_order_id == s.work_order_id)
            })
    };
    let neighbour = |s: &SpanRow| Neighbour {
        visit: VisitId(s.visit_id),
        customer: s.customer_id.map(CustomerId),
        work_order: s.work_order_id.map(WorkOrderId),
        user: UserId(s.user_id),
        from_ms: s.from_ms,
        until_ms: s.until_ms,
    };
    spans.iter().filter(near).map(neighbour).collect()
}
