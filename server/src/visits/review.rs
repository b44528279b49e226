//! A manager's decision on a visit: by name, with a reason, with a trail, and told to the phones at their next sync.

use super::{VisitError, sight};
use crate::auth::Principal;
use crate::state::AppState;
use crate::store::dossier::{self as rows, ReviewRow};
use crate::store::queue::{self, VisitRow};
use crate::store::{StoreError, audit, feed, users, visits};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// Longest reason, in characters.
pub const MAX_REASON: usize = 2000;

/// What can be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The visit is in order.
    Approve,
    /// Back to the engineer.
    Return,
    /// The customer is to pay for it.
    Bill,
    /// Given away, knowingly.
    Waive,
    /// The engineer was rightly sent, though nobody had said so before. Leaves the other decision as it is.
    ApproveDispatch,
}

impl Action {
    /// Its stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Return => "return",
            Self::Bill => "bill",
            Self::Waive => "waive",
            Self::ApproveDispatch => "approve_dispatch",
        }
    }

    /// Where it leaves the visit; `None`: where it was.
    fn review(self) -> Option<&'static str> {
        match self {
            Self::Approve => Some("approved"),
            Self::Return => Some("returned"),
            Self::Bill => Some("billed"),
            Self::Waive => Some("waived"),
            Self::ApproveDispatch => None,
        }
    }
}

/// A decision to be taken.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Chosen by the client: the same decision sent twice is taken once.
    pub id: Uuid,
    /// On which visit.
    pub visit: Uuid,
    /// What.
    pub action: Action,
    /// Why; needed for everything but an approval.
    pub reason: String,
    /// The document's version that the manager saw; absent: whichever it is now.
    pub version: Option<i64>,
}

/// A decision that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Decision {
    /// Its id.
    pub id: Uuid,
    /// On which visit.
    pub visit: Uuid,
    /// `approve`, `return`, `bill`, `waive` or `approve_dispatch`.
    pub action: String,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub user: Uuid,
    /// Their name.
    pub user_name: String,
    /// When.
    pub at_ms: i64,
}

impl From<ReviewRow> for Decision {
    fn from(r: ReviewRow) -> Self {
        Self {
            id: r.id,
            visit: r.visit_id,
            action: r.action,
            reason: r.reason,
            user: r.user_id,
            user_name: r.user_name,
            at_ms: r.at_ms,
        }
    }
}

/// Why a decision was not taken. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// A reason is needed, or is too long.
    #[error("a reason of 1 to {MAX_REASON} characters is needed")]
    Reason,
    /// Another decision was taken under this id.
    #[error("another decision was taken under this id")]
    Mismatch,
    /// The document changed since.
    #[error("the visit changed: it has version {0} now; look at it again")]
    Version(i64),
    /// Somebody else's customer.
    #[error("this customer has another service manager")]
    NotTheirCustomer,
    /// No such visit, or the database.
    #[error(transparent)]
    Visit(#[from] VisitError),
}

impl From<StoreError> for ReviewError {
    fn from(e: StoreError) -> Self {
        Self::Visit(e.into())
    }
}

/// Takes a decision in one transaction: trail, visit, audit entry and feed position. The same id with the same content
/// answers with the decision as it was taken.
///
/// # Errors
/// See [`ReviewError`].
pub async fn decide(state: &AppState, principal: &Principal, draft: Draft) -> Result<Decision, ReviewError> {
    let reason = draft.reason.trim();
    let fits = reason.chars().count() <= MAX_REASON && !reason.contains('\0');
    if !fits || (reason.is_empty() && draft.action != Action::Approve) {
        return Err(ReviewError::Reason);
    }
    let mut tx = state.db.begin().await?;
    // A merge of this visit waits, or is waited for: both write its row.
    visits::lock(&mut tx, &[draft.visit]).await?;
    let known = state.reference.refresh(&mut tx).await?;
    let scope = sight::scope(principal, &known);
    let visit = queue::visit(&mut tx, &scope, draft.visit).await?.ok_or(VisitError::Unknown)?;
    if !sight::may_decide(principal, &visit, &known) {
        return Err(ReviewError::NotTheirCustomer);
    }
    if let Some(taken) = rows::review(&mut tx, draft.id).await? {
        return same(taken, principal, &draft, reason);
    }
    if let Some(version) = draft.version.filter(|v| *v != visit.version) {
        tracing::debug!(version, now = visit.version, "a decision on an older version");
        return Err(ReviewError::Version(visit.version));
    }
    let name = users::by_id(&mut tx, principal.user.0).await?.map(|u| u.name).unwrap_or_default();
    // Later than the decision before, whatever the clock says: the newest one is the one that counts.
    let last = rows::reviews(&mut tx, visit.id).await?.last().map_or(i64::MIN, |r| r.at_ms);
    let taken = ReviewRow {
        id: draft.id,
        visit_id: visit.id,
        action: draft.action.as_str().to_owned(),
        reason: reason.to_owned(),
        user_id: principal.user.0,
        user_name: name,
        at_ms: state.clock.now_ms().max(last.saturating_add(1)),
    };
    match rows::add_review(&mut tx, &taken).await {
        // The same id on another visit at the same moment: that one was first.
        Err(e) if e.is_unique_violation() => return Err(ReviewError::Mismatch),
        added => added?,
    }
    write(&mut tx, &visit, draft.action, &taken).await?;
    tx.commit().await?;
    Ok(taken.into())
}

async fn write(
    tx: &mut crate::store::Tx,
    visit: &VisitRow,
    action: Action,
    taken: &ReviewRow,
) -> Result<(), StoreError> {
    let detail =
        json!({ "decision": taken.id, "reason": taken.reason, "before": visit.review, "version": visit.version });
    let what = format!("visit.{}", action.as_str());
    audit::add(tx, taken.at_ms, Some(taken.user_id), &what, &format!("visit/{}", visit.id), detail).await?;
    let review = action.review().unwrap_or(&visit.review);
    let approved = visit.dispatch_approved || action == Action::ApproveDispatch;
    // Last: see store/feed.rs.
    let position = feed::take_positions(tx, 1).await?;
    rows::decide(tx, visit.id, review, approved, position).await
}

/// A decision under an id that was used before.
fn same(taken: ReviewRow, principal: &Principal, draft: &Draft, reason: &str) -> Result<Decision, ReviewError> {
    let is_same = taken.visit_id == draft.visit
        && taken.action == draft.action.as_str()
        && taken.reason == reason
        && taken.user_id == principal.user.0;
    if is_same { Ok(taken.into()) } else { Err(ReviewError::Mismatch) }
}
