//! Is it alive, is it ready, what are its keys, what does it speak.

use crate::http::entry::Entry;
use crate::http::guard::Access;
use crate::http::openapi::Described;
use crate::http::problem::Problem;
use crate::keys::JwkSet;
use crate::state::AppState;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use axum::{Extension, Json};
use utoipa_axum::routes;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    vec![
        Entry::new(Access::Public, routes!(healthz)),
        Entry::new(Access::Public, routes!(readyz)),
        Entry::new(Access::Public, routes!(jwks)),
        Entry::new(Access::Public, routes!(openapi_json)),
    ]
}

/// Whether the process answers.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, description = "It does")))]
async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether requests can be served: the database answers and the server is not about to stop.
#[utoipa::path(get, path = "/readyz", tag = "operation", responses((status = 200, description = "They can")))]
async fn readyz(State(state): State<AppState>) -> Result<&'static str, Problem> {
    let not_ready = |why: &str| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", why);
    if state.stop.is_cancelled() {
        return Err(not_ready("the server is stopping"));
    }
    state.db.ping().await.map_err(|e| {
        tracing::warn!(error = %e, "the database does not answer");
        not_ready("the database does not answer")
    })?;
    Ok("ready\n")
}

/// The server's public keys (RFC 7517): what its tokens and receipts verify against.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "operation",
    responses((status = 200, description = "The keys", body = JwkSet, content_type = "application/jwk-set+json")))]
async fn jwks(State(state): State<AppState>) -> impl IntoResponse {
    let mut response = Json(state.keys.jwks()).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json"));
    response
}

/// This description.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "operation",
    responses((status = 200, description = "OpenAPI 3.1")))]
async fn openapi_json(Extension(Described(api)): Extension<Described>) -> impl IntoResponse {
    Json(api)
}
