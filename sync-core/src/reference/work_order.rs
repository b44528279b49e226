//! Work orders (工单): the only thing that dispatches an engineer.

use crate::document::facts::{Triage, words};
use crate::ids::{CustomerId, UserId, VisitId, WorkOrderId};
use serde::{Deserialize, Serialize};

words! {
    /// Whether an order still waits for its visit.
    WorkOrderStatus { Open = "open", Closed = "closed" }
}

/// 工单: the only thing that dispatches an engineer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkOrder {
    /// Its id.
    pub id: WorkOrderId,
    /// Its number; unique.
    pub code: String,
    /// Where to.
    pub customer: CustomerId,
    /// The visit it dispatches: known ahead of time, so that two phones without a network meet in one visit.
    pub visit: VisitId,
    /// Who issued it. Only a service manager's (or an administrator's) order dispatches.
    pub issued_by: UserId,
    /// When: milliseconds since 1970 UTC.
    pub issued_at_ms: i64,
    /// Who is sent.
    #[serde(default)]
    pub engineers: Vec<UserId>,
    /// What for.
    #[serde(default)]
    pub task: String,
    /// What was asked before somebody was sent, and whether that was needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triage: Option<Triage>,
    /// 补单: issued after the work began; the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retroactive: Option<String>,
    /// Open or closed.
    #[serde(default = "open", skip_serializing_if = "is_open")]
    pub status: WorkOrderStatus,
}

fn open() -> WorkOrderStatus {
    WorkOrderStatus::Open
}

fn is_open(status: &WorkOrderStatus) -> bool {
    *status == WorkOrderStatus::Open
}
