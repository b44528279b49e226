//! What an engineer can record, as typed commands.

use super::facts::*;
use crate::ids::{FactId, UserId, WorkOrderId};

/// One thing to record. Several may go into one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Begin the visit (writes the origin, and that the engineer joins).
    Begin {
        /// Where.
        customer: CustomerRef,
        /// Its name as the phone knows it.
        customer_name: String,
        /// The work order with its number, when there is one.
        work_order: Option<(WorkOrderId, String)>,
        /// On site or remote.
        mode: Mode,
        /// On whose demand.
        demand: Option<Demand>,
        /// What was asked before the work.
        triage: Option<Triage>,
    },
    /// This engineer joins.
    Join,
    /// This engineer leaves.
    Leave,
    /// A new work item.
    AddItem(ItemPatch),
    /// Write some fields of a work item.
    EditItem {
        /// Which.
        item: FactId,
        /// The fields to write.
        patch: ItemPatch,
    },
    /// Start a timer for this engineer.
    StartTimer {
        /// What for.
        kind: TimeKind,
        /// On which work item.
        item: Option<FactId>,
    },
    /// Stop a timer. Another phone may have stopped it too: both ends are kept.
    StopTimer {
        /// The timer.
        entry: FactId,
    },
    /// Write a time entry down afterwards, perhaps in place of another.
    AddTime {
        /// What for.
        kind: TimeKind,
        /// Whose time.
        user: UserId,
        /// On which work item.
        item: Option<FactId>,
        /// From and until.
        span: ManualSpan,
        /// The entry that it corrects.
        supersedes: Option<Supersedes>,
    },
    /// A new expense.
    AddExpense(ExpensePatch),
    /// Write some fields of an expense.
    EditExpense {
        /// Which.
        expense: FactId,
        /// The fields to write.
        patch: ExpensePatch,
    },
    /// Record an objection.
    Object {
        /// Against advice, or relief refused.
        kind: ObjectionKind,
        /// What was advised or asked for.
        advice: String,
        /// Who insisted or refused.
        insisted_by: String,
        /// In which words.
        words: String,
        /// The objection that it corrects.
        supersedes: Option<Supersedes>,
    },
    /// Record a note.
    Note {
        /// The text.
        text: String,
        /// The note that it corrects.
        supersedes: Option<Supersedes>,
    },
    /// Refer to a photo or file.
    Photo {
        /// SHA-256 of its bytes, lower-case hex.
        sha256: String,
        /// Size in bytes.
        size: u64,
        /// Media type.
        media_type: String,
        /// What it shows.
        caption: String,
        /// Whether it shows the customer's seal.
        seal: bool,
        /// The work item or expense that it belongs to.
        about: Option<FactId>,
        /// The photo that it replaces.
        supersedes: Option<Supersedes>,
    },
}

/// Why a command was not carried out. Nothing was written then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// A text or number breaks the schema's bounds.
    #[error("{field}: {why}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// It names a fact that this document does not hold.
    #[error("there is no {what} {id} in this visit")]
    Unknown {
        /// `item`, `expense`, `time entry`, …
        what: &'static str,
        /// Its id.
        id: FactId,
    },
    /// The timer has been stopped already, as far as this phone knows.
    #[error("the timer {0} has ended already")]
    Ended(FactId),
    /// The visit was begun already on this phone's copy.
    #[error("this visit has begun already")]
    Begun,
    /// Nothing to write.
    #[error("there is nothing to record")]
    Empty,
    /// Automerge refused; a defect.
    #[error("the document refused the change: {0}")]
    Document(String),
}

impl CommandError {
    /// A stable code for hosts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "command_invalid",
            Self::Unknown { .. } => "fact_unknown",
            Self::Ended(_) => "timer_ended",
            Self::Begun => "visit_begun",
            Self::Empty => "command_empty",
            Self::Document(_) => "document_refused",
        }
    }
}
