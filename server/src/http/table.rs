//! The table of all routes: method, path, who may, and the documentation, in one entry each. The router is built from
//! it and from nothing else, so a route without an access rule cannot exist.

use super::entry::{Entry, RouteInfo};
use super::openapi::{self, Described};
use super::routes;
use crate::state::AppState;
use axum::{Extension, Router};
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

/// All routes. Each module under `routes` has its own part.
fn entries() -> Vec<Entry> {
    let mut entries = Vec::new();
    entries.extend(routes::health::routes());
    entries.extend(routes::auth::routes());
    entries.extend(routes::devices::routes());
    entries.extend(routes::users::routes());
    entries.extend(routes::reference::routes());
    entries.extend(routes::import::routes());
    entries.extend(routes::export::routes());
    entries.extend(routes::app::routes());
    entries.extend(routes::sync::routes());
    entries.extend(routes::blobs::routes());
    entries.extend(routes::page::routes());
    entries.extend(routes::visits::routes());
    entries.extend(routes::quarantine::routes());
    entries.extend(routes::receipts::routes());
    entries.extend(routes::log::routes());
    entries.extend(routes::codes::routes());
    entries.extend(routes::mails::routes());
    entries.extend(routes::disputes::routes());
    entries.extend(routes::reports::routes());
    entries.extend(routes::leads::routes());
    entries.extend(routes::root_causes::routes());
    entries.extend(routes::rejudgements::routes());
    entries
}

/// Every route with its access.
pub fn route_table() -> Vec<RouteInfo> {
    entries().iter().flat_map(Entry::infos).collect()
}

/// The API's description.
pub fn openapi() -> OpenApi {
    let router = OpenApiRouter::with_openapi(openapi::head());
    entries().into_iter().fold(router, |router, entry| router.routes(entry.documented())).into_openapi()
}

/// The router, each route behind its guard.
pub fn build(state: &AppState) -> Router {
    let router = OpenApiRouter::with_openapi(openapi::head());
    let router = entries().into_iter().fold(router, |router, entry| router.routes(entry.guarded(state)));
    let (router, api) = router.split_for_parts();
    router.layer(Extension(Described(Arc::new(api)))).with_state(state.clone())
}
