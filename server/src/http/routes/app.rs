//! `/app/`: the engineers' app, as it was built into the folder `app_dir`
//! ([ADR 23](../../../../docs/adr/0023-the-app-is-a-folder.md)).
//!
//! Names under `assets/` hold a digest of what is in them and never change; everything else is asked for again each time.

use crate::http::entry::Entry;
use crate::http::envelope::reader_language;
use crate::http::guard::Access;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::{Path as InPath, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use std::path::{Path, PathBuf};
use sync_core::canonical::sha256;
use sync_core::document::facts::Lang;
use sync_core::message::Message;
use utoipa_axum::routes;

/// Scripts, styles and the engine of this server alone. `wasm-unsafe-eval` compiles WebAssembly and nothing else;
/// `blob:` shows photos that are only on the phone.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; \
                      font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'none'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    vec![
        Entry::new(Access::Public, routes!(bare)),
        Entry::new(Access::Public, routes!(index)),
        Entry::new(Access::Public, routes!(file)),
        Entry::new(Access::Public, routes!(asset)),
    ]
}

/// To the app.
#[utoipa::path(get, path = "/app", tag = "app", responses((status = 308, description = "To `/app/`")))]
async fn bare() -> Redirect {
    Redirect::permanent("/app/")
}

/// The engineers' app. Says so where it was not built.
#[utoipa::path(get, path = "/app/", tag = "app",
    responses((status = 200, body = String, content_type = "text/html"),
        (status = 404, description = "The app was not built", content_type = "text/html")))]
async fn index(State(state): State<AppState>, headers: HeaderMap) -> Response {
    match serve(&state.config.app_dir, "index.html", &headers, Caching::Ask).await {
        Some(response) => response,
        None => not_built(reader_language(&headers)),
    }
}

/// A file of the app that is asked for again each time: its service worker, its manifest, its icons.
#[utoipa::path(get, path = "/app/{file}", tag = "app", params(("file" = String, Path)),
    responses((status = 200, description = "The file"), (status = 304, description = "Unchanged"),
        (status = 404, description = "not_found")))]
async fn file(State(state): State<AppState>, InPath(file): InPath<String>, headers: HeaderMap) -> Response {
    found(serve(&state.config.app_dir, &file, &headers, Caching::Ask).await)
}

/// A file of the app that never changes.
#[utoipa::path(get, path = "/app/assets/{file}", tag = "app", params(("file" = String, Path)),
    responses((status = 200, description = "The file"), (status = 404, description = "not_found")))]
async fn asset(State(state): State<AppState>, InPath(file): InPath<String>, headers: HeaderMap) -> Response {
    found(serve(&state.config.app_dir.join("assets"), &file, &headers, Caching::Forever).await)
}

fn found(response: Option<Response>) -> Response {
    response.unwrap_or_else(|| Problem::of_status(StatusCode::NOT_FOUND).into_response())
}

/// How long a browser may keep a file without asking.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Caching {
    /// Never: it asks whether it is still the same.
    Ask,
    /// For ever.
    Forever,
}

/// The file, in the smallest form that the browser takes; `None` when there is none of that name.
async fn serve(folder: &Path, name: &str, headers: &HeaderMap, caching: Caching) -> Option<Response> {
    let media = media_type(name)?;
    let path = folder.join(name);
    let (bytes, encoding) = smallest(&path, headers).await?;
    // Nobody asks again for what never changes: its digest is in its name already.
    let tag = (caching == Caching::Ask).then(|| format!("\"{}\"", hex::encode(&sha256(&bytes)[..16])));
    let known = headers.get(header::IF_NONE_MATCH).map(HeaderValue::as_bytes);
    let same = known.is_some() && known == tag.as_deref().map(str::as_bytes);
    let mut response =
        if same { StatusCode::NOT_MODIFIED.into_response() } else { (StatusCode::OK, bytes).into_response() };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(&tag).ok()) {
        out.insert(header::ETAG, tag);
    }
    if let Some(encoding) = encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    let caching = match caching {
        Caching::Ask => "no-cache",
        Caching::Forever => "public, max-age=31536000, immutable",
    };
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    guarded(out);
    Some(response)
}

/// What the app's files are. A name of any other kind, or one that leads out of the folder, is no file of the app.
fn media_type(name: &str) -> Option<&'static str> {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    if !plain || name.starts_with('.') {
        return None;
    }
    Some(match name.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

/// The file's bytes: compressed beforehand where the build did so and the browser understands it.
async fn smallest(path: &Path, headers: &HeaderMap) -> Option<(Vec<u8>, Option<&'static str>)> {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let takes = |name: &str| {
        accepted.split(',').any(|one| {
            let mut parts = one.split(';').map(str::trim);
            parts.next() == Some(name) && !parts.any(|p| p == "q=0")
        })
    };
    for (name, suffix) in [("br", "br"), ("gzip", "gz")] {
        if takes(name) {
            let mut packed = PathBuf::from(path).into_os_string();
            packed.push(".");
            packed.push(suffix);
            if let Ok(bytes) = tokio::fs::read(&packed).await {
                return Some((bytes, Some(name)));
            }
        }
    }
    tokio::fs::read(path).await.ok().map(|bytes| (bytes, None))
}

fn not_built(lang: Lang) -> Response {
    let text = Message::new("app-not-built").render(lang);
    let title = Message::new("app-not-built-title").render(lang);
    let tag = match lang {
        Lang::ZhCn => "zh-CN",
        Lang::En => "en",
    };
    let page = format!(
        "<!doctype html><html lang=\"{tag}\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title><h1>{title}</h1><p>{text}</p></html>\n"
    );
    let mut response = (StatusCode::NOT_FOUND, page).into_response();
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    guarded(out);
    response
}

fn guarded(out: &mut HeaderMap) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        out.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_apps_own_kinds_of_files_have_a_name() {
        assert_eq!(media_type("engine-1a2b.wasm"), Some("application/wasm"));
        for name in ["..", "../keys/token.pem", "a/b.js", ".env", "x.js.map", "index.html.br", "x", "", "a\\b.js"] {
            assert_eq!(media_type(name), None, "{name}");
        }
    }

    #[tokio::test]
    async fn the_smallest_form_that_the_browser_takes() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [("a.js", "plain"), ("a.js.gz", "gzipped"), ("a.js.br", "brotli")] {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let got = async |accepts: &str| {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_str(accepts).unwrap())]);
            let response = serve(dir.path(), "a.js", &headers, Caching::Forever).await.unwrap();
            let encoding = response.headers().get(header::CONTENT_ENCODING).cloned();
            let body = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
            (String::from_utf8(body.to_vec()).unwrap(), encoding.map(|e| e.to_str().unwrap().to_owned()))
        };
        assert_eq!(got("gzip, br").await, ("brotli".into(), Some("br".into())));
        assert_eq!(got("gzip, br;q=0").await, ("gzipped".into(), Some("gzip".into())));
        assert_eq!(got("identity").await, ("plain".into(), None));
    }

    #[tokio::test]
    async fn what_is_unchanged_is_not_sent_again() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("sw.js"), "one").unwrap();
        let first = serve(dir.path(), "sw.js", &HeaderMap::new(), Caching::Ask).await.unwrap();
        assert_eq!(first.headers()[header::CACHE_CONTROL], "no-cache");
        let known = HeaderMap::from_iter([(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone())]);
        let again = serve(dir.path(), "sw.js", &known, Caching::Ask).await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        std::fs::write(dir.path().join("sw.js"), "two").unwrap();
        assert_eq!(serve(dir.path(), "sw.js", &known, Caching::Ask).await.unwrap().status(), StatusCode::OK);
    }
}
