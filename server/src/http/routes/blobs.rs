//! Photos' and files' bytes: uploaded by phones in parts, seen by whoever sees a visit that refers to them.

use crate::auth::Principal;
use crate::blobs::{BlobError, Progress, Sender, append, open, progress};
use crate::http::entry::Entry;
use crate::http::extract::InPath;
use crate::http::guard::Access;
use crate::http::problem::Problem;
use crate::state::AppState;
use crate::store::StoreError;
use crate::visits::sight;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sync_core::blob::{MAX_CHUNK_BYTES, MediaType, is_sha256};
use utoipa_axum::routes;

/// How far the server has come: a count of bytes.
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
/// Whether that is all: `?1` or `?0` (RFC 9651 boolean).
const COMPLETE: HeaderName = HeaderName::from_static("upload-complete");

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    vec![
        Entry::new(Access::Roles(sight::READERS), routes!(get)),
        Entry::new(Access::Device, routes!(head)),
        Entry::new(Access::Device, routes!(patch)).body_limit(MAX_CHUNK_BYTES),
    ]
}

/// Why it was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BlobProblem {
    #[error("Upload-Offset: say as a whole number of bytes where this part begins")]
    NoOffset,
    #[error(transparent)]
    Blob(#[from] BlobError),
}

impl From<StoreError> for BlobProblem {
    fn from(e: StoreError) -> Self {
        Self::Blob(e.into())
    }
}

impl IntoResponse for BlobProblem {
    fn into_response(self) -> Response {
        use StatusCode as S;
        let text = self.to_string();
        let problem = |status, code| Problem::new(status, code, text.clone());
        match &self {
            Self::NoOffset => problem(S::BAD_REQUEST, "bad_request"),
            Self::Blob(e) => match e {
                BlobError::Unknown => problem(S::NOT_FOUND, "not_found"),
                BlobError::Offset(offset) => {
                    let mut response = problem(S::CONFLICT, "upload_offset").into_response();
                    told(response.headers_mut(), Progress { offset: *offset, complete: false });
                    return response;
                }
                BlobError::TooLong(_) => problem(S::UNPROCESSABLE_ENTITY, "upload_too_long"),
                BlobError::Digest => problem(S::UNPROCESSABLE_ENTITY, "photo_digest"),
                BlobError::Kind(_) => problem(S::UNSUPPORTED_MEDIA_TYPE, "photo_type"),
                BlobError::Quota(seconds) => problem(S::TOO_MANY_REQUESTS, "upload_quota").retry_after(*seconds),
                BlobError::Failed(_) | BlobError::Store(_) => Problem::internal(&text),
            },
        }
        .into_response()
    }
}

/// A digest and nothing else: it becomes no path and no statement, but what has not its form names nothing.
fn named(sha256: String) -> Result<String, BlobProblem> {
    if is_sha256(&sha256) { Ok(sha256) } else { Err(BlobError::Unknown.into()) }
}

fn told(headers: &mut HeaderMap, progress: Progress) {
    headers.insert(OFFSET, HeaderValue::from(progress.offset));
    headers.insert(COMPLETE, HeaderValue::from_static(if progress.complete { "?1" } else { "?0" }));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

fn answered(progress: Progress) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    told(response.headers_mut(), progress);
    response
}

/// How far the server has come with a photo or file of this device's engineer: `Upload-Offset` bytes are on its disk, and
/// `Upload-Complete` says whether that is all of it.
#[utoipa::path(head, path = "/api/v1/blobs/{sha256}", tag = "photos",
    params(("sha256" = String, Path, description = "SHA-256 of the bytes, lower-case hex")),
    responses((status = 204, description = "Upload-Offset, Upload-Complete"),
        (status = 404, description = "not_found: no visit of theirs refers to it")))]
async fn head(
    State(state): State<AppState>,
    principal: Principal,
    InPath(sha256): InPath<String>,
) -> Result<Response, BlobProblem> {
    let sha256 = named(sha256)?;
    let known = state.reference.get();
    Ok(answered(progress(&state.db, sender(&principal, &known)?, &sha256).await?))
}

/// A part of a photo or file, at most 1 MiB, that begins at `Upload-Offset`. What is answered with 204 is on the server's
/// disk. Only what a visit of this device's engineer refers to is taken; with its last byte the digest and the kind of file
/// are looked at, and what is not as the record says is forgotten. Repeating any request does no harm.
#[utoipa::path(patch, path = "/api/v1/blobs/{sha256}", tag = "photos",
    params(("sha256" = String, Path, description = "SHA-256 of the bytes, lower-case hex"),
        ("upload-offset" = u64, Header, description = "where this part begins")),
    request_body(content = Vec<u8>, content_type = "application/partial-upload"),
    responses((status = 204, description = "Upload-Offset, Upload-Complete"),
        (status = 400, description = "bad_request: no Upload-Offset"),
        (status = 404, description = "not_found: no visit of theirs refers to it"),
        (status = 409, description = "upload_offset: go on at the Upload-Offset of this answer"),
        (status = 413, description = "too_large: the part"),
        (status = 415, description = "photo_type: not the kind that the record says"),
        (status = 422, description = "upload_too_long, photo_digest"),
        (status = 429, description = "upload_quota, with Retry-After")))]
async fn patch(
    State(state): State<AppState>,
    principal: Principal,
    InPath(sha256): InPath<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, BlobProblem> {
    let sha256 = named(sha256)?;
    let offset = headers.get(OFFSET).and_then(|v| v.to_str().ok()).ok_or(BlobProblem::NoOffset)?;
    let digits = !offset.is_empty() && offset.bytes().all(|b| b.is_ascii_digit());
    let offset: i64 = offset.parse().ok().filter(|_| digits).ok_or(BlobProblem::NoOffset)?;
    let known = state.reference.get();
    let now = state.clock.now_ms();
    Ok(answered(append(&state.db, sender(&principal, &known)?, &sha256, offset, &body, now).await?))
}

fn sender<'a>(principal: &Principal, known: &'a sync_core::reference::Reference) -> Result<Sender<'a>, BlobProblem> {
    // The guard lets nobody in without one.
    let device = principal.device.ok_or(BlobError::Unknown)?;
    Ok(Sender { device, user: principal.user, known })
}

/// A photo or file of a visit that one may see.
#[utoipa::path(get, path = "/api/v1/blobs/{sha256}", tag = "photos",
    params(("sha256" = String, Path, description = "SHA-256 of the bytes, lower-case hex")),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 304, description = "known already"),
        (status = 404, description = "not_found: none that one may see, or not here yet")))]
async fn get(
    State(state): State<AppState>,
    principal: Principal,
    InPath(sha256): InPath<String>,
    headers: HeaderMap,
) -> Result<Response, BlobProblem> {
    let sha256 = named(sha256)?;
    let (mut tx, scope, _) = sight::open(&state, &principal).await?;
    let (kind, bytes) = open(&mut tx, &scope, &sha256).await?;
    Ok(served(&sha256, kind, bytes, &headers))
}

/// The bytes as a file of somebody unknown: shown as what they are and nothing else, in a place of their own, without
/// scripts. They never change, so whoever has them need not ask again.
pub(super) fn served(sha256: &str, kind: MediaType, bytes: Vec<u8>, asked: &HeaderMap) -> Response {
    let tag = format!("\"{sha256}\"");
    let known = asked.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains(&tag));
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { (StatusCode::OK, bytes).into_response() };
    let shown = match kind {
        MediaType::Jpeg | MediaType::Png | MediaType::Webp => "inline",
        MediaType::Heic | MediaType::Pdf => "attachment",
    };
    let name = format!("{shown}; filename=\"{}.{}\"", sha256.get(..16).unwrap_or_default(), kind.ending());
    let headers = response.headers_mut();
    for (key, value) in [(header::ETAG, tag), (header::CONTENT_DISPOSITION, name)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(key, value);
        }
    }
    for (key, value) in [
        (header::CONTENT_TYPE, kind.as_str()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(key, HeaderValue::from_static(value));
    }
    response
}
