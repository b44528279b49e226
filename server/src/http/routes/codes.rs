//! One-time codes, for the company's people: the engineer asks for one, the signer reads it out, and it is entered here. The
//! hospital enters its codes on the receipt's page.

use crate::auth::Principal;
use crate::http::entry::Entry;
use crate::http::extract::{Body, InPath};
use crate::http::guard::Access;
use crate::http::problem::Problem;
use crate::receipts::codes::{self, AskError, Choice, EnterError, Wanted, choices};
use crate::state::AppState;
use crate::store::codes::CodeRow;
use crate::store::receipts::{self, ReceiptRow};
use crate::store::{StoreError, page, queue};
use crate::visits::sight;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sync_core::confirmation::Channel;
use sync_core::reference::Role;
use utoipa_axum::routes;
use uuid::Uuid;

/// Who may ask for codes and enter them: those who talk to the signer.
const ASKERS: &[Role] = &[Role::Engineer, Role::ServiceManager, Role::AccountManager, Role::Admin];

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    vec![
        Entry::new(Access::Roles(sight::READERS), routes!(list)),
        Entry::new(Access::Roles(ASKERS), routes!(ask)),
        Entry::new(Access::Roles(ASKERS), routes!(confirm)),
        Entry::new(Access::Roles(sight::READERS), routes!(file)),
    ]
}

impl IntoResponse for AskError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match &self {
            Self::NoAddress => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "no_address", text),
            Self::Wait(s) => Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", text).retry_after(*s),
            Self::Mismatch => Problem::new(StatusCode::CONFLICT, "idempotency_mismatch", text),
            Self::NotSent => Problem::new(StatusCode::BAD_GATEWAY, "sms_not_sent", text),
            Self::Internal(_) | Self::Store(_) => Problem::internal(&text),
        }
        .into_response()
    }
}

impl IntoResponse for EnterError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match &self {
            Self::Wrong => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "code_wrong", text),
            Self::Canonical(_) | Self::Store(_) => Problem::internal(&text),
        }
        .into_response()
    }
}

fn none() -> Response {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "no such receipt").into_response()
}

/// A receipt that one may see.
async fn seen(state: &AppState, principal: &Principal, id: Uuid) -> Result<ReceiptRow, Response> {
    let found = async {
        let (mut tx, scope, _) = sight::open(state, principal).await?;
        match queue::receipt(&mut tx, &scope, id).await? {
            Some(_) => receipts::by_id(&mut tx, id).await,
            None => Ok(None),
        }
    };
    found.await.map_err(|e: StoreError| Problem::internal(&e).into_response())?.ok_or_else(none)
}

/// Somebody whom a code can be sent to.
#[derive(Serialize, utoipa::ToSchema)]
struct CodeChoice {
    /// The contact; the sign-off, where the address is from there.
    contact: Uuid,
    /// `contacts`, or `sign_off`: typed on the engineer's phone when the receipt was signed.
    address_from: &'static str,
    /// `mail` or `sms`.
    channel: &'static str,
    /// Their name.
    name: String,
    /// Their position; may be empty.
    role: String,
    /// The address, as far as it is told, such as `z***@h***.example`.
    address: String,
    /// Whether it is the signer's: told by them, or of a contact of the same name.
    is_signer: bool,
}

impl From<Choice> for CodeChoice {
    fn from(c: Choice) -> Self {
        let Choice { contact, name, role, is_signer, .. } = c;
        let (address_from, channel) = (c.from.as_str(), c.channel.as_str());
        Self { contact, address_from, channel, name, role, address: c.masked, is_signer }
    }
}

/// Everybody whom a code can be sent to.
#[derive(Serialize, utoipa::ToSchema)]
struct CodeChoices {
    /// The signer first, at the address that they told at sign-off; then the customer's contacts of that name, or otherwise those
    /// who receive its receipts.
    items: Vec<CodeChoice>,
}

/// Whom a one-time code for a receipt can be sent to.
#[utoipa::path(get, path = "/api/v1/receipts/{id}/codes", tag = "receipts", params(("id" = Uuid, Path)),
    responses((status = 200, body = CodeChoices), (status = 404, description = "not_found")))]
async fn list(
    State(state): State<AppState>,
    principal: Principal,
    InPath(id): InPath<Uuid>,
) -> Result<Json<CodeChoices>, Response> {
    let receipt = seen(&state, &principal, id).await?;
    let sms = state.config.outside.sms_hook_url.is_some();
    let found = async { choices(&mut state.db.read().await?, &receipt, &state.reference.get(), sms).await };
    let items = found.await.map_err(|e: StoreError| Problem::internal(&e).into_response())?;
    Ok(Json(CodeChoices { items: items.into_iter().map(Into::into).collect() }))
}

/// A code to be sent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CodeBody {
    /// Chosen by the client; asked twice, one is sent.
    id: Uuid,
    /// To whom; otherwise to the first whom it can be sent to.
    contact: Option<Uuid>,
    /// `mail` (the default) or `sms`.
    #[schema(value_type = Option<String>)]
    channel: Option<Channel>,
}

/// A code that was sent.
#[derive(Serialize, utoipa::ToSchema)]
struct CodeSent {
    /// Its id.
    id: Uuid,
    /// `mail` or `sms`.
    channel: String,
    /// Whose address it went to.
    name: String,
    /// The address, as far as it is told.
    address: String,
    /// Until when it can be entered.
    expires_ms: i64,
}

impl From<CodeRow> for CodeSent {
    fn from(c: CodeRow) -> Self {
        Self { id: c.id, channel: c.channel, name: c.name, address: c.masked, expires_ms: c.expires_ms }
    }
}

/// Have a one-time code sent to the signer, who reads it out. It is valid for ten minutes and five tries; one in a minute, five
/// in an hour and twenty altogether are sent for one receipt.
#[utoipa::path(post, path = "/api/v1/receipts/{id}/codes", tag = "receipts", params(("id" = Uuid, Path)),
    request_body = CodeBody,
    responses((status = 202, body = CodeSent), (status = 404, description = "not_found"),
        (status = 409, description = "idempotency_mismatch"), (status = 422, description = "no_address"),
        (status = 429, description = "too_many_attempts"), (status = 502, description = "sms_not_sent")))]
async fn ask(
    State(state): State<AppState>,
    principal: Principal,
    InPath(id): InPath<Uuid>,
    Body(body): Body<CodeBody>,
) -> Result<(StatusCode, Json<CodeSent>), Response> {
    let receipt = seen(&state, &principal, id).await?;
    let channel = body.channel.unwrap_or(Channel::Mail);
    let wanted = Wanted { id: body.id, contact: body.contact, channel, by: Some(principal.user.0) };
    let sent = codes::ask(&state, &receipt, &wanted).await.map_err(IntoResponse::into_response)?;
    Ok((StatusCode::ACCEPTED, Json(sent.into())))
}

/// A code as it was read out.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ConfirmBody {
    /// Which code: the id under which it was asked for.
    code_id: Uuid,
    /// The six digits.
    code: String,
}

/// Confirm a receipt with the code that its signer was sent. Why a code is not taken, is not told.
#[utoipa::path(post, path = "/api/v1/receipts/{id}/confirm", tag = "receipts", params(("id" = Uuid, Path)),
    request_body = ConfirmBody,
    responses((status = 200, description = "the server's signed statement", body = Object),
        (status = 404, description = "not_found"), (status = 422, description = "code_wrong")))]
async fn confirm(
    State(state): State<AppState>,
    principal: Principal,
    InPath(id): InPath<Uuid>,
    Body(body): Body<ConfirmBody>,
) -> Result<Json<Value>, Response> {
    let receipt = seen(&state, &principal, id).await?;
    let entered = codes::enter(&state, &receipt, body.code_id, &body.code, Some(principal.user.0)).await;
    let entry = entered.map_err(IntoResponse::into_response)?;
    let statement = entry.statement.as_deref().unwrap_or("null");
    Ok(Json(serde_json::from_str(statement).map_err(|e| Problem::internal(&e).into_response())?))
}

/// The signed statement about a confirmation with a code: its file, for `countersign verify`.
#[utoipa::path(get, path = "/api/v1/receipts/{id}/confirmations/{confirmation}", tag = "receipts",
    params(("id" = Uuid, Path), ("confirmation" = Uuid, Path)),
    responses((status = 200, body = Object), (status = 404, description = "not_found")))]
async fn file(
    State(state): State<AppState>,
    principal: Principal,
    InPath((id, confirmation)): InPath<(Uuid, Uuid)>,
) -> Result<Response, Response> {
    let receipt = seen(&state, &principal, id).await?;
    let found = async { page::entry(&mut state.db.read().await?, confirmation).await };
    let entry = found.await.map_err(|e: StoreError| Problem::internal(&e).into_response())?;
    let statement = entry.filter(|e| e.receipt_id == receipt.id).and_then(|e| e.statement).ok_or_else(none)?;
    let name = format!("attachment; filename=\"confirmation-{confirmation}.json\"");
    let headers = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, statement).into_response())
}
