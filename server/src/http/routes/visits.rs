//! Visits: the queue, one visit, its history and document, decisions, and what was refused.

use super::visits_query::{ListQuery, question};
use crate::auth::Principal;
use crate::http::entry::Entry;
use crate::http::extract::{Body, InPath, InQuery};
use crate::http::guard::Access;
use crate::http::page::CursorPage;
use crate::http::problem::{FieldProblem, Problem};
use crate::state::AppState;
use crate::store::queue::{self, VisitRow};
use crate::store::{StoreError, dossier as rows, letters, page as page_rows};
use crate::visits::dossier::{Dossier, EngineerAnswer, dossier};
use crate::visits::history::{self, Step};
use crate::visits::review::{self, Action, Decision, Draft, ReviewError};
use crate::visits::verdicts::{self, VerdictStep};
use crate::visits::{VisitError, sight};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use sync_core::canonical::sha256_hex;
use sync_core::document::Document;
use utoipa_axum::routes;
use uuid::Uuid;

/// The media type of a raw document (<https://www.iana.org/assignments/media-types/application/vnd.automerge>).
const AUTOMERGE: &str = "application/vnd.automerge";
/// Steps of a history in a page when nobody says, and at most.
const STEPS: (i64, i64) = (100, 500);

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    const READERS: Access = Access::Roles(sight::READERS);
    vec![
        Entry::new(READERS, routes!(list)),
        Entry::new(READERS, routes!(get)),
        Entry::new(READERS, routes!(steps)),
        Entry::new(READERS, routes!(verdicts)),
        Entry::new(READERS, routes!(document)),
        Entry::new(Access::Roles(sight::DECIDERS), routes!(decide)),
    ]
}

/// Why it was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VisitsError {
    #[error("{0}")]
    Query(String),
    #[error(transparent)]
    Visit(#[from] VisitError),
    #[error(transparent)]
    Review(#[from] ReviewError),
}

impl From<StoreError> for VisitsError {
    fn from(e: StoreError) -> Self {
        Self::Visit(e.into())
    }
}

impl IntoResponse for VisitsError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match &self {
            Self::Query(_) => Problem::new(StatusCode::BAD_REQUEST, "bad_request", text),
            Self::Visit(e) | Self::Review(ReviewError::Visit(e)) => visit_problem(e),
            Self::Review(ReviewError::Reason) => {
                let error = FieldProblem { pointer: "/reason".into(), code: "reason".into(), detail: text.clone() };
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_record", text).with_errors(vec![error])
            }
            Self::Review(ReviewError::Mismatch) => Problem::new(StatusCode::CONFLICT, "idempotency_mismatch", text),
            Self::Review(ReviewError::Version(_)) => Problem::new(StatusCode::CONFLICT, "version_conflict", text),
            Self::Review(ReviewError::NotTheirCustomer) => Problem::new(StatusCode::FORBIDDEN, "forbidden", text),
        }
        .into_response()
    }
}

/// The refusal that reading a visit ends in.
pub(super) fn visit_problem(e: &VisitError) -> Problem {
    match e {
        VisitError::Unknown => Problem::new(StatusCode::NOT_FOUND, "not_found", e.to_string()),
        VisitError::Unreadable(_) | VisitError::Store(_) => Problem::internal(e),
    }
}

/// A flag of a visit in the queue.
#[derive(Serialize, utoipa::ToSchema)]
struct FlagCodeAnswer {
    /// Which.
    code: String,
    /// `info`, `warning` or `critical`.
    severity: String,
}

/// A visit in the queue.
#[derive(Serialize, utoipa::ToSchema)]
struct VisitAnswer {
    /// Its id.
    id: Uuid,
    /// The customer; absent when the engineer typed a name in.
    customer: Option<Uuid>,
    /// The customer's name as the phone knew it.
    customer_name: String,
    /// By which work order.
    work_order: Option<Uuid>,
    /// `on_site` or `remote`.
    mode: String,
    /// When it began.
    began_ms: i64,
    /// When it ended; absent while somebody works.
    ended_ms: Option<i64>,
    /// Seconds of labour, united over the engineers.
    labour_s: i64,
    /// Who works on it.
    engineers: Vec<EngineerAnswer>,
    /// How the last sign-off was answered.
    sign_off: Option<String>,
    /// `open`, `approved`, `returned`, `billed` or `waived`.
    review: String,
    /// Whether its dispatch was approved afterwards.
    dispatch_approved: bool,
    /// `covered`, `not_covered` or `needs_decision`.
    coverage: String,
    /// Its flags, each code once.
    flags: Vec<FlagCodeAnswer>,
    /// How many values conflict.
    conflicts: i64,
    /// How many mails about it reached nobody.
    undelivered: i64,
    /// How many disputes of the hospital nobody answered yet.
    disputes: i64,
    /// The document's version.
    version: i64,
}

impl VisitAnswer {
    fn new(
        row: VisitRow,
        engineers: Vec<EngineerAnswer>,
        flags: Vec<FlagCodeAnswer>,
        (undelivered, disputes): (i64, i64),
    ) -> Self {
        Self {
            id: row.id,
            customer: row.customer_id,
            customer_name: row.customer_name,
            work_order: row.work_order_id,
            mode: row.mode,
            began_ms: row.began_ms,
            ended_ms: row.ended_ms,
            labour_s: row.labour_s,
            engineers,
            sign_off: row.sign_off,
            review: row.review,
            dispatch_approved: row.dispatch_approved,
            coverage: row.coverage,
            flags,
            conflicts: row.conflicts,
            undelivered,
            disputes,
            version: row.version,
        }
    }
}

/// The visits that one may see, the newest first.
#[utoipa::path(get, path = "/api/v1/visits", tag = "visits", params(ListQuery),
    responses((status = 200, body = CursorPage<VisitAnswer>), (status = 400, description = "bad_request")))]
async fn list(
    State(state): State<AppState>,
    principal: Principal,
    InQuery(pairs): InQuery<Vec<(String, String)>>,
) -> Result<Json<CursorPage<VisitAnswer>>, VisitsError> {
    let (mut tx, scope, known) = sight::open(&state, &principal).await?;
    let question = question(pairs, &known).map_err(VisitsError::Query)?;
    let found = queue::visits(&mut tx, &scope, &question.filter, question.limit + 1).await?;
    let page = CursorPage::new(found, question.limit, |v| (v.began_ms, v.id));
    let ids: Vec<Uuid> = page.items.iter().map(|v| v.id).collect();
    let mut engineers: HashMap<Uuid, Vec<EngineerAnswer>> = HashMap::new();
    for row in queue::engineers(&mut tx, &ids).await? {
        engineers.entry(row.visit_id).or_default().push(row.into());
    }
    let mut flags: HashMap<Uuid, Vec<FlagCodeAnswer>> = HashMap::new();
    for row in queue::flags(&mut tx, &ids).await? {
        flags.entry(row.visit_id).or_default().push(FlagCodeAnswer { code: row.code, severity: row.severity });
    }
    let undelivered = letters::undelivered(&mut tx, &ids).await?;
    let undelivered: HashMap<Uuid, i64> = undelivered.into_iter().map(|r| (r.visit_id, r.mails)).collect();
    let disputes = page_rows::disputed(&mut tx, &ids).await?;
    let disputes: HashMap<Uuid, i64> = disputes.into_iter().map(|r| (r.visit_id, r.disputes)).collect();
    let mut of = |row: VisitRow| {
        let (who, what) = (engineers.remove(&row.id), flags.remove(&row.id));
        let open = |all: &HashMap<Uuid, i64>| all.get(&row.id).copied().unwrap_or(0);
        let counts = (open(&undelivered), open(&disputes));
        VisitAnswer::new(row, who.unwrap_or_default(), what.unwrap_or_default(), counts)
    };
    Ok(Json(CursorPage { items: page.items.into_iter().map(&mut of).collect(), next: page.next }))
}

/// One visit with everything around it.
#[utoipa::path(get, path = "/api/v1/visits/{id}", tag = "visits", params(("id" = Uuid, Path)),
    responses((status = 200, body = Dossier), (status = 404, description = "not_found")))]
async fn get(
    State(state): State<AppState>,
    principal: Principal,
    InPath(id): InPath<Uuid>,
) -> Result<Json<Dossier>, VisitsError> {
    Ok(Json(dossier(&state, &principal, id).await?))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct StepsQuery {
    /// The `next` of the page before: the number of the last change seen.
    after: Option<u64>,
    /// How many, 1 to 500.
    limit: Option<i64>,
}

/// Changes of one visit.
#[derive(Serialize, utoipa::ToSchema)]
struct StepsAnswer {
    /// In the order in which the server got them; each after those it stands on.
    items: Vec<Step>,
    /// The `after` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// Who wrote what into a visit, change by change.
#[utoipa::path(get, path = "/api/v1/visits/{id}/history", tag = "visits",
    params(("id" = Uuid, Path), StepsQuery),
    responses((status = 200, body = StepsAnswer), (status = 404, description = "not_found")))]
async fn steps(
    State(state): State<AppState>,
    principal: Principal,
    InPath(id): InPath<Uuid>,
    InQuery(query): InQuery<StepsQuery>,
) -> Result<Json<StepsAnswer>, VisitsError> {
    let limit = usize::try_from(query.limit.unwrap_or(STEPS.0).clamp(1, STEPS.1)).unwrap_or(1);
    let (items, more) = history::page(&state, &principal, id, query.after.unwrap_or(0), limit).await?;
    let next = items.last().filter(|_| more).map(|step| step.change.number);
    Ok(Json(StepsAnswer { items, next }))
}

/// Verdicts of one visit.
#[derive(Serialize, utoipa::ToSchema)]
struct VerdictsAnswer {
    /// The first one first; the last one counts.
    items: Vec<VerdictStep>,
}

/// Every verdict that a visit had: who caused each, when, and what it changed.
#[utoipa::path(get, path = "/api/v1/visits/{id}/verdicts", tag = "visits", params(("id" = Uuid, Path)),
    responses((status = 200, body = VerdictsAnswer), (status = 404, description = "not_found")))]
async fn verdicts(
    State(state): State<AppState>,
    principal: Principal,
    InPath(id): InPath<Uuid>,
) -> Result<Json<VerdictsAnswer>, VisitsError> {
    Ok(Json(VerdictsAnswer { items: verdicts::history(&state, &principal, id).await? }))
}

/// The raw document: one compact Automerge chunk.
#[utoipa::path(get, path = "/api/v1/visits/{id}/document", tag = "visits", params(("id" = Uuid, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/vnd.automerge"),
        (status = 304, description = "As the reader has it"), (status = 404, description = "not_found")))]
async fn document(
    State(state): State<AppState>,
    principal: Principal,
    InPath(id): InPath<Uuid>,
    headers: HeaderMap,
) -> Result<Response, VisitsError> {
    let (mut tx, scope, _) = sight::open(&state, &principal).await?;
    queue::visit(&mut tx, &scope, id).await?.ok_or(VisitError::Unknown)?;
    let stored = rows::stored(&mut tx, id).await?.ok_or(VisitError::Unknown)?;
    drop(tx);
    // Weak: the same heads are the same document, however it is packed on the way.
    let tag = format!("W/\"{}\"", sha256_hex(stored.heads.0.join(",").as_bytes()));
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
    if known.flat_map(|v| v.split(',')).any(|t| t.trim() == tag || t.trim() == "*") {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let bytes = tokio::task::spawn_blocking(move || Document::load(&stored.snapshot).map(|d| d.save()))
        .await
        .map_err(|e| VisitError::Unreadable(e.to_string()))?
        .map_err(|e| VisitError::Unreadable(e.to_string()))?;
    let name = format!("attachment; filename=\"{id}.automerge\"");
    let headers =
        [(header::CONTENT_TYPE, AUTOMERGE.to_owned()), (header::ETAG, tag), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, bytes).into_response())
}

/// A decision to be taken.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ReviewRequest {
    /// Chosen by the client, a UUID: the same decision sent twice is taken once.
    id: Uuid,
    /// What.
    action: Action,
    /// Why, 1 to 2000 characters; may be left out when approving.
    #[serde(default)]
    reason: String,
    /// The document's version that was looked at; when it is no longer the one that is stored, nothing is decided.
    #[serde(default)]
    version: Option<i64>,
}

/// Decide about a visit. The phones of its engineers learn of it at their next sync.
#[utoipa::path(post, path = "/api/v1/visits/{id}/review", tag = "visits", params(("id" = Uuid, Path)),
    request_body = ReviewRequest,
    responses((status = 200, body = Decision), (status = 403, description = "forbidden"),
        (status = 404, description = "not_found"),
        (status = 409, description = "idempotency_mismatch, version_conflict"),
        (status = 422, description = "invalid_record")))]
async fn decide(
    State(state): State<AppState>,
    principal: Principal,
    InPath(visit): InPath<Uuid>,
    Body(request): Body<ReviewRequest>,
) -> Result<Json<Decision>, VisitsError> {
    let ReviewRequest { id, action, reason, version } = request;
    let draft = Draft { id, visit, action, reason, version };
    Ok(Json(review::decide(&state, &principal, draft).await?))
}
