//! The log of all receipts: its heads, for everybody, and proofs.

use crate::auth::Principal;
use crate::http::entry::Entry;
use crate::http::extract::{InPath, InQuery};
use crate::http::guard::Access;
use crate::http::page::CursorPage;
use crate::http::problem::Problem;
use crate::receipt_log::proofs::{self, NoProof};
use crate::state::AppState;
use crate::store::log::{self, HeadRow};
use crate::store::{StoreError, queue, stamps};
use crate::visits::sight;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_axum::routes;
use uuid::Uuid;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    vec![
        Entry::new(Access::Public, routes!(heads)),
        Entry::new(Access::Public, routes!(head)),
        Entry::new(Access::Public, routes!(consistency)),
        Entry::new(Access::Roles(sight::READERS), routes!(proof)),
    ]
}

impl IntoResponse for NoProof {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match &self {
            Self::NotSealed => Problem::new(StatusCode::NOT_FOUND, "not_sealed", text),
            Self::NoHead | Self::NoStamp => Problem::new(StatusCode::NOT_FOUND, "not_found", text),
            Self::Broken => Problem::internal(&text),
            Self::Store(e) => Problem::internal(e),
        }
        .into_response()
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct HeadsQuery {
    /// The `next` of the page before: the number of its last head.
    after: Option<String>,
    /// How many, 1 to 500; 100 when nobody says.
    limit: Option<i64>,
}

/// A head in a list.
#[derive(Serialize, utoipa::ToSchema)]
struct HeadAnswer {
    /// The signed head, as its file holds it.
    #[schema(value_type = Object)]
    head: Value,
    /// SHA-256 of its file.
    sha256: String,
    /// When a time-stamping authority says that it was there, milliseconds since 1970 UTC; its answer is at the head's address
    /// with `.tsr`.
    #[serde(skip_serializing_if = "Option::is_none")]
    stamped_ms: Option<i64>,
    /// The stable code of what the last attempt to have it stamped failed by.
    #[serde(skip_serializing_if = "Option::is_none")]
    stamp_problem: Option<String>,
}

/// The published heads of the log of all receipts, the first ones first.
#[utoipa::path(get, path = "/.well-known/countersign/heads", tag = "log", params(HeadsQuery),
    responses((status = 200, body = CursorPage<HeadAnswer>), (status = 400, description = "bad_request")))]
async fn heads(State(state): State<AppState>, InQuery(query): InQuery<HeadsQuery>) -> Result<Response, Problem> {
    let wrong = || Problem::new(StatusCode::BAD_REQUEST, "bad_request", "after: this is no number");
    let after = query.after.map_or(Ok(0), |n| n.parse::<i64>()).map_err(|_| wrong())?;
    let limit = query.limit.unwrap_or(100).clamp(1, 500);
    let found = async {
        let mut tx = state.db.read().await?;
        let found = log::heads(&mut tx, after.max(0), limit + 1).await?;
        let last = found.last().map_or(0, |h| h.number);
        Ok::<_, StoreError>((found, stamps::between(&mut tx, after.max(0), last).await?))
    };
    let (mut found, stamps) = found.await.map_err(|e| Problem::internal(&e))?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > shown;
    found.truncate(shown);
    let next = found.last().filter(|_| more).map(|last| last.number.to_string());
    let answer = |row: HeadRow| {
        let head = serde_json::from_str(&row.body).map_err(|e| Problem::internal(&e))?;
        let stamp = stamps.iter().find(|s| s.number == row.number);
        let (stamped_ms, problem) = stamp.map_or((None, None), |s| (s.stamped_ms, s.problem.clone()));
        Ok(HeadAnswer { head, sha256: row.sha256, stamped_ms, stamp_problem: problem })
    };
    let items = found.into_iter().map(answer).collect::<Result<Vec<_>, Problem>>()?;
    Ok(Json(CursorPage { items, next }).into_response())
}

/// The head of one day: its file, byte for byte what was signed and what the next head names. With `.tsr`: what a time-stamping
/// authority (RFC 3161) answered about that file.
#[utoipa::path(get, path = "/.well-known/countersign/heads/{day}", tag = "log",
    params(("day" = String, Path, description = "Such as `2026-11-23` (UTC), or `latest`; `.json` or `.tsr` may follow")),
    responses((status = 200, body = Object), (status = 404, description = "not_found")))]
async fn head(State(state): State<AppState>, InPath(name): InPath<String>) -> Result<Response, NoProof> {
    let (day, ending) =
        name.rsplit_once('.').filter(|(_, ending)| matches!(*ending, "json" | "tsr")).unwrap_or((&name, ""));
    let mut tx = state.db.read().await?;
    let row = match day {
        "latest" => log::last_head(&mut tx).await?,
        day => match day.parse::<Date>() {
            Ok(date) => log::head_of(&mut tx, &date.to_string()).await?,
            Err(_) => None,
        },
    };
    let row = row.ok_or(NoProof::NoHead)?;
    if ending == "tsr" {
        let stamp = stamps::answer(&mut tx, row.number).await?.ok_or(NoProof::NoStamp)?;
        return Ok(([(header::CONTENT_TYPE, "application/timestamp-reply")], stamp).into_response());
    }
    // What is sealed never changes.
    let cache = if day == "latest" { "public, max-age=60" } else { "public, max-age=86400, immutable" };
    Ok(file(row.body, Some(cache)))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct BetweenQuery {
    /// The day of the earlier head.
    from: String,
    /// The day of the later head.
    to: String,
}

/// The proof that the log under one head is the beginning of the log under a later one.
#[utoipa::path(get, path = "/.well-known/countersign/consistency", tag = "log", params(BetweenQuery),
    responses((status = 200, body = Object), (status = 404, description = "not_found")))]
async fn consistency(
    State(state): State<AppState>,
    InQuery(query): InQuery<BetweenQuery>,
) -> Result<Response, NoProof> {
    let day = |text: &str| text.parse::<Date>().map_err(|_| NoProof::NoHead);
    let mut tx = state.db.read().await?;
    let proof = proofs::consistency(&mut tx, day(&query.from)?, day(&query.to)?).await?;
    json_file(&proof)
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ProofQuery {
    /// The day of the head; otherwise the first head over it.
    day: Option<String>,
}

/// The proof that a receipt is in the log under a published head.
#[utoipa::path(get, path = "/api/v1/receipts/{id}/proof", tag = "receipts", params(("id" = Uuid, Path), ProofQuery),
    responses((status = 200, body = Object), (status = 404, description = "not_found, not_sealed")))]
async fn proof(
    State(state): State<AppState>,
    principal: Principal,
    InPath(id): InPath<Uuid>,
    InQuery(query): InQuery<ProofQuery>,
) -> Result<Response, NoProof> {
    let day = query.day.map(|day| day.parse::<Date>().map_err(|_| NoProof::NoHead)).transpose()?;
    let (mut tx, scope, _) = sight::open(&state, &principal).await?;
    if queue::receipt(&mut tx, &scope, id).await?.is_none() {
        return Ok(Problem::new(StatusCode::NOT_FOUND, "not_found", "no such receipt").into_response());
    }
    json_file(&proofs::inclusion(&mut tx, id, day).await?.proof)
}

fn json_file<T: Serialize>(value: &T) -> Result<Response, NoProof> {
    let text = sync_core::canonical::to_canonical_json(value).map_err(|_| NoProof::Broken)?;
    Ok(file(text, None))
}

fn file(text: String, cache: Option<&'static str>) -> Response {
    let mut response = ([(header::CONTENT_TYPE, "application/json")], text).into_response();
    if let Some(cache) = cache {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    }
    response
}
