//! Enrolled phones.

use crate::auth::Principal;
use crate::auth::devices::{self, DeviceError};
use crate::auth::sessions::{self, Pair, SessionError};
use crate::http::entry::Entry;
use crate::http::extract::{Body, InPath, InQuery};
use crate::http::guard::Access;
use crate::http::page::{Page, Paging};
use crate::http::problem::{FieldProblem, Problem};
use crate::state::AppState;
use crate::store::StoreError;
use crate::store::devices::{self as rows, DeviceRow};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sync_core::crypto::{Alg, PublicKey};
use sync_core::ids::DeviceId;
use sync_core::reference::Role;
use utoipa_axum::routes;
use uuid::Uuid;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    vec![
        Entry::new(Access::SignedIn, routes!(enrol)),
        Entry::new(Access::SignedIn, routes!(list)),
        Entry::new(Access::SignedIn, routes!(revoke)),
    ]
}

/// Why it was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DevicesError {
    #[error("a device's name has 1 to 100 characters")]
    BadName,
    #[error("only administrators see other people's devices")]
    Forbidden,
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntoResponse for DevicesError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        let field = |pointer: &str, code: &'static str| {
            let error = FieldProblem { pointer: pointer.into(), code: code.into(), detail: text.clone() };
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, text.clone()).with_errors(vec![error])
        };
        match &self {
            Self::BadName => field("/name", "invalid_record"),
            Self::Forbidden => Problem::new(StatusCode::FORBIDDEN, "forbidden", text),
            Self::Device(DeviceError::BadKey) => field("/public_key", "bad_device_key"),
            Self::Device(DeviceError::BadProof) => field("/proof", "bad_device_proof"),
            Self::Device(DeviceError::Revoked) => Problem::new(StatusCode::CONFLICT, "device_revoked", text),
            Self::Device(DeviceError::Unknown) => Problem::new(StatusCode::NOT_FOUND, "not_found", text),
            Self::Device(DeviceError::Store(_)) | Self::Session(_) | Self::Store(_) => Problem::internal(&text),
        }
        .into_response()
    }
}

/// A public key.
#[derive(Deserialize, utoipa::ToSchema)]
struct KeyRequest {
    /// `EdDSA` or `ES256`.
    #[schema(value_type = String)]
    alg: Alg,
    /// Lower-case hex: 32 bytes (Ed25519) or an SEC1 point (P-256).
    key: String,
}

/// A phone that wants to be known.
#[derive(Deserialize, utoipa::ToSchema)]
struct EnrolRequest {
    /// What its owner calls it.
    name: String,
    /// Its public key.
    public_key: KeyRequest,
    /// Hex of the signature over the text
    /// `countersign device enrolment v1\n<user id>\n<alg>\n<key>` by that key.
    proof: String,
}

/// The enrolled phone and its tokens.
#[derive(Serialize, utoipa::ToSchema)]
struct EnrolAnswer {
    /// Its id.
    #[schema(value_type = Uuid)]
    device_id: DeviceId,
    /// Tokens bound to it.
    #[serde(flatten)]
    tokens: Pair,
}

/// Enrol this device. The same key again gives the same device.
#[utoipa::path(post, path = "/api/v1/devices", tag = "devices", request_body = EnrolRequest,
    responses((status = 200, body = EnrolAnswer), (status = 409, description = "device_revoked"),
        (status = 422, description = "bad_device_key, bad_device_proof")))]
async fn enrol(
    State(state): State<AppState>,
    principal: Principal,
    Body(request): Body<EnrolRequest>,
) -> Result<Json<EnrolAnswer>, DevicesError> {
    let name = request.name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(DevicesError::BadName);
    }
    let key = PublicKey { alg: request.public_key.alg, key: request.public_key.key };
    let proof = hex::decode(&request.proof).map_err(|_| DeviceError::BadProof)?;
    let now = state.clock.now_ms();
    let mut tx = state.db.begin().await?;
    let row = devices::enrol(&mut tx, principal.user, name, &key, &proof, now).await?;
    let device = DeviceId(row.id);
    let tokens = sessions::open(&mut tx, &state.tokens, principal.user, &principal.roles, Some(device), now).await?;
    tx.commit().await?;
    Ok(Json(EnrolAnswer { device_id: device, tokens }))
}

/// An enrolled phone.
#[derive(Serialize, utoipa::ToSchema)]
struct DeviceAnswer {
    /// Its id.
    id: Uuid,
    /// Whose.
    user_id: Uuid,
    /// What they call it.
    name: String,
    /// `EdDSA` or `ES256`.
    alg: String,
    /// The public key, hex.
    public_key: String,
    /// When it was enrolled.
    enrolled_ms: i64,
    /// Since when it is revoked.
    revoked_ms: Option<i64>,
    /// When it last synced.
    last_seen_ms: Option<i64>,
}

impl From<DeviceRow> for DeviceAnswer {
    fn from(row: DeviceRow) -> Self {
        let DeviceRow { id, user_id, name, alg, public_key, enrolled_ms, revoked_ms, last_seen_ms } = row;
        Self { id, user_id, name, alg, public_key, enrolled_ms, revoked_ms, last_seen_ms }
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// `true`: everybody's (administrators only).
    all: Option<bool>,
    /// The `next` of the page before.
    after: Option<Uuid>,
    /// How many, 1 to 500.
    limit: Option<i64>,
}

/// One's own devices; everybody's for administrators who ask for `all`.
#[utoipa::path(get, path = "/api/v1/devices", tag = "devices", params(ListQuery),
    responses((status = 200, body = Page<DeviceAnswer>)))]
async fn list(
    State(state): State<AppState>,
    principal: Principal,
    InQuery(query): InQuery<ListQuery>,
) -> Result<Json<Page<DeviceAnswer>>, DevicesError> {
    let all = query.all.unwrap_or(false);
    if all && !principal.has(Role::Admin) {
        return Err(DevicesError::Forbidden);
    }
    let paging = Paging { after: query.after, limit: query.limit };
    let owner = (!all).then_some(principal.user.0);
    let mut tx = state.db.read().await?;
    let found = rows::list(&mut tx, owner, paging.after(), paging.limit() + 1).await?;
    Ok(Json(Page::new(found.into_iter().map(DeviceAnswer::from).collect(), paging, |d| d.id)))
}

/// Revoke a device: one's own, or any for administrators. Ends its log-ins; what it still sends is quarantined.
#[utoipa::path(delete, path = "/api/v1/devices/{id}", tag = "devices", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Revoked"), (status = 404, description = "not_found")))]
async fn revoke(
    State(state): State<AppState>,
    principal: Principal,
    InPath(id): InPath<Uuid>,
) -> Result<StatusCode, DevicesError> {
    let owner = (!principal.has(Role::Admin)).then_some(principal.user);
    let mut tx = state.db.begin().await?;
    devices::revoke(&mut tx, DeviceId(id), owner, Some(principal.user), state.clock.now_ms()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
