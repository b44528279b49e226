//! A verdict and its flags, as the API tells them.

use super::Words;
use serde::Serialize;
use sync_core::coverage::{Flag, ItemVerdict, Stretch, Verdict};
use uuid::Uuid;

/// A stretch of work with one answer.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct StretchAnswer {
    /// From.
    pub from_ms: i64,
    /// Until (exclusive).
    pub until_ms: i64,
    /// The local date at the customer's on which it begins.
    pub day: Option<String>,
    /// `covered`, `not_covered` or `needs_decision`.
    pub coverage: &'static str,
    /// The contract that covers it.
    pub contract: Option<Uuid>,
    /// Why.
    pub reason: Words,
    /// Each contract that was looked at, and why it did not serve.
    pub looked_at: Vec<Words>,
}

/// The answer for one work item.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ItemAnswer {
    /// Which.
    pub item: Uuid,
    /// `covered`, `not_covered` or `needs_decision`.
    pub coverage: &'static str,
    /// In order of time.
    pub stretches: Vec<StretchAnswer>,
}

/// The verdict with its explanations.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct VerdictAnswer {
    /// The version of the reference data that it was judged by.
    pub reference_version: u64,
    /// `covered`, `not_covered` or `needs_decision`.
    pub coverage: &'static str,
    /// By work item.
    pub items: Vec<ItemAnswer>,
}

/// A flag with its words.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct FlagAnswer {
    /// Which.
    pub code: &'static str,
    /// `info`, `warning` or `critical`.
    pub severity: &'static str,
    /// The work item that it is about.
    pub item: Option<Uuid>,
    /// Why.
    pub text: Words,
}

/// A flag in words.
pub(super) fn flag_answer(flag: &Flag) -> FlagAnswer {
    FlagAnswer {
        code: flag.code.as_str(),
        severity: flag.severity.as_str(),
        item: flag.item.map(|i| i.0),
        text: (&flag.message).into(),
    }
}

/// A verdict in words.
pub(super) fn verdict_answer(verdict: &Verdict) -> VerdictAnswer {
    let stretch = |s: &Stretch| StretchAnswer {
        from_ms: s.from_ms,
        until_ms: s.until_ms,
        day: s.day.map(|d| d.to_string()),
        coverage: s.coverage.as_str(),
        contract: s.contract.map(|c| c.0),
        reason: (&s.reason).into(),
        looked_at: s.looked_at.iter().map(Into::into).collect(),
    };
    let item = |i: &ItemVerdict| ItemAnswer {
        item: i.item.0,
        coverage: i.coverage.as_str(),
        stretches: i.stretches.iter().map(stretch).collect(),
    };
    VerdictAnswer {
        reference_version: verdict.reference_version,
        coverage: verdict.coverage.as_str(),
        items: verdict.items.iter().map(item).collect(),
    }
}
