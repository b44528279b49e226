//! Logging in and out.

use crate::auth::passwords::PasswordError;
use crate::auth::sessions::{self, Pair, SessionError};
use crate::auth::{Principal, accounts};
use crate::http::entry::Entry;
use crate::http::extract::{Body, Peer};
use crate::http::guard::Access;
use crate::http::problem::Problem;
use crate::state::AppState;
use crate::store::{StoreError, audit, users};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sync_core::ids::UserId;
use sync_core::reference::Role;
use utoipa_axum::routes;
use uuid::Uuid;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    vec![
        Entry::new(Access::Public, routes!(login)),
        Entry::new(Access::Public, routes!(refresh)),
        Entry::new(Access::Public, routes!(logout)),
        Entry::new(Access::SignedInOnly, routes!(change_password)),
        Entry::new(Access::SignedInOnly, routes!(me)),
    ]
}

/// Why a log-in was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthError {
    /// One answer for an unknown user, a wrong password and a disabled account.
    #[error("the login or the password is wrong")]
    Credentials,
    #[error("the new password is the old one")]
    SamePassword,
    #[error("too many failed attempts")]
    TooMany { wait_s: u64 },
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Account(#[from] accounts::AccountError),
}

impl IntoResponse for AuthError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        let unauthorized = |code| Problem::new(StatusCode::UNAUTHORIZED, code, text.clone());
        match &self {
            Self::Credentials => unauthorized("invalid_credentials"),
            Self::TooMany { wait_s } => {
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", text).retry_after(*wait_s)
            }
            Self::SamePassword | Self::Password(PasswordError::Length) => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_password", text)
            }
            Self::Session(SessionError::Invalid) => unauthorized("invalid_refresh_token"),
            Self::Session(SessionError::Reused) => unauthorized("refresh_token_reused"),
            Self::Session(SessionError::BadNext) => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_refresh_token", text)
            }
            Self::Password(_) | Self::Session(_) | Self::Store(_) | Self::Account(_) => Problem::internal(&text),
        }
        .into_response()
    }
}

/// A login and its password.
#[derive(Deserialize, utoipa::ToSchema)]
struct LoginRequest {
    /// The login.
    login: String,
    /// The password.
    password: String,
}

/// The person who is logged in.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Me {
    /// Their id.
    #[schema(value_type = Uuid)]
    id: UserId,
    /// Their login.
    login: String,
    /// Their name.
    name: String,
    /// `zh-CN` or `en`.
    language: String,
    /// What they may do.
    #[schema(value_type = Vec<String>)]
    roles: Vec<Role>,
    /// Whether a new password must be chosen before anything else.
    must_change_password: bool,
    /// The enrolled device of this log-in.
    device: Option<Uuid>,
}

/// Tokens, and whose.
#[derive(Serialize, utoipa::ToSchema)]
struct LoginAnswer {
    /// The tokens.
    #[serde(flatten)]
    tokens: Pair,
    /// Whose.
    user: Me,
}

/// Log in with login and password.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "auth", request_body = LoginRequest,
    responses((status = 200, body = LoginAnswer), (status = 401, description = "invalid_credentials"),
        (status = 429, description = "too_many_attempts")))]
async fn login(
    State(state): State<AppState>,
    Peer(peer): Peer,
    Body(request): Body<LoginRequest>,
) -> Result<Json<LoginAnswer>, AuthError> {
    let now = state.clock.now_ms();
    state.limiter.attempt(&request.login, peer, now).map_err(|wait_s| AuthError::TooMany { wait_s })?;
    let mut tx = state.db.read().await?;
    let user = users::by_login(&mut tx, &request.login).await?;
    // No connection is held while the password is hashed.
    drop(tx);
    let fits = state.passwords.verify(&request.password, user.as_ref().map(|u| u.password_hash.as_str())).await?;
    let Some(user) = user.filter(|u| fits && u.disabled_ms.is_none()) else {
        return Err(AuthError::Credentials);
    };
    state.limiter.success(&request.login, peer);
    let mut tx = state.db.begin().await?;
    let tokens = sessions::open(&mut tx, &state.tokens, UserId(user.id), &user.roles.0, None, now).await?;
    audit::add(&mut tx, now, Some(user.id), "login", &format!("user/{}", user.id), serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(Json(LoginAnswer { tokens, user: Me::new(user, None) }))
}

impl Me {
    fn new(user: users::UserRow, device: Option<Uuid>) -> Self {
        Self {
            id: UserId(user.id),
            login: user.login,
            name: user.name,
            language: user.language,
            roles: user.roles.0,
            must_change_password: user.must_change,
            device,
        }
    }
}

/// A refresh token, to be exchanged.
#[derive(Deserialize, utoipa::ToSchema)]
struct RefreshRequest {
    /// The newest refresh token of this log-in.
    refresh_token: String,
    /// The one that shall come next: 256 fresh random bits, as 64 lower-case hex digits, which the client has on disk
    /// before it asks. A request whose answer got lost may then be repeated as it is, and gets the same refresh token.
    next_refresh_token: Option<String>,
}

/// A refresh token.
#[derive(Deserialize, utoipa::ToSchema)]
struct LogoutRequest {
    /// The newest refresh token of this log-in.
    refresh_token: String,
}

/// Exchange a refresh token for the next pair. An old one ends the log-in, except where a request is repeated that chose
/// the next token itself.
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "auth", request_body = RefreshRequest,
    responses((status = 200, body = Pair),
        (status = 401, description = "invalid_refresh_token, refresh_token_reused"),
        (status = 422, description = "bad_refresh_token")))]
async fn refresh(State(state): State<AppState>, Body(request): Body<RefreshRequest>) -> Result<Json<Pair>, AuthError> {
    let mut tx = state.db.begin().await?;
    let RefreshRequest { refresh_token, next_refresh_token } = &request;
    let next = next_refresh_token.as_deref();
    let outcome = sessions::refresh(&mut tx, &state.tokens, refresh_token, next, state.clock.now_ms()).await;
    // The revocation that follows a reuse is kept although the request is refused.
    if matches!(outcome, Ok(_) | Err(SessionError::Reused)) {
        tx.commit().await?;
    }
    Ok(Json(outcome?))
}

/// End a log-in: its refresh token and all that grew from it. Repeating it is no error.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "auth", request_body = LogoutRequest,
    responses((status = 204, description = "Ended")))]
async fn logout(State(state): State<AppState>, Body(request): Body<LogoutRequest>) -> Result<StatusCode, AuthError> {
    let mut tx = state.db.begin().await?;
    sessions::close(&mut tx, &request.refresh_token, state.clock.now_ms()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The old password and the new one.
#[derive(Deserialize, utoipa::ToSchema)]
struct PasswordRequest {
    /// The password that is in force.
    old: String,
    /// The one to be.
    new: String,
}

/// Change one's own password. Ends all other log-ins and returns a new pair.
#[utoipa::path(post, path = "/api/v1/auth/password", tag = "auth", request_body = PasswordRequest,
    responses((status = 200, body = Pair), (status = 401, description = "invalid_credentials"),
        (status = 422, description = "bad_password"), (status = 429, description = "too_many_attempts")))]
async fn change_password(
    State(state): State<AppState>,
    principal: Principal,
    Peer(peer): Peer,
    Body(request): Body<PasswordRequest>,
) -> Result<Json<Pair>, AuthError> {
    let now = state.clock.now_ms();
    let mut tx = state.db.read().await?;
    let user = users::by_id(&mut tx, principal.user.0).await?.ok_or(AuthError::Credentials)?;
    drop(tx);
    // A stolen access token must not be a way around the limit on guessing.
    state.limiter.attempt(&user.login, peer, now).map_err(|wait_s| AuthError::TooMany { wait_s })?;
    if !state.passwords.verify(&request.old, Some(&user.password_hash)).await? {
        return Err(AuthError::Credentials);
    }
    state.limiter.success(&user.login, peer);
    if request.new == request.old {
        return Err(AuthError::SamePassword);
    }
    let hash = state.passwords.hash(&request.new).await?;
    let mut tx = state.db.begin().await?;
    accounts::set_password(&mut tx, principal.user, &hash, false, Some(user.id), now).await?;
    let pair = sessions::open(&mut tx, &state.tokens, principal.user, &principal.roles, principal.device, now).await?;
    tx.commit().await?;
    Ok(Json(pair))
}

/// Who is logged in.
#[utoipa::path(get, path = "/api/v1/auth/me", tag = "auth", responses((status = 200, body = Me)))]
async fn me(State(state): State<AppState>, principal: Principal) -> Result<Json<Me>, AuthError> {
    let mut tx = state.db.read().await?;
    let user = users::by_id(&mut tx, principal.user.0).await?.ok_or(AuthError::Credentials)?;
    Ok(Json(Me::new(user, principal.device.map(|d| d.0))))
}
