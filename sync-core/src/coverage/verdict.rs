//! What the coverage engine says, and what it is given beside the visit and the reference data.

use crate::document::facts::{Category, Mode, TimeKind, words};
use crate::ids::{ContractId, CustomerId, FactId, UserId, VisitId};
use crate::message::Message;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

words! {
    /// 合同覆盖结论
    Coverage { Covered = "covered", NotCovered = "not_covered", NeedsDecision = "needs_decision" }

    /// Why a stretch has its answer, for programs; the reason says it in words.
    Cause {
        /// A clause grants it.
        Granted = "granted",
        NoContract = "no_contract",
        OutOfScope = "out_of_scope",
        /// A clause grants it, but not at that hour.
        OutsideServiceHours = "outside_service_hours",
        /// A clause grants it, but what it allows is used up.
        QuotaExhausted = "quota_exhausted",
        CustomersOwnWork = "customers_own_work",
        /// Not in the fee; a clause names its price.
        Priced = "priced",
        /// Somebody must decide.
        Undecided = "undecided",
    }

    /// How loud a flag is.
    Severity { Info = "info", Warning = "warning", Critical = "critical" }

    /// 标记: something a manager must look at.
    FlagCode {
        NoContract = "no_contract",
        ContractLapsed = "contract_lapsed",
        ContractNotStarted = "contract_not_started",
        OutOfScope = "out_of_scope",
        QuotaExhausted = "quota_exhausted",
        OutsideServiceHours = "outside_service_hours",
        VendorGap = "vendor_gap",
        CustomersOwnWork = "customers_own_work",
        NoWorkOrder = "no_work_order",
        RepeatProblem = "repeat_problem",
        RemotePossible = "remote_possible",
        AfterSignOff = "after_sign_off",
        SignOffMismatch = "sign_off_mismatch",
        Refused = "refused",
        Unsigned = "unsigned",
        ClockDrift = "clock_drift",
        OverlappingTime = "overlapping_time",
        Fatigue = "fatigue",
        Conflict = "conflict",
        PossibleDuplicate = "possible_duplicate",
        QuarantinedChanges = "quarantined_changes",
    }
}

/// A flag with its explanation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Flag {
    /// Which.
    pub code: FlagCode,
    /// How loud.
    pub severity: Severity,
    /// The work item it is about, when it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<FactId>,
    /// Why, in words.
    pub message: Message,
}

/// A stretch of the work with one answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// From, milliseconds since 1970 UTC.
    pub from_ms: i64,
    /// Until (exclusive). Equal to `from_ms` for work without measured time: a moment.
    pub until_ms: i64,
    /// The local date at the customer's on which it begins; days since a contract ended are counted to it. `None` when
    /// the customer or their time zone is not known.
    #[serde(default, deserialize_with = "crate::time::text::optional_day")]
    pub day: Option<jiff::civil::Date>,
    /// The answer.
    pub coverage: Coverage,
    /// Why, in one word.
    pub cause: Cause,
    /// The contract that covers it, or the one whose clause is why it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractId>,
    /// The number of that clause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// Why: the clause that grants it, or the reason why nothing does.
    pub reason: Message,
    /// Each contract that was looked at and why it did not serve (empty when covered).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looked_at: Vec<Message>,
}

/// The answer for one work item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemVerdict {
    /// Which work item.
    pub item: FactId,
    /// The whole item's answer: covered only if every stretch is.
    pub coverage: Coverage,
    /// In order of time. Every local day is judged by itself; neighbours with the same answer are one stretch.
    /// Empty only when neither time nor a moment is known.
    pub stretches: Vec<Stretch>,
}

/// 合同覆盖结论: the answer for a visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The version of the reference data that it was judged by.
    pub reference_version: u64,
    /// The whole visit's answer: covered only if every item is; not covered as soon as one is not (deciding about the
    /// others cannot change that); needs a decision otherwise, also when nothing was recorded.
    pub coverage: Coverage,
    /// One per work item that counts, in the order of their ids.
    pub items: Vec<ItemVerdict>,
    /// Sorted by code, item and message; no two equal.
    pub flags: Vec<Flag>,
}

/// What is known about one sign-off beside its own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOffEvidence {
    /// Which sign-off.
    pub sign_off: FactId,
    /// Whether heads, summary, text, strokes and the device's signature all fit; the reason when not.
    pub mismatch: Option<Message>,
    /// How many changes the document holds that are neither in the signed heads' ancestry nor the sign-off itself
    /// (nor another sign-off of the same heads).
    pub changes_outside: u32,
}

/// A time span of an engineer at another visit, as far as the judge knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbour {
    /// The other visit.
    pub visit: VisitId,
    /// Its customer, when listed.
    pub customer: Option<CustomerId>,
    /// Its work order, when it has one.
    pub work_order: Option<crate::ids::WorkOrderId>,
    /// Whose time.
    pub user: UserId,
    /// Labour, travel, waiting or break.
    pub kind: TimeKind,
    /// From, milliseconds since 1970 UTC.
    pub from_ms: i64,
    /// Until (exclusive).
    pub until_ms: i64,
}

/// What another visit asks of the same customer's contracts. It may use up what a contract allows before this one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Claim {
    /// The other visit.
    pub visit: VisitId,
    /// Its categories: several where phones disagreed.
    pub categories: BTreeSet<Category>,
    /// Its modes: several where phones disagreed.
    pub modes: BTreeSet<Mode>,
    /// From, milliseconds since 1970 UTC.
    pub from_ms: i64,
    /// Until (exclusive); equal to `from_ms` for work without measured time.
    pub until_ms: i64,
}

/// A problem of another visit at the same customer, perhaps the same one again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// The other visit.
    pub visit: VisitId,
    /// Its work item.
    pub item: FactId,
    /// What makes two problems the same one: see [`problem_key`](super::problem_key).
    pub key: String,
    /// When the work on it began, milliseconds since 1970 UTC.
    pub at_ms: i64,
}

/// What the judge is given beside the visit and the reference data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// One per sign-off of the view.
    pub sign_offs: Vec<SignOffEvidence>,
    /// How many changes for this visit were refused and kept in quarantine.
    pub quarantined: u32,
    /// Other visits' time spans: of the engineers of this visit, those that touch it or lie so near that there was no
    /// rest in between; of its customer, those that touch it. More do no harm.
    pub neighbours: Vec<Neighbour>,
    /// Work of other visits at the same customer, where a contract of theirs has a limit: all of it that touches
    /// [`quota_reach`](super::quota_reach). More does no harm.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// Problems of other visits at the same customer with the keys of this visit's, within the window for repetitions
    /// before it. More do no harm.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}
