//! Mails: how each stands with its recipient, sending one again, and what came back.

use super::visits::visit_problem;
use crate::auth::Principal;
use crate::http::entry::Entry;
use crate::http::extract::{Body, InPath, InQuery};
use crate::http::guard::Access;
use crate::http::page::{CursorPage, unseal};
use crate::http::problem::{FieldProblem, Problem};
use crate::mail::bounce::{self, BounceError};
use crate::mail::mailroom::{self, Again, AgainError, Mail, Noted};
use crate::state::AppState;
use crate::store::StoreError;
use crate::store::letters::{self, MailFilter};
use crate::visits::{VisitError, sight};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;
use uuid::Uuid;

/// The largest notification that is read: it may bring the whole mail back.
const LARGEST_BOUNCE: usize = 16 << 20;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    vec![
        Entry::new(Access::Roles(sight::READERS), routes!(list)),
        Entry::new(Access::Roles(sight::DECIDERS), routes!(again)),
        Entry::new(Access::MailServer, routes!(bounced)).body_limit(LARGEST_BOUNCE),
    ]
}

/// Why it was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MailsError {
    #[error("after: this is no cursor of this list")]
    Cursor,
    #[error("state: only \"undelivered\" can be asked for")]
    State,
    #[error(transparent)]
    Again(#[from] AgainError),
    #[error(transparent)]
    Bounce(#[from] BounceError),
    #[error(transparent)]
    Visit(#[from] VisitError),
}

impl From<StoreError> for MailsError {
    fn from(e: StoreError) -> Self {
        Self::Visit(e.into())
    }
}

impl IntoResponse for MailsError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match &self {
            Self::Cursor | Self::State => Problem::new(StatusCode::BAD_REQUEST, "bad_request", text),
            Self::Again(AgainError::Unknown) => Problem::new(StatusCode::NOT_FOUND, "not_found", text),
            Self::Again(AgainError::NotTheirCustomer) => Problem::new(StatusCode::FORBIDDEN, "forbidden", text),
            Self::Again(AgainError::Field(pointer, detail)) => {
                let code = pointer.trim_start_matches('/').to_owned();
                let error = FieldProblem { pointer: (*pointer).to_owned(), code, detail: detail.clone() };
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_record", text).with_errors(vec![error])
            }
            Self::Again(AgainError::Mismatch) => Problem::new(StatusCode::CONFLICT, "idempotency_mismatch", text),
            Self::Again(AgainError::OneTime) => Problem::new(StatusCode::CONFLICT, "one_time_code", text),
            Self::Again(AgainError::Busy) => Problem::new(StatusCode::CONFLICT, "mail_busy", text),
            Self::Again(AgainError::Store(e)) => Problem::internal(e),
            Self::Bounce(_) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not_a_bounce", text),
            Self::Visit(e) => visit_problem(e),
        }
        .into_response()
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct MailsQuery {
    /// `undelivered`: those that were given up or came back, and that nobody sent elsewhere yet.
    state: Option<String>,
    /// Of this receipt.
    receipt: Option<Uuid>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many, 1 to 200; 50 when nobody says.
    limit: Option<i64>,
}

/// The mails of the visits that one may see, the newest first: how each stands with its recipient.
#[utoipa::path(get, path = "/api/v1/mails", tag = "receipts", params(MailsQuery),
    responses((status = 200, body = CursorPage<Mail>), (status = 400, description = "bad_request")))]
async fn list(
    State(state): State<AppState>,
    principal: Principal,
    InQuery(query): InQuery<MailsQuery>,
) -> Result<Json<CursorPage<Mail>>, MailsError> {
    let after = query.after.map(|cursor| unseal(&cursor).ok_or(MailsError::Cursor)).transpose()?;
    let undelivered = match query.state.as_deref() {
        None | Some("") => false,
        Some("undelivered") => true,
        Some(_) => return Err(MailsError::State),
    };
    let filter = MailFilter { undelivered, receipt: query.receipt, after };
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let (mut tx, scope, _) = sight::open(&state, &principal).await?;
    let found = letters::list(&mut tx, &scope, &filter, limit + 1).await?;
    let page = CursorPage::new(found, limit, |m| (m.created_ms, m.id));
    Ok(Json(CursorPage { items: page.items.into_iter().map(Into::into).collect(), next: page.next }))
}

/// To send a mail again.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Resend {
    /// Chosen by the client; the same word said twice has one effect. With an address, the id of the new mail.
    id: Uuid,
    /// To which other address. Absent: to the same, byte for byte the mail that was sent.
    #[serde(default)]
    address: Option<String>,
    /// Why, 1 to 2000 characters.
    reason: String,
}

/// Send a mail again, perhaps to another address. The link in it opens the receipt's page for two more years.
#[utoipa::path(post, path = "/api/v1/mails/{id}/resend", tag = "receipts", params(("id" = Uuid, Path)),
    request_body = Resend,
    responses((status = 200, body = Mail), (status = 404, description = "not_found"),
        (status = 409, description = "idempotency_mismatch, mail_busy"), (status = 422, description = "invalid_record")))]
async fn again(
    State(state): State<AppState>,
    principal: Principal,
    InPath(mail): InPath<Uuid>,
    Body(body): Body<Resend>,
) -> Result<Json<Mail>, MailsError> {
    let again = Again { id: body.id, mail, address: body.address, reason: body.reason };
    Ok(Json(mailroom::again(&state, &principal, &again).await?))
}

/// What a notification came to.
#[derive(Serialize, utoipa::ToSchema)]
struct BounceAnswer {
    /// What it came to.
    noted: Noted,
}

/// A delivery status notification (RFC 3464), as the company's mail server got it: the mail itself is the body. Such as
/// `curl --data-binary @- -H "Authorization: Bearer $SECRET" …` at the end of a pipe.
#[utoipa::path(post, path = "/api/v1/mails/bounces", tag = "receipts",
    request_body(content = String, content_type = "message/rfc822"),
    responses((status = 200, body = BounceAnswer), (status = 422, description = "not_a_bounce")))]
async fn bounced(State(state): State<AppState>, body: Bytes) -> Result<Json<BounceAnswer>, MailsError> {
    let read = tokio::task::spawn_blocking(move || bounce::read(&body)).await;
    let notification = read.map_err(|e| VisitError::Unreadable(e.to_string()))??;
    Ok(Json(BounceAnswer { noted: mailroom::note(&state.db, &notification, state.clock.now_ms()).await? }))
}
