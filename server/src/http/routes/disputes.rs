//! What hospitals dispute, and managers' answers.

use crate::auth::Principal;
use crate::http::entry::Entry;
use crate::http::extract::{Body, InPath, InQuery};
use crate::http::guard::Access;
use crate::http::page::{CursorPage, unseal};
use crate::http::problem::{FieldProblem, Problem};
use crate::receipts::disputes::{self, Dispute, DisputeError, Draft, Resolution};
use crate::state::AppState;
use crate::store::page::DisputeFilter;
use crate::visits::sight;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa_axum::routes;
use uuid::Uuid;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    vec![
        Entry::new(Access::Roles(sight::READERS), routes!(list)),
        Entry::new(Access::Roles(sight::READERS), routes!(get)),
        Entry::new(Access::Roles(sight::DECIDERS), routes!(answer)),
    ]
}

impl IntoResponse for DisputeError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match &self {
            Self::Unknown => Problem::new(StatusCode::NOT_FOUND, "not_found", text),
            Self::NotTheirCustomer => Problem::new(StatusCode::FORBIDDEN, "forbidden", text),
            Self::Text => {
                let error = FieldProblem { pointer: "/text".into(), code: "text".into(), detail: text.clone() };
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_record", text).with_errors(vec![error])
            }
            Self::Mismatch => Problem::new(StatusCode::CONFLICT, "idempotency_mismatch", text),
            Self::Answered => Problem::new(StatusCode::CONFLICT, "already_answered", text),
            Self::Store(e) => Problem::internal(e),
        }
        .into_response()
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct DisputesQuery {
    /// `open`: nobody answered yet; `answered`: somebody did.
    state: Option<String>,
    /// Of this visit.
    visit: Option<Uuid>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many, 1 to 200; 50 when nobody says.
    limit: Option<i64>,
}

/// The disputes of the visits that one may see, the newest first.
#[utoipa::path(get, path = "/api/v1/disputes", tag = "receipts", params(DisputesQuery),
    responses((status = 200, body = CursorPage<Dispute>), (status = 400, description = "bad_request")))]
async fn list(
    State(state): State<AppState>,
    principal: Principal,
    InQuery(query): InQuery<DisputesQuery>,
) -> Result<Json<CursorPage<Dispute>>, Response> {
    let wrong = |text| Problem::new(StatusCode::BAD_REQUEST, "bad_request", text).into_response();
    let open = match query.state.as_deref() {
        None | Some("") => None,
        Some("open") => Some(true),
        Some("answered") => Some(false),
        Some(_) => return Err(wrong("state: open or answered")),
    };
    let after = match query.after {
        Some(cursor) => Some(unseal(&cursor).ok_or_else(|| wrong("after: this is no cursor of this list"))?),
        None => None,
    };
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let filter = DisputeFilter { open, visit: query.visit, after, one: None };
    let found = async {
        let (mut tx, scope, _) = sight::open(&state, &principal).await?;
        disputes::list(&mut tx, &scope, &filter, limit + 1).await
    };
    let found = found.await.map_err(|e| DisputeError::Store(e).into_response())?;
    Ok(Json(CursorPage::new(found, limit, |d| (d.at_ms, d.id))))
}

/// One dispute.
#[utoipa::path(get, path = "/api/v1/disputes/{id}", tag = "receipts", params(("id" = Uuid, Path)),
    responses((status = 200, body = Dispute), (status = 404, description = "not_found")))]
async fn get(
    State(state): State<AppState>,
    principal: Principal,
    InPath(id): InPath<Uuid>,
) -> Result<Json<Dispute>, DisputeError> {
    let (mut tx, scope, _) = sight::open(&state, &principal).await?;
    let filter = DisputeFilter { one: Some(id), ..DisputeFilter::default() };
    disputes::list(&mut tx, &scope, &filter, 1).await?.pop().map(Json).ok_or(DisputeError::Unknown)
}

/// An answer.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerBody {
    /// Chosen by the client; the same answer sent twice is given once.
    id: Uuid,
    /// What it comes to.
    resolution: Resolution,
    /// In the manager's words, 1 to 2000 characters; the hospital reads it on the receipt's page.
    text: String,
}

/// Answer a dispute, once. The answer stands on the receipt's page.
#[utoipa::path(post, path = "/api/v1/disputes/{id}/answer", tag = "receipts", params(("id" = Uuid, Path)),
    request_body = AnswerBody,
    responses((status = 200, body = Dispute), (status = 404, description = "not_found"),
        (status = 409, description = "idempotency_mismatch, already_answered"),
        (status = 422, description = "invalid_record")))]
async fn answer(
    State(state): State<AppState>,
    principal: Principal,
    InPath(dispute): InPath<Uuid>,
    Body(body): Body<AnswerBody>,
) -> Result<Json<Dispute>, DisputeError> {
    let draft = Draft { id: body.id, dispute, resolution: body.resolution, text: body.text };
    Ok(Json(disputes::answer(&state, &principal, &draft).await?))
}
