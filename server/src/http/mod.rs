//! The HTTP face: one table of routes, one form of errors.
//!
//! A new route is a handler with `#[utoipa::path]` in a module under [`routes`], listed with its access in that
//! module's `routes()`, which [`table`] puts together. A route that is not in the table does not exist.

pub mod entry;
pub mod envelope;
pub mod extract;
pub mod guard;
pub mod openapi;
pub mod page;
pub mod problem;
pub mod routes;
pub mod table;

use crate::state::AppState;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

/// The largest body that is read unless a route says otherwise.
pub const BODY_LIMIT: usize = 1 << 20;
/// How long a request may take.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The whole service.
pub fn router(state: &AppState) -> Router {
    table::build(state)
        .fallback(async || {
            problem::Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address")
        })
        .layer(CatchPanicLayer::custom(problem::from_panic))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIME_LIMIT))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(CompressionLayer::new())
        .layer(axum::middleware::from_fn(envelope::envelope))
}
