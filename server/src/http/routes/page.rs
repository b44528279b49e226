//! `/r/{token}`: the hospital's page. No log-in, no script; reading it changes nothing, since mail scanners follow links.

use crate::http::extract::InQuery;
use crate::http::guard::Access;
use crate::http::problem::Problem;
use crate::http::table::Entry;
use crate::receipts::jwks::KeySet;
use crate::receipts::page::{by_token, language, render};
use crate::receipts::pdf::{Languages, Layout, PdfError};
use crate::receipts::sheet::{file_name, pdf_name};
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;
use sync_core::document::facts::Lang;
use sync_core::receipt::Receipt;
use utoipa_axum::routes;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    vec![Entry::new(Access::Public, routes!(page))]
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct PageQuery {
    /// `zh-CN` or `en`, for the PDF also `both`; otherwise what the browser asks for.
    lang: Option<String>,
}

/// The receipt behind a link: a page to read and print, with `.json` at the end the receipt's file, with `.pdf` its PDF.
#[utoipa::path(get, path = "/r/{token}", tag = "receipts", params(("token" = String, Path), PageQuery),
    responses((status = 200, body = String, content_type = "text/html"), (status = 404, description = "not_found"),
        (status = 503, description = "pdf_font_missing")))]
async fn page(
    State(state): State<AppState>,
    Path(token): Path<String>,
    InQuery(query): InQuery<PageQuery>,
    headers: HeaderMap,
) -> Response {
    let (token, ending) = match token.rsplit_once('.') {
        Some((token, ending @ ("json" | "pdf"))) => (token.to_owned(), Some(ending.to_owned())),
        _ => (token, None),
    };
    let found = match by_token(&state.db, &token).await {
        Ok(Some(found)) => found,
        Ok(None) => return Problem::of_status(StatusCode::NOT_FOUND).into_response(),
        Err(e) => return Problem::internal(&e).into_response(),
    };
    if ending.as_deref() == Some("json") {
        return download(&found.receipt.number, "application/json", found.receipt.body.clone().into_bytes());
    }
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).map(str::to_owned);
    if ending.is_some() {
        let lang = |signed| language(query.lang.as_deref(), accepted.as_deref(), signed);
        let pdf = pdf(&state, &found.receipt.body, query.lang.as_deref(), lang, Some(token)).await;
        return match pdf {
            Ok(pdf) => download(&found.receipt.number, "application/pdf", pdf.to_vec()),
            Err(problem) => problem.into_response(),
        };
    }
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

fn download(number: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let name = if kind == "application/pdf" { pdf_name(number) } else { file_name(number) };
    (
        [
            (header::CONTENT_TYPE, kind.to_owned()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
            (header::REFERRER_POLICY, "no-referrer".to_owned()),
            (header::CACHE_CONTROL, "private, no-store".to_owned()),
        ],
        bytes,
    )
        .into_response()
}

/// A receipt's PDF, set on a thread of its own. `lang` gets the language in which it was signed and says which to use
/// where `asked` does not name languages; with `token`, its page's address is on it.
pub(super) async fn pdf(
    state: &AppState,
    file: &str,
    asked: Option<&str>,
    lang: impl FnOnce(Lang) -> Lang,
    token: Option<String>,
) -> Result<Arc<[u8]>, Problem> {
    let languages = match asked.and_then(Languages::parse) {
        Some(languages) => languages,
        None => {
            let receipt: Receipt = serde_json::from_str(file).map_err(|e| Problem::internal(&e))?;
            lang(receipt.body.sign_off.sign_off.text_lang).into()
        }
    };
    let layout = Layout { languages, public_url: state.public_url.to_string(), token };
    let (renderer, file) = (Arc::clone(&state.pdf), file.to_owned());
    let set = tokio::task::spawn_blocking(move || renderer.render(&file, &layout)).await;
    set.map_err(|e| Problem::internal(&e))?.map_err(|e| match e {
        PdfError::Font(_) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, e.code(), e.to_string()),
        e => Problem::internal(&format!("{}: {e}", e.code())),
    })
}
