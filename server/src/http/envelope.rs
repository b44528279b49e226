//! What goes around every request: an id, a log line, and the final form of a refusal.

use super::problem::Problem;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use sync_core::document::facts::Lang;
use tracing::Instrument as _;
use uuid::Uuid;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the request that is being answered.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Gives the request an id (the client's, if it is a sane one), logs it without its query, headers and body – tokens
/// and names are in there – and renders problems in the reader's language with that id.
pub async fn envelope(mut request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(&REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
        .map_or_else(|| Uuid::now_v7().to_string(), str::to_owned);
    let lang = reader_language(request.headers());
    request.extensions_mut().insert(RequestId(id.clone()));
    let path = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id, method = %request.method(), path);
    let began = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let mut response = in_final_form(response, lang, &id);
    span.in_scope(|| {
        let ms = began.elapsed().as_millis();
        let status = response.status().as_u16();
        if status >= 500 { tracing::warn!(status, ms, "answered") } else { tracing::info!(status, ms, "answered") }
    });
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID.clone(), value);
    }
    response
}

fn in_final_form(mut response: Response, lang: Lang, id: &str) -> Response {
    let status = response.status();
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let mut said = problem.respond(lang, Some(id));
        // What the handler put beside its refusal, such as Retry-After.
        // What told of the old body (its length, its compression) would be a lie about the new one.
        let of_body = |name: &HeaderName| name.as_str().starts_with("content-") || name == header::TRANSFER_ENCODING;
        for (name, value) in response.headers().iter().filter(|(name, _)| !of_body(name)) {
            said.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        return said;
    }
    // Refusals of the framework itself: no such method, a body that is too large, too late. It never writes HTML: that is
    // a page of ours, which says by itself what is wrong.
    let own = |v: &HeaderValue| v == "application/problem+json" || v.as_bytes().starts_with(b"text/html");
    let is_document = response.headers().get(header::CONTENT_TYPE).is_some_and(own);
    if (status.is_client_error() || status.is_server_error()) && !is_document {
        let mut problem = Problem::of_status(status).respond(lang, Some(id));
        if let Some(allow) = response.headers().get(header::ALLOW) {
            problem.headers_mut().insert(header::ALLOW, allow.clone());
        }
        return problem;
    }
    response
}

/// Chinese if the reader asks for it before English.
pub fn reader_language(headers: &HeaderMap) -> Lang {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let first = wanted.split(',').map(|part| part.trim().to_ascii_lowercase());
    for tag in first {
        if tag.starts_with("zh") {
            return Lang::ZhCn;
        }
        if tag.starts_with("en") {
            return Lang::En;
        }
    }
    Lang::En
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use axum::response::IntoResponse as _;

    #[test]
    fn a_refusal_keeps_what_stands_beside_it_and_nothing_that_told_of_its_old_body() {
        let mut refusal = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", "later").into_response();
        for (name, value) in [("retry-after", "7"), ("content-encoding", "gzip"), ("content-length", "3")] {
            refusal.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        let said = in_final_form(refusal, Lang::En, "an-id");
        assert_eq!(said.headers()["retry-after"], "7");
        assert_eq!(said.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert!(
            !said.headers().contains_key(header::CONTENT_ENCODING)
                && !said.headers().contains_key(header::CONTENT_LENGTH)
        );
    }
}
