//! People with a log-in (administrators only).

use crate::auth::Principal;
use crate::auth::accounts::{self, Account, AccountError};
use crate::auth::passwords::PasswordError;
use crate::http::entry::Entry;
use crate::http::extract::{Body, InPath, InQuery};
use crate::http::guard::Access;
use crate::http::page::{Page, Paging};
use crate::http::problem::{FieldProblem, Problem};
use crate::state::AppState;
use crate::store::users::{self as rows, UserRow};
use crate::store::{StoreError, Tx, reference};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sync_core::document::facts::Lang;
use sync_core::ids::UserId;
use sync_core::reference::{Record, Role};
use utoipa_axum::routes;
use uuid::Uuid;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    const ADMIN: Access = Access::Roles(&[Role::Admin]);
    vec![Entry::new(ADMIN, routes!(list)), Entry::new(ADMIN, routes!(add)), Entry::new(ADMIN, routes!(change))]
}

/// Why it was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsersError {
    #[error("this would leave nobody who may administer: keep your own administrator role")]
    OwnRole,
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntoResponse for UsersError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        let field = |pointer: &str, status, code: &'static str| {
            let error = FieldProblem { pointer: pointer.into(), code: code.into(), detail: text.clone() };
            Problem::new(status, code, text.clone()).with_errors(vec![error])
        };
        const UNFIT: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
        match &self {
            Self::OwnRole => field("/roles", StatusCode::CONFLICT, "forbidden"),
            Self::Account(AccountError::LoginTaken) => field("/login", StatusCode::CONFLICT, "login_taken"),
            Self::Account(AccountError::BadLogin) => field("/login", UNFIT, "invalid_record"),
            Self::Account(AccountError::NoName) => field("/name", UNFIT, "invalid_record"),
            Self::Account(AccountError::Password(PasswordError::Length)) => field("/password", UNFIT, "bad_password"),
            Self::Account(AccountError::Unknown) => Problem::new(StatusCode::NOT_FOUND, "not_found", text),
            Self::Account(AccountError::Password(_) | AccountError::Store(_)) | Self::Store(_) => {
                Problem::internal(&text)
            }
        }
        .into_response()
    }
}

/// A user to be.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct UserRequest {
    /// What they type to log in; unique.
    login: String,
    /// Their name.
    name: String,
    /// Mail address.
    #[serde(default)]
    email: Option<String>,
    /// `zh-CN` (when absent) or `en`.
    #[serde(default = "zh_cn")]
    #[schema(value_type = String)]
    language: Lang,
    /// What they may do.
    #[schema(value_type = Vec<String>)]
    roles: Vec<Role>,
    /// Required for a new user; sets a new password for an old one. They must change it at the next log-in.
    #[serde(default)]
    password: Option<String>,
    /// Whether they may not log in.
    #[serde(default)]
    disabled: bool,
}

fn zh_cn() -> Lang {
    Lang::ZhCn
}

impl UserRequest {
    fn account(self) -> (Account, Option<String>) {
        let Self { login, name, email, language, roles, password, disabled } = self;
        (Account { login, name, email, language, roles, disabled }, password)
    }
}

/// A user.
#[derive(Serialize, utoipa::ToSchema)]
struct UserAnswer {
    /// Their id.
    id: Uuid,
    /// What they type to log in.
    login: String,
    /// Their name.
    name: String,
    /// Mail address.
    email: Option<String>,
    /// `zh-CN` or `en`.
    language: String,
    /// What they may do.
    #[schema(value_type = Vec<String>)]
    roles: Vec<Role>,
    /// Whether they must change their password.
    must_change_password: bool,
    /// When they were added.
    created_ms: i64,
    /// Since when they may not log in.
    disabled_ms: Option<i64>,
}

impl From<UserRow> for UserAnswer {
    fn from(u: UserRow) -> Self {
        Self {
            id: u.id,
            login: u.login,
            name: u.name,
            email: u.email,
            language: u.language,
            roles: u.roles.0,
            must_change_password: u.must_change,
            created_ms: u.created_ms,
            disabled_ms: u.disabled_ms,
        }
    }
}

/// All users.
#[utoipa::path(get, path = "/api/v1/users", tag = "users", params(Paging),
    responses((status = 200, body = Page<UserAnswer>)))]
async fn list(
    State(state): State<AppState>,
    InQuery(paging): InQuery<Paging>,
) -> Result<Json<Page<UserAnswer>>, UsersError> {
    let mut tx = state.db.read().await?;
    let found = rows::list(&mut tx, paging.after(), paging.limit() + 1).await?;
    Ok(Json(Page::new(found.into_iter().map(UserAnswer::from).collect(), paging, |u| u.id)))
}

/// Add a user.
#[utoipa::path(post, path = "/api/v1/users", tag = "users", request_body = UserRequest,
    responses((status = 201, body = UserAnswer), (status = 409, description = "login_taken"),
        (status = 422, description = "invalid_record, bad_password")))]
async fn add(
    State(state): State<AppState>,
    principal: Principal,
    Body(request): Body<UserRequest>,
) -> Result<(StatusCode, Json<UserAnswer>), UsersError> {
    let (account, password) = request.account();
    let hash = state.passwords.hash(&password.unwrap_or_default()).await.map_err(AccountError::from)?;
    let (by, now) = (Some(principal.user.0), state.clock.now_ms());
    let mut tx = state.db.begin().await?;
    let person = accounts::insert(&mut tx, &account, &hash, true, by, now).await?;
    let answer = finish(tx, person, by, now).await?;
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Change a user. Disabling ends their log-ins.
#[utoipa::path(put, path = "/api/v1/users/{id}", tag = "users", params(("id" = Uuid, Path)),
    request_body = UserRequest,
    responses((status = 200, body = UserAnswer), (status = 404, description = "not_found"),
        (status = 409, description = "login_taken, forbidden"),
        (status = 422, description = "invalid_record, bad_password")))]
async fn change(
    State(state): State<AppState>,
    principal: Principal,
    InPath(id): InPath<Uuid>,
    Body(request): Body<UserRequest>,
) -> Result<Json<UserAnswer>, UsersError> {
    let (account, password) = request.account();
    if id == principal.user.0 && (account.disabled || !account.roles.contains(&Role::Admin)) {
        return Err(UsersError::OwnRole);
    }
    let hash = match password {
        Some(password) => Some(state.passwords.hash(&password).await.map_err(AccountError::from)?),
        None => None,
    };
    let (by, now) = (Some(principal.user.0), state.clock.now_ms());
    let mut tx = state.db.begin().await?;
    let person = accounts::change(&mut tx, UserId(id), &account, by, now).await?;
    if let Some(hash) = hash {
        accounts::set_password(&mut tx, UserId(id), &hash, id != principal.user.0, by, now).await?;
    }
    Ok(Json(finish(tx, person, by, now).await?))
}

async fn finish(mut tx: Tx, person: Record, by: Option<Uuid>, now_ms: i64) -> Result<UserAnswer, UsersError> {
    let row = rows::by_id(&mut tx, person.id()).await?.ok_or(AccountError::Unknown)?;
    reference::put(&mut tx, &[person], by, now_ms).await?;
    tx.commit().await?;
    Ok(row.into())
}
