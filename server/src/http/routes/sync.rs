//! `POST /api/v1/sync`: one round trip of the sync protocol (docs/protocol.md).

use crate::auth::Principal;
use crate::http::entry::Entry;
use crate::http::guard::Access;
use crate::http::problem::Problem;
use crate::reference::cache::Asker;
use crate::state::AppState;
use crate::store::{StoreError, devices};
use crate::sync::{Push, SyncError, join, news};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::io::Read as _;
use sync_core::crypto::{Alg, PublicKey};
use sync_core::sync::{
    DecodeError, DocumentUp, MAX_REQUEST_BYTES, PROTOCOL, Request, Response as Answer, attested_bytes, encode,
};
use utoipa_axum::routes;

/// The media type of sync messages.
const CBOR: &str = "application/cbor";
/// Largest body as sent, compressed or not.
const MAX_BODY: usize = 2 * 1024 * 1024;
/// Answers shorter than this are not worth compressing.
const COMPRESS_FROM: usize = 512;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    vec![Entry::new(Access::DeviceEvenRevoked, routes!(sync)).body_limit(MAX_BODY)]
}

/// Why a request was refused. The phone keeps everything.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SyncProblem {
    #[error("the body is compressed in a way that is not spoken here; zstd, gzip and none are")]
    Encoding,
    #[error("the body is larger than {MAX_REQUEST_BYTES} bytes when decompressed")]
    TooLarge,
    #[error("the body cannot be decompressed")]
    Broken,
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("the request names another device than the one that is logged in")]
    ForeignDevice,
    #[error("the device's signature over the heads that it sends does not fit")]
    Attestation,
    #[error(transparent)]
    Sync(#[from] SyncError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntoResponse for SyncProblem {
    fn into_response(self) -> Response {
        use StatusCode as S;
        let text = self.to_string();
        let problem = |status, code| Problem::new(status, code, text.clone());
        match &self {
            Self::Encoding => problem(S::UNSUPPORTED_MEDIA_TYPE, "unknown_encoding"),
            Self::TooLarge => problem(S::PAYLOAD_TOO_LARGE, "too_large"),
            Self::Broken => problem(S::BAD_REQUEST, "broken_body"),
            Self::Decode(DecodeError::Malformed(_)) => problem(S::BAD_REQUEST, "malformed_message"),
            Self::Decode(DecodeError::Version { .. }) => problem(S::UPGRADE_REQUIRED, "protocol_version"),
            Self::Decode(DecodeError::TooMuch(_)) => problem(S::PAYLOAD_TOO_LARGE, "too_much"),
            Self::ForeignDevice => problem(S::FORBIDDEN, "foreign_device"),
            Self::Attestation => problem(S::FORBIDDEN, "bad_attestation"),
            Self::Sync(_) | Self::Store(_) => {
                tracing::error!(error = %text, "sync failed");
                // The reason stays in the log: it may name files and hosts.
                let mut response = Problem::new(
                    S::SERVICE_UNAVAILABLE,
                    "not_stored",
                    "Nothing was stored. Keep everything and try again.",
                )
                .into_response();
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
                return response;
            }
        }
        .into_response()
    }
}

/// Exchange changes.
///
/// The body is a CBOR message, compressed with zstd or gzip when `Content-Encoding` says so; the answer likewise.
/// It is sent only after everything it confirms is on disk.
#[utoipa::path(post, path = "/api/v1/sync", tag = "sync",
    request_body(content = Vec<u8>, content_type = "application/cbor"),
    responses((status = 200, body = Vec<u8>, content_type = "application/cbor"),
        (status = 400, description = "broken_body, malformed_message"),
        (status = 403, description = "foreign_device, bad_attestation"),
        (status = 413, description = "too_large, too_much"),
        (status = 426, description = "protocol_version"), (status = 503, description = "not_stored")))]
async fn sync(
    State(state): State<AppState>,
    principal: Principal,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, SyncProblem> {
    let encoding = headers.get(header::CONTENT_ENCODING).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let device = principal.device.ok_or(SyncProblem::ForeignDevice)?;
    let mut tx = state.db.read().await?;
    let row = devices::by_id(&mut tx, device.0).await?.ok_or(SyncProblem::ForeignDevice)?;
    drop(tx);
    let alg = if row.alg == Alg::ES256.as_str() { Alg::ES256 } else { Alg::EdDSA };
    let key = PublicKey { alg, key: row.public_key };
    let (mut request, attested) = tokio::task::spawn_blocking(move || {
        let request = Request::read(&decompress(encoding.as_deref(), &body)?)?;
        if request.device != device {
            return Err(SyncProblem::ForeignDevice);
        }
        let attested = attested_bytes(device, &request.documents);
        if !request.documents.is_empty() {
            key.verify(&attested, &request.attestation).map_err(|_| SyncProblem::Attestation)?;
        }
        Ok((request, attested))
    })
    .await
    .map_err(|e| SyncError::Failed(e.to_string()))??;

    // What comes after needs to know which visits were sent, not their changes: a copy for every request that waits
    // would add up.
    let name = |d: &DocumentUp| DocumentUp {
        visit: d.visit,
        since: Vec::new(),
        heads: Vec::new(),
        changes: Vec::new(),
        advice: None,
    };
    let asked = request.documents.iter().map(name).collect();
    let sent = std::mem::replace(&mut request.documents, asked);
    let documents = if sent.is_empty() {
        Vec::new()
    } else {
        let push = Push {
            device,
            user: principal.user,
            revoked: principal.device_revoked_ms.is_some(),
            documents: sent,
            attested,
            signature: request.attestation.to_vec(),
        };
        state.merger.push(push).await?
    };
    let mut answer = Answer {
        protocol: PROTOCOL,
        server_ms: state.clock.now_ms(),
        epoch: request.epoch,
        cursor: request.cursor,
        more: false,
        documents,
        reference: Vec::new(),
        states: Vec::new(),
        missing_blobs: Vec::new(),
    };
    // A revoked device is told what became of what it sent, and nothing else.
    if principal.device_revoked_ms.is_none() {
        let asker = Asker { cache: &state.reference, user: principal.user, now_ms: state.clock.now_ms() };
        let news = news(&state.db, device, asker, &request, &answer.documents).await?;
        answer.epoch = news.epoch;
        answer.cursor = news.cursor;
        answer.more = news.more;
        join(&mut answer.documents, news.documents);
        answer.reference = news.reference;
        answer.states = news.states;
        answer.missing_blobs = news.missing_blobs;
    }
    if !answer.documents.is_empty() {
        crate::failpoint::pass_later("after_reply");
    }
    let zstd = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("zstd"));
    let bytes = encode(&answer);
    if zstd && bytes.len() >= COMPRESS_FROM {
        let packed = tokio::task::spawn_blocking(move || zstd::bulk::compress(&bytes, 3))
            .await
            .map_err(|e| SyncError::Failed(e.to_string()))?
            .map_err(|e| SyncError::Failed(e.to_string()))?;
        Ok(([(header::CONTENT_TYPE, CBOR), (header::CONTENT_ENCODING, "zstd")], packed).into_response())
    } else {
        Ok(([(header::CONTENT_TYPE, CBOR)], bytes).into_response())
    }
}

/// The body as it was before compression, at most [`MAX_REQUEST_BYTES`] of it: a bomb is stopped while it unfolds.
fn decompress(encoding: Option<&str>, body: &[u8]) -> Result<Vec<u8>, SyncProblem> {
    let limit = MAX_REQUEST_BYTES as u64 + 1;
    let mut out = Vec::new();
    let read = match encoding {
        None | Some("identity") => {
            out.extend_from_slice(body);
            Ok(0)
        }
        Some("zstd") => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(body).map_err(|_| SyncProblem::Broken)?;
            // 8 MiB: what level 3 needs; larger windows would let a small body ask for much memory.
            decoder.window_log_max(23).map_err(|_| SyncProblem::Broken)?;
            decoder.take(limit).read_to_end(&mut out)
        }
        Some("gzip") => flate2::bufread::GzDecoder::new(body).take(limit).read_to_end(&mut out),
        Some(_) => return Err(SyncProblem::Encoding),
    };
    read.map_err(|_| SyncProblem::Broken)?;
    if out.len() > MAX_REQUEST_BYTES { Err(SyncProblem::TooLarge) } else { Ok(out) }
}
