//! What hospitals dispute (异议) on receipts' pages, and what managers answer. Both stay: an answer is one more entry, and there
//! is one for each dispute.

use crate::auth::Principal;
use crate::state::AppState;
use crate::store::page::{self, DisputeFilter, DisputeRow, EntryRow};
use crate::store::queue::{self, Scope};
use crate::store::{StoreError, Tx, audit, users};
use crate::visits::sight;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// Longest text of a dispute or an answer, in characters.
pub const MAX_TEXT: usize = 2000;

/// What an answer comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// The hospital is right: the record is corrected, which gives a new revision once it is signed.
    Corrected,
    /// The record stands, and here is why.
    Explained,
    /// The company does not agree.
    Rejected,
}

impl Resolution {
    /// Its stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Corrected => "corrected",
            Self::Explained => "explained",
            Self::Rejected => "rejected",
        }
    }
}

/// The answer to a dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = DisputeAnswer)]
pub struct Answer {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at_ms: i64,
    /// Who.
    pub user: Option<Uuid>,
    /// Their name.
    pub user_name: String,
    /// `corrected`, `explained` or `rejected`.
    pub resolution: String,
    /// In their words.
    pub text: String,
}

/// A dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Dispute {
    /// Its id.
    pub id: Uuid,
    /// The receipt.
    pub receipt: Uuid,
    /// The receipt's number.
    pub number: String,
    /// The visit.
    pub visit: Uuid,
    /// The visit's customer.
    pub customer: Option<Uuid>,
    /// The customer's name.
    pub customer_name: String,
    /// Who disputes it, as they call themselves: nobody logged in.
    pub name: String,
    /// What they are at the hospital; may be empty.
    pub role: String,
    /// In their words.
    pub text: String,
    /// When.
    pub at_ms: i64,
    /// What was answered; absent: nothing yet.
    pub answer: Option<Answer>,
}

/// Why a dispute is not answered. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum DisputeError {
    /// None, or not the reader's to see.
    #[error("there is no such dispute")]
    Unknown,
    /// Somebody else's customer.
    #[error("this customer has another service manager")]
    NotTheirCustomer,
    /// A text is needed, or is too long.
    #[error("an answer of 1 to {MAX_TEXT} characters is needed")]
    Text,
    /// The id was used for something else.
    #[error("something else was said under this id")]
    Mismatch,
    /// Somebody answered already.
    #[error("this dispute is answered already")]
    Answered,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Disputes with their answers.
///
/// # Errors
/// When the database refuses.
pub async fn list(tx: &mut Tx, scope: &Scope, filter: &DisputeFilter, limit: i64) -> Result<Vec<Dispute>, StoreError> {
    let rows = page::disputes(tx, scope, filter, limit).await?;
    let ids: Vec<Uuid> = rows.iter().map(|r| r.entry.id).collect();
    let answers = page::answers(tx, &ids).await?;
    let mut answers: HashMap<Uuid, EntryRow> =
        answers.into_iter().filter_map(|a| a.dispute_id.map(|id| (id, a))).collect();
    Ok(rows.into_iter().map(|row| told(&mut answers, row)).collect())
}

fn told(answers: &mut HashMap<Uuid, EntryRow>, row: DisputeRow) -> Dispute {
    let DisputeRow { entry, number, customer_id, customer_name } = row;
    let answer = answers.remove(&entry.id).map(|a| Answer {
        id: a.id,
        at_ms: a.at_ms,
        user: a.user_id,
        user_name: a.name,
        resolution: a.resolution.unwrap_or_default(),
        text: a.text,
    });
    Dispute {
        id: entry.id,
        receipt: entry.receipt_id,
        number,
        visit: entry.visit_id,
        customer: customer_id,
        customer_name,
        name: entry.name,
        role: entry.role,
        text: entry.text,
        at_ms: entry.at_ms,
        answer,
    }
}

/// The disputes of one visit, the newest first; for who may see the visit.
///
/// # Errors
/// When the database refuses.
pub async fn of_visit(tx: &mut Tx, visit: Uuid) -> Result<Vec<Dispute>, StoreError> {
    let filter = DisputeFilter { visit: Some(visit), ..DisputeFilter::default() };
    list(tx, &Scope { all: true, ..Scope::default() }, &filter, 200).await
}

/// An answer to be given.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Chosen by the client: the same answer sent twice is given once.
    pub id: Uuid,
    /// To which dispute.
    pub dispute: Uuid,
    /// What it comes to.
    pub resolution: Resolution,
    /// In the manager's words.
    pub text: String,
}

/// Answers a dispute, in one transaction with its entry in the audit trail. The hospital reads it on the receipt's page.
///
/// # Errors
/// See [`DisputeError`].
pub async fn answer(state: &AppState, principal: &Principal, draft: &Draft) -> Result<Dispute, DisputeError> {
    let text = draft.text.trim();
    if text.is_empty() || text.chars().count() > MAX_TEXT || text.contains('\0') {
        return Err(DisputeError::Text);
    }
    let mut tx = state.db.begin().await?;
    let known = state.reference.refresh(&mut tx).await?;
    let scope = sight::scope(principal, &known);
    let filter = DisputeFilter { one: Some(draft.dispute), ..DisputeFilter::default() };
    let found = list(&mut tx, &scope, &filter, 1).await?.pop().ok_or(DisputeError::Unknown)?;
    let visit = queue::visit(&mut tx, &scope, found.visit).await?.ok_or(DisputeError::Unknown)?;
    if !sight::may_decide(principal, &visit, &known) {
        return Err(DisputeError::NotTheirCustomer);
    }
    let entry = EntryRow {
        id: draft.id,
        receipt_id: found.receipt,
        visit_id: found.visit,
        kind: "answer".to_owned(),
        dispute_id: Some(found.id),
        at_ms: state.clock.now_ms(),
        user_id: Some(principal.user.0),
        name: users::by_id(&mut tx, principal.user.0).await?.map(|u| u.name).unwrap_or_default(),
        role: String::new(),
        text: text.to_owned(),
        stars: None,
        resolution: Some(draft.resolution.as_str().to_owned()),
        statement: None,
    };
    if !page::add(&mut tx, &entry).await? {
        // Somebody was first: with this very answer, or with another one.
        let same = page::entry(&mut tx, draft.id).await?.map(|e| EntryRow { at_ms: entry.at_ms, ..e });
        return match same {
            Some(e) if e == entry => list(&mut tx, &scope, &filter, 1).await?.pop().ok_or(DisputeError::Unknown),
            Some(_) => Err(DisputeError::Mismatch),
            None => Err(DisputeError::Answered),
        };
    }
    let detail = json!({ "dispute": found.id, "resolution": draft.resolution.as_str(), "text": text });
    let subject = format!("receipt/{}", found.receipt);
    audit::add(&mut tx, entry.at_ms, entry.user_id, "dispute_answered", &subject, detail).await?;
    let told = list(&mut tx, &scope, &filter, 1).await?.pop().ok_or(DisputeError::Unknown)?;
    tx.commit().await?;
    Ok(told)
}
