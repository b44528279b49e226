//! Runs of judging again: what caused them, how far they are, and asking for one.

use crate::auth::Principal;
use crate::http::entry::Entry;
use crate::http::extract::{Body, InPath, InQuery};
use crate::http::guard::Access;
use crate::http::page::{Page, Paging};
use crate::http::problem::{FieldProblem, Problem};
use crate::rejudge::{self, Wish, WishError, progress};
use crate::state::AppState;
use crate::store::rejudge::{self as rows, RejudgementRow};
use crate::store::{StoreError, Tx, verdicts};
use crate::visits::Words;
use crate::visits::verdicts::{CauseAnswer, because, cause_answer};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use sync_core::reference::Role;
use utoipa_axum::routes;
use uuid::Uuid;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    const MANAGERS: Access =
        Access::Roles(&[Role::ServiceManager, Role::AccountManager, Role::Leadership, Role::Admin]);
    vec![
        Entry::new(MANAGERS, routes!(list)),
        Entry::new(MANAGERS, routes!(get)),
        Entry::new(Access::Roles(&[Role::Admin]), routes!(ask)),
    ]
}

/// Why it was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RejudgementError {
    #[error("no such run")]
    Unknown,
    #[error("{0}: a day such as 2026-11-23 is needed")]
    Day(&'static str),
    #[error(transparent)]
    Wish(#[from] WishError),
}

impl From<StoreError> for RejudgementError {
    fn from(e: StoreError) -> Self {
        Self::Wish(e.into())
    }
}

impl IntoResponse for RejudgementError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        let field = |pointer: &str, code: &'static str| {
            let error = FieldProblem { pointer: pointer.into(), code: code.into(), detail: text.clone() };
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_record", text.clone()).with_errors(vec![error])
        };
        match &self {
            Self::Unknown => Problem::new(StatusCode::NOT_FOUND, "not_found", text),
            Self::Day(name) => field(&format!("/{name}"), "wrong_form"),
            Self::Wish(WishError::Reason) => field("/reason", "reason"),
            Self::Wish(WishError::Customer(_)) => field("/customer", "unknown_reference"),
            Self::Wish(WishError::Days) => field("/to", "days"),
            Self::Wish(WishError::Store(e)) => Problem::internal(e),
        }
        .into_response()
    }
}

/// A run of judging again.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RejudgementAnswer {
    /// Its id.
    id: Uuid,
    /// What caused it.
    cause: CauseAnswer,
    /// The same in words.
    because: Words,
    /// When it was put into the queue.
    created_ms: i64,
    /// When its first visit was judged.
    started_ms: Option<i64>,
    /// When its last visit was.
    finished_ms: Option<i64>,
    /// How many visits it has.
    total: i64,
    /// How many of them are judged. One that a later run took over counts when this run ends.
    done: i64,
    /// How many have another verdict now.
    changed: i64,
    /// Visits per minute since it began.
    per_minute: i64,
    /// Seconds until it is done, if it goes on like this.
    remaining_s: Option<i64>,
}

impl RejudgementAnswer {
    fn new(row: RejudgementRow, names: &HashMap<Uuid, String>, now_ms: i64) -> Self {
        let progress = progress(&row, now_ms);
        Self {
            id: row.id,
            cause: cause_answer(&row.cause, names),
            because: (&because(&row.cause, names)).into(),
            created_ms: row.created_ms,
            started_ms: row.started_ms,
            finished_ms: row.finished_ms,
            total: row.total,
            done: row.done,
            changed: row.changed,
            per_minute: progress.per_minute,
            remaining_s: progress.remaining_s,
        }
    }
}

async fn names(tx: &mut Tx, rows: &[RejudgementRow]) -> Result<HashMap<Uuid, String>, StoreError> {
    let ids: BTreeSet<Uuid> = rows.iter().filter_map(|r| r.by_user).collect();
    Ok(verdicts::names(tx, &ids.into_iter().collect::<Vec<_>>()).await?.into_iter().collect())
}

/// Runs of judging again, the newest first.
#[utoipa::path(get, path = "/api/v1/rejudgements", tag = "visits", params(Paging),
    responses((status = 200, body = Page<RejudgementAnswer>)))]
async fn list(
    State(state): State<AppState>,
    InQuery(paging): InQuery<Paging>,
) -> Result<Json<Page<RejudgementAnswer>>, RejudgementError> {
    let mut tx = state.db.read().await?;
    let before = paging.after.unwrap_or(Uuid::max());
    let found = rows::list(&mut tx, before, paging.limit() + 1).await?;
    let names = names(&mut tx, &found).await?;
    let now = state.clock.now_ms();
    let items = found.into_iter().map(|row| RejudgementAnswer::new(row, &names, now)).collect();
    Ok(Json(Page::new(items, paging, |r: &RejudgementAnswer| r.id)))
}

/// How far one run is.
#[utoipa::path(get, path = "/api/v1/rejudgements/{id}", tag = "visits", params(("id" = Uuid, Path)),
    responses((status = 200, body = RejudgementAnswer), (status = 404, description = "not_found")))]
async fn get(
    State(state): State<AppState>,
    InPath(id): InPath<Uuid>,
) -> Result<Json<RejudgementAnswer>, RejudgementError> {
    let mut tx = state.db.read().await?;
    let row = rows::by_id(&mut tx, id).await?.ok_or(RejudgementError::Unknown)?;
    let names = names(&mut tx, std::slice::from_ref(&row)).await?;
    Ok(Json(RejudgementAnswer::new(row, &names, state.clock.now_ms())))
}

/// Which visits are to be judged again.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RejudgementRequest {
    /// At this customer: its id or code. Everywhere when absent.
    #[serde(default)]
    customer: Option<String>,
    /// Begun on or after this day, such as `2026-11-23`.
    #[serde(default)]
    from: Option<String>,
    /// Begun on or before this day.
    #[serde(default)]
    to: Option<String>,
    /// Why, 1 to 2000 characters.
    reason: String,
}

/// Have visits judged again. They wait in a queue; the answer says how many there are.
#[utoipa::path(post, path = "/api/v1/rejudgements", tag = "visits", request_body = RejudgementRequest,
    responses((status = 202, body = RejudgementAnswer), (status = 422, description = "invalid_record")))]
async fn ask(
    State(state): State<AppState>,
    principal: Principal,
    Body(request): Body<RejudgementRequest>,
) -> Result<(StatusCode, Json<RejudgementAnswer>), RejudgementError> {
    let day = |name: &'static str, text: Option<String>| -> Result<Option<Date>, RejudgementError> {
        text.map(|text| text.parse().map_err(|_| RejudgementError::Day(name))).transpose()
    };
    let wish = Wish {
        customer: request.customer,
        from: day("from", request.from)?,
        until: day("to", request.to)?,
        reason: request.reason,
    };
    let mut tx = state.db.read().await?;
    let known = state.reference.refresh(&mut tx).await?;
    drop(tx);
    let (which, cause) = rejudge::wish(&wish, &known, Some(principal.user.0))?;
    let row = rejudge::ask(&state.db, which, cause, state.clock.now_ms()).await?;
    state.rejudge.notify_one();
    let mut tx = state.db.read().await?;
    let names = names(&mut tx, std::slice::from_ref(&row)).await?;
    Ok((StatusCode::ACCEPTED, Json(RejudgementAnswer::new(row, &names, state.clock.now_ms()))))
}
