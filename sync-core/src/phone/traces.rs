//! What a visit leaves for the judging of others.

use crate::coverage::{self, Claim, Problem};
use crate::document::facts::{CustomerRef, TimeKind};
use crate::document::view::VisitView;
use crate::ids::{CustomerId, UserId, VisitId, WorkOrderId};
use crate::time::spans;
use serde::{Deserialize, Serialize};

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
    pub user: UserId,
    pub kind: TimeKind,
    pub from_ms: i64,
    pub until_ms: i64,
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

/// The customer, if it is one of the list.
pub(super) fn listed(view: &VisitView) -> Option<CustomerId> {
    match view.origin()?.customer {
        CustomerRef::Listed(id) => Some(id),
        CustomerRef::Unlisted(_) => None,
    }
}
