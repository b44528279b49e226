//! `/r/{token}`: the hospital's page. No log-in, no script; reading it changes nothing, since mail scanners follow links.

use crate::http::extract::InQuery;
use crate::http::guard::Access;
use crate::http::problem::Problem;
use crate::http::table::Entry;
use crate::receipts::jwks::KeySet;
use crate::receipts::page::{Found, by_token, language, render};
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa_axum::routes;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    vec![Entry::new(Access::Public, routes!(page))]
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct PageQuery {
    /// `zh-CN` or `en`; otherwise what the browser asks for.
    lang: Option<String>,
}

/// The receipt behind a link: a page to read and print, or with `.json` at the end the receipt's file.
#[utoipa::path(get, path = "/r/{token}", tag = "receipts", params(("token" = String, Path), PageQuery),
    responses((status = 200, body = String, content_type = "text/html"), (status = 404, description = "not_found")))]
async fn page(
    State(state): State<AppState>,
    Path(token): Path<String>,
    InQuery(query): InQuery<PageQuery>,
    headers: HeaderMap,
) -> Response {
    let (token, file) = match token.strip_suffix(".json") {
        Some(token) => (token.to_owned(), true),
        None => (token, false),
    };
    let found = match by_token(&state.db, &token).await {
        Ok(Some(found)) => found,
        Ok(None) => return Problem::of_status(StatusCode::NOT_FOUND).into_response(),
        Err(e) => return Problem::internal(&e).into_response(),
    };
    if file {
        return download(&found);
    }
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let keys = KeySet::one(&state.keys.receipt.kid, state.keys.receipt.public());
    let public_url = state.public_url.clone();
    // Both signatures are checked anew for every reader.
    let html = tokio::task::spawn_blocking(move || {
        let lang = |signed| language(query.lang.as_deref(), accepted.as_deref(), signed);
        render(&found, &token, &keys, &public_url, lang)
    })
    .await;
    match html {
        Ok(Ok(html)) => (
            [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                // The address is the secret: it goes to no other site and into no shared cache.
                (header::REFERRER_POLICY, "no-referrer"),
                (header::CACHE_CONTROL, "private, no-store"),
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; img-src data:"),
            ],
            html,
        )
            .into_response(),
        Ok(Err(e)) => Problem::internal(&e).into_response(),
        Err(e) => Problem::internal(&e).into_response(),
    }
}

fn download(found: &Found) -> Response {
    let number: String =
        found.receipt.number.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    (
        [
            (header::CONTENT_TYPE, "application/json".to_owned()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{number}.json\"")),
            (header::REFERRER_POLICY, "no-referrer".to_owned()),
            (header::CACHE_CONTROL, "private, no-store".to_owned()),
        ],
        found.receipt.body.clone(),
    )
        .into_response()
}
