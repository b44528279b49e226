//! What the gate refused: kept as it was sent, for administrators.

use super::visits::VisitsError;
use crate::auth::Principal;
use crate::http::entry::Entry;
use crate::http::extract::{InPath, InQuery};
use crate::http::guard::Access;
use crate::http::page::{Page, Paging};
use crate::state::AppState;
use crate::store::dossier as rows;
use crate::visits::VisitError;
use crate::visits::dossier::{QuarantineAnswer, refused_by};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sync_core::reference::Role;
use utoipa_axum::routes;
use uuid::Uuid;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    const KEEPERS: Access = Access::Roles(&[Role::Admin]);
    vec![Entry::new(KEEPERS, routes!(list)), Entry::new(KEEPERS, routes!(bytes))]
}

/// A refused change and the visit that it was sent for.
#[derive(Serialize, utoipa::ToSchema)]
struct Refused {
    /// The visit. It has a page of its own only if something of it was admitted.
    visit: Uuid,
    /// The change.
    #[serde(flatten)]
    change: QuarantineAnswer,
}

/// Every refused change in the order of their coming, also of visits of which nothing was admitted.
#[utoipa::path(get, path = "/api/v1/quarantine", tag = "visits", params(Paging),
    responses((status = 200, body = Page<Refused>)))]
async fn list(
    State(state): State<AppState>,
    _: Principal,
    InQuery(paging): InQuery<Paging>,
) -> Result<Json<Page<Refused>>, VisitsError> {
    let mut tx = state.db.read().await?;
    let page = Page::new(rows::quarantine_after(&mut tx, paging.after(), paging.limit() + 1).await?, paging, |q| q.id);
    let visits: Vec<Uuid> = page.items.iter().map(|q| q.visit_id).collect();
    let changes = refused_by(&mut tx, page.items).await?;
    let items = visits.into_iter().zip(changes).map(|(visit, change)| Refused { visit, change }).collect();
    Ok(Json(Page { items, next: page.next }))
}

/// The bytes of a refused change, exactly as they were sent.
#[utoipa::path(get, path = "/api/v1/visits/{id}/quarantine/{change}", tag = "visits",
    params(("id" = Uuid, Path), ("change" = Uuid, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, description = "not_found")))]
async fn bytes(
    State(state): State<AppState>,
    InPath((id, change)): InPath<(Uuid, Uuid)>,
) -> Result<Response, VisitsError> {
    let mut tx = state.db.read().await?;
    let bytes = rows::quarantined(&mut tx, id, change).await?.ok_or(VisitError::Unknown)?;
    let name = format!("attachment; filename=\"{change}.change\"");
    let kind = "application/octet-stream".to_owned();
    let mut response = ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], bytes).into_response();
    // Whoever made these bytes may have meant them for a browser.
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}
