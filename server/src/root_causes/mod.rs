//! Root causes (根因) of repeated problems. They open, and open again, with the flag `repeat_problem` (see `money`); here
//! they are read, and closed by a fix and its verification, both by name.
//!
//! The customer's service manager and administrators write; leadership reads.

use crate::auth::Principal;
use crate::leads::{Step, trail, written};
use crate::state::AppState;
use crate::store::root_causes::{self as rows, RootCauseFilter, RootCauseRow};
use crate::store::{StoreError, Tx, audit};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_core::ids::CustomerId;
use sync_core::reference::{Reference, Role};
use uuid::Uuid;

/// Who reads them.
pub const READERS: &[Role] = &[Role::ServiceManager, Role::Leadership, Role::Admin];
/// Who writes them.
pub const WRITERS: &[Role] = &[Role::ServiceManager, Role::Admin];
/// Visits that are listed with a record.
const MOST_VISITS: i64 = 200;

/// A root-cause record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RootCause {
    /// Its id.
    pub id: Uuid,
    /// The customer.
    pub customer: Uuid,
    /// Its name.
    pub customer_name: String,
    /// What makes two problems the same one: `category/asset` or `category/symptom`.
    pub problem_key: String,
    /// `open`, `fixed` (not yet verified) or `closed`.
    pub state: String,
    /// When it was opened.
    pub opened_ms: i64,
    /// When work on the problem last began.
    pub last_ms: i64,
    /// How often it came back after a fix.
    pub reopened: i64,
    /// What was done about the cause; of a record that is open again, the fix that did not hold.
    pub fix: String,
    /// Who wrote that.
    pub fixed_by: Option<Uuid>,
    /// When.
    pub fixed_ms: Option<i64>,
    /// How it was made sure that it helped.
    pub verification: String,
    /// Who wrote that.
    pub verified_by: Option<Uuid>,
    /// When.
    pub verified_ms: Option<i64>,
    /// To be sent with a change.
    pub version: i64,
}

/// A visit with the problem.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Occurrence {
    /// The visit.
    pub visit: Uuid,
    /// When work on the problem began.
    pub at_ms: i64,
}

/// A record with its visits and its trail.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RootCauseDossier {
    /// The record.
    #[serde(flatten)]
    pub root_cause: RootCause,
    /// The visits with the problem, the newest first, at most 200.
    pub visits: Vec<Occurrence>,
    /// What was done to it, the oldest first.
    pub trail: Vec<Step>,
}

/// A fix, or its verification.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// 1 to 2000 characters.
    pub text: String,
    /// The version that was looked at.
    pub version: i64,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RootCauseError {
    /// No such record, or not the reader's.
    #[error("there is no such root cause")]
    Unknown,
    /// A field is wrong: pointer and what is wrong.
    #[error("{1}")]
    Field(&'static str, String),
    /// It changed since.
    #[error("the record changed: it has version {0} now; look at it again")]
    Version(i64),
    /// It is closed.
    #[error("this root cause is closed")]
    Closed,
    /// There is no fix that could be verified.
    #[error("write the fix first")]
    NoFix,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The customers whose records `principal` sees; `None`: all.
pub fn scope(principal: &Principal, known: &Reference) -> Option<Vec<Uuid>> {
    if principal.has_any(&[Role::Admin, Role::Leadership]) {
        return None;
    }
    Some(known.customers.values().filter(|c| c.service_manager == principal.user).map(|c| c.id.0).collect())
}

/// A row as it is shown.
pub fn told(known: &Reference, row: RootCauseRow) -> RootCause {
    let customer = known.customers.get(&CustomerId(row.customer_id));
    RootCause {
        id: row.id,
        customer: row.customer_id,
        customer_name: customer.map_or_else(String::new, |c| c.name.clone()),
        problem_key: row.problem_key,
        state: row.state,
        opened_ms: row.opened_ms,
        last_ms: row.last_ms,
        reopened: row.reopened,
        fix: row.fix,
        fixed_by: row.fixed_by,
        fixed_ms: row.fixed_ms,
        verification: row.verification,
        verified_by: row.verified_by,
        verified_ms: row.verified_ms,
        version: row.version,
    }
}

/// One record.
///
/// # Errors
/// See [`RootCauseError`].
pub async fn one(state: &AppState, principal: &Principal, id: Uuid) -> Result<RootCauseDossier, RootCauseError> {
    let mut tx = state.db.read().await?;
    let known = state.reference.refresh(&mut tx).await?;
    let filter =
        RootCauseFilter { scope: scope(principal, &known), one: Some(id), limit: 1, ..RootCauseFilter::default() };
    let row = rows::list(&mut tx, &filter).await?.pop().ok_or(RootCauseError::Unknown)?;
    let visits = rows::occurrences(&mut tx, &row, MOST_VISITS).await?;
    let visits = visits.into_iter().map(|o| Occurrence { visit: o.visit_id, at_ms: o.at_ms }).collect();
    let trail = trail(&mut tx, &format!("root_cause/{id}")).await?;
    Ok(RootCauseDossier { root_cause: told(&known, row), visits, trail })
}

/// Writes what was done about the cause.
///
/// # Errors
/// See [`RootCauseError`].
pub async fn fix(
    state: &AppState,
    principal: &Principal,
    id: Uuid,
    words: &Words,
) -> Result<RootCauseDossier, RootCauseError> {
    let (mut tx, mut row, text) = begin(state, principal, id, words).await?;
    let now_ms = state.clock.now_ms();
    row.state = "fixed".to_owned();
    row.fix = text.to_owned();
    (row.fixed_by, row.fixed_ms) = (Some(principal.user.0), Some(now_ms));
    // What verified an earlier fix says nothing about this one. It stays in the trail.
    (row.verification, row.verified_by, row.verified_ms) = (String::new(), None, None);
    finish(&mut tx, &row, principal, "root_cause.fix", text, now_ms).await?;
    tx.commit().await?;
    one(state, principal, id).await
}

/// Writes how it was made sure that the fix helped, and closes the record.
///
/// # Errors
/// See [`RootCauseError`].
pub async fn verify(
    state: &AppState,
    principal: &Principal,
    id: Uuid,
    words: &Words,
) -> Result<RootCauseDossier, RootCauseError> {
    let (mut tx, mut row, text) = begin(state, principal, id, words).await?;
    // A record that was opened again has a fix that did not hold.
    if row.state != "fixed" {
        return Err(RootCauseError::NoFix);
    }
    let now_ms = state.clock.now_ms();
    row.state = "closed".to_owned();
    row.verification = text.to_owned();
    (row.verified_by, row.verified_ms) = (Some(principal.user.0), Some(now_ms));
    finish(&mut tx, &row, principal, "root_cause.close", text, now_ms).await?;
    tx.commit().await?;
    one(state, principal, id).await
}

async fn begin<'a>(
    state: &AppState,
    principal: &Principal,
    id: Uuid,
    words: &'a Words,
) -> Result<(Tx, RootCauseRow, &'a str), RootCauseError> {
    let text = written("/text", &words.text).map_err(|(at, text)| RootCauseError::Field(at, text))?;
    let mut tx = state.db.begin().await?;
    let known = state.reference.refresh(&mut tx).await?;
    let row = rows::lock(&mut tx, id).await?.ok_or(RootCauseError::Unknown)?;
    let own = known.customers.get(&CustomerId(row.customer_id)).is_some_and(|c| c.service_manager == principal.user);
    if !(principal.has(Role::Admin) || (principal.has(Role::ServiceManager) && own)) {
        return Err(RootCauseError::Unknown);
    }
    if row.state == "closed" {
        return Err(RootCauseError::Closed);
    }
    if row.version != words.version {
        return Err(RootCauseError::Version(row.version));
    }
    Ok((tx, row, text))
}

async fn finish(
    tx: &mut Tx,
    row: &RootCauseRow,
    principal: &Principal,
    action: &str,
    text: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    rows::update(tx, row).await?;
    let subject = format!("root_cause/{}", row.id);
    audit::add(tx, now_ms, Some(principal.user.0), action, &subject, json!({ "text": text })).await
}
