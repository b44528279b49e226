//! Leads.

use crate::auth::Principal;
use crate::http::entry::Entry;
use crate::http::extract::{Body, InPath, InQuery};
use crate::http::guard::Access;
use crate::http::page::{CursorPage, unseal};
use crate::http::problem::{FieldProblem, Problem};
use crate::leads::{self, DECIDERS, Decision, Lead, LeadDossier, LeadError, READERS};
use crate::state::AppState;
use crate::store::leads::LeadFilter;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa_axum::routes;
use uuid::Uuid;

/// Leads in a page when nobody says, and at most.
const USUAL: i64 = 50;
const MOST: i64 = 200;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    vec![
        Entry::new(Access::Roles(READERS), routes!(list)),
        Entry::new(Access::Roles(READERS), routes!(get)),
        Entry::new(Access::Roles(DECIDERS), routes!(decide)),
    ]
}

impl IntoResponse for LeadError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match &self {
            Self::Unknown => Problem::new(StatusCode::NOT_FOUND, "not_found", text),
            Self::Field(pointer, detail) => field(pointer, detail),
            Self::Version(_) => Problem::new(StatusCode::CONFLICT, "version_conflict", text),
            Self::Closed => Problem::new(StatusCode::CONFLICT, "already_closed", text),
            Self::Store(e) => Problem::internal(e),
        }
        .into_response()
    }
}

/// The refusal of one field.
pub(super) fn field(pointer: &str, detail: &str) -> Problem {
    let code = pointer.trim_start_matches('/').to_owned();
    let error = FieldProblem { pointer: pointer.to_owned(), code, detail: detail.to_owned() };
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_record", detail).with_errors(vec![error])
}

/// What a list of leads, or of root causes, can be asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// In this state.
    pub(super) state: Option<String>,
    /// Of this customer.
    pub(super) customer: Option<Uuid>,
    /// The `next` of the page before.
    pub(super) after: Option<String>,
    /// How many, 1 to 200.
    limit: Option<i64>,
}

impl ListQuery {
    pub(super) fn limit(&self) -> i64 {
        self.limit.unwrap_or(USUAL).clamp(1, MOST)
    }
    pub(super) fn state(&self, known: &[&str]) -> Result<Option<String>, Problem> {
        match &self.state {
            Some(s) if !known.contains(&s.as_str()) => {
                Err(Problem::new(StatusCode::BAD_REQUEST, "bad_request", format!("state: {}", known.join(", "))))
            }
            other => Ok(other.clone()),
        }
    }
    pub(super) fn place(&self) -> Result<Option<(i64, Uuid)>, Problem> {
        let wrong = || Problem::new(StatusCode::BAD_REQUEST, "bad_request", "after: this is no cursor of this list");
        self.after.as_ref().map(|cursor| unseal(cursor).ok_or_else(wrong)).transpose()
    }
}

/// The leads that one may see, the newest first. `state`: `open` (postponed ones that are due among them), `postponed`,
/// `won`, `lost`, `void`.
#[utoipa::path(get, path = "/api/v1/leads", tag = "leads", params(ListQuery),
    responses((status = 200, body = CursorPage<Lead>), (status = 400, description = "bad_request")))]
async fn list(
    State(state): State<AppState>,
    principal: Principal,
    InQuery(query): InQuery<ListQuery>,
) -> Result<Json<CursorPage<Lead>>, Response> {
    let wanted = query.state(&["open", "postponed", "won", "lost", "void"]).map_err(Problem::into_response)?;
    let after = query.place().map_err(Problem::into_response)?;
    let limit = query.limit();
    let found = async {
        let mut tx = state.db.read().await?;
        let known = state.reference.refresh(&mut tx).await?;
        let filter = LeadFilter {
            scope: leads::scope(&principal, &known),
            customer: query.customer,
            state: wanted,
            after,
            now_ms: state.clock.now_ms(),
            one: None,
            limit: limit + 1,
        };
        leads::list(&mut tx, &known, &filter).await
    };
    let found = found.await.map_err(|e| LeadError::Store(e).into_response())?;
    Ok(Json(CursorPage::new(found, limit, |l| (l.opened_ms, l.id))))
}

/// One lead with its visits and what was done to it.
#[utoipa::path(get, path = "/api/v1/leads/{id}", tag = "leads", params(("id" = Uuid, Path)),
    responses((status = 200, body = LeadDossier), (status = 404, description = "not_found")))]
async fn get(
    State(state): State<AppState>,
    principal: Principal,
    InPath(id): InPath<Uuid>,
) -> Result<Json<LeadDossier>, LeadError> {
    Ok(Json(leads::one(&state, &principal, id).await?))
}

/// Win, lose or postpone a lead.
#[utoipa::path(post, path = "/api/v1/leads/{id}/decision", tag = "leads", params(("id" = Uuid, Path)),
    request_body = Decision,
    responses((status = 200, body = LeadDossier), (status = 404, description = "not_found"),
        (status = 409, description = "version_conflict, already_closed"),
        (status = 422, description = "invalid_record")))]
async fn decide(
    State(state): State<AppState>,
    principal: Principal,
    InPath(id): InPath<Uuid>,
    Body(decision): Body<Decision>,
) -> Result<Json<LeadDossier>, LeadError> {
    Ok(Json(leads::decide(&state, &principal, id, &decision).await?))
}
