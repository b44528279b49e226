//! Root causes of repeated problems.

use super::leads::{ListQuery, field};
use crate::auth::Principal;
use crate::http::entry::Entry;
use crate::http::extract::{Body, InPath, InQuery};
use crate::http::guard::Access;
use crate::http::page::CursorPage;
use crate::http::problem::Problem;
use crate::root_causes::{self, READERS, RootCause, RootCauseDossier, RootCauseError, WRITERS, Words};
use crate::state::AppState;
use crate::store::root_causes::{self as rows, RootCauseFilter};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use utoipa_axum::routes;
use uuid::Uuid;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    vec![
        Entry::new(Access::Roles(READERS), routes!(list)),
        Entry::new(Access::Roles(READERS), routes!(get)),
        Entry::new(Access::Roles(WRITERS), routes!(fix)),
        Entry::new(Access::Roles(WRITERS), routes!(verify)),
    ]
}

impl IntoResponse for RootCauseError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match &self {
            Self::Unknown => Problem::new(StatusCode::NOT_FOUND, "not_found", text),
            Self::Field(pointer, detail) => field(pointer, detail),
            Self::Version(_) => Problem::new(StatusCode::CONFLICT, "version_conflict", text),
            Self::Closed => Problem::new(StatusCode::CONFLICT, "already_closed", text),
            Self::NoFix => Problem::new(StatusCode::CONFLICT, "fix_needed", text),
            Self::Store(e) => Problem::internal(e),
        }
        .into_response()
    }
}

/// The root causes that one may see, the newest first. `state`: `open`, `fixed` or `closed`.
#[utoipa::path(get, path = "/api/v1/root-causes", tag = "root causes", params(ListQuery),
    responses((status = 200, body = CursorPage<RootCause>), (status = 400, description = "bad_request")))]
async fn list(
    State(state): State<AppState>,
    principal: Principal,
    InQuery(query): InQuery<ListQuery>,
) -> Result<Json<CursorPage<RootCause>>, Response> {
    let wanted = query.state(&["open", "fixed", "closed"]).map_err(Problem::into_response)?;
    let after = query.place().map_err(Problem::into_response)?;
    let limit = query.limit();
    let found = async {
        let mut tx = state.db.read().await?;
        let known = state.reference.refresh(&mut tx).await?;
        let filter = RootCauseFilter {
            scope: root_causes::scope(&principal, &known),
            customer: query.customer,
            state: wanted,
            after,
            one: None,
            limit: limit + 1,
        };
        let found = rows::list(&mut tx, &filter).await?;
        Ok(found.into_iter().map(|row| root_causes::told(&known, row)).collect())
    };
    let found = found.await.map_err(|e| RootCauseError::Store(e).into_response())?;
    Ok(Json(CursorPage::new(found, limit, |r: &RootCause| (r.opened_ms, r.id))))
}

/// One root cause with its visits and what was done to it.
#[utoipa::path(get, path = "/api/v1/root-causes/{id}", tag = "root causes", params(("id" = Uuid, Path)),
    responses((status = 200, body = RootCauseDossier), (status = 404, description = "not_found")))]
async fn get(
    State(state): State<AppState>,
    principal: Principal,
    InPath(id): InPath<Uuid>,
) -> Result<Json<RootCauseDossier>, RootCauseError> {
    Ok(Json(root_causes::one(&state, &principal, id).await?))
}

/// Write what was done about the cause.
#[utoipa::path(post, path = "/api/v1/root-causes/{id}/fix", tag = "root causes", params(("id" = Uuid, Path)),
    request_body = Words,
    responses((status = 200, body = RootCauseDossier), (status = 404, description = "not_found"),
        (status = 409, description = "version_conflict, already_closed"),
        (status = 422, description = "invalid_record")))]
async fn fix(
    State(state): State<AppState>,
    principal: Principal,
    InPath(id): InPath<Uuid>,
    Body(words): Body<Words>,
) -> Result<Json<RootCauseDossier>, RootCauseError> {
    Ok(Json(root_causes::fix(&state, &principal, id, &words).await?))
}

/// Write how it was made sure that the fix helped, and close the record.
#[utoipa::path(post, path = "/api/v1/root-causes/{id}/verification", tag = "root causes",
    params(("id" = Uuid, Path)), request_body = Words,
    responses((status = 200, body = RootCauseDossier), (status = 404, description = "not_found"),
        (status = 409, description = "version_conflict, already_closed, fix_needed"),
        (status = 422, description = "invalid_record")))]
async fn verify(
    State(state): State<AppState>,
    principal: Principal,
    InPath(id): InPath<Uuid>,
    Body(words): Body<Words>,
) -> Result<Json<RootCauseDossier>, RootCauseError> {
    Ok(Json(root_causes::verify(&state, &principal, id, &words).await?))
}
