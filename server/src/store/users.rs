//! Rows of the people with a log-in.

use super::{StoreError, Tx};
use crate::{db_all, db_execute, db_one, db_optional};
use sqlx::types::Json;
use sync_core::reference::Role;
use uuid::Uuid;

/// One user. Its `Debug` leaves the password hash out.
#[derive(Clone, sqlx::FromRow)]
pub struct UserRow {
    /// Their id.
    pub id: Uuid,
    /// What they type to log in; unique.
    pub login: String,
    /// Their name.
    pub name: String,
    /// Mail address.
    pub email: Option<String>,
    /// `zh-CN` or `en`.
    pub language: String,
    /// What they may do.
    pub roles: Json<Vec<Role>>,
    /// PHC string of Argon2id.
    pub password_hash: String,
    /// Whether they must choose a new password before anything else.
    pub must_change: bool,
    /// When they were added.
    pub created_ms: i64,
    /// Since when they may not log in.
    pub disabled_ms: Option<i64>,
}

impl std::fmt::Debug for UserRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserRow").field("id", &self.id).field("login", &self.login).finish_non_exhaustive()
    }
}

/// What the access check needs on every request: one row, by primary keys.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Standing {
    /// Their roles now, whatever the token says.
    pub roles: Json<Vec<Role>>,
    /// Whether they must choose a new password first.
    pub must_change: bool,
    /// Since when they may not log in.
    pub disabled_ms: Option<i64>,
    /// The device of the token, when it exists and is theirs.
    pub device_id: Option<Uuid>,
    /// Since when that device is revoked.
    pub device_revoked_ms: Option<i64>,
}

const ADD: &str = "INSERT INTO users (id, login, name, email, language, roles, password_hash, must_change, created_ms) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const UPDATE: &str = "UPDATE users SET login = $2, name = $3, email = $4, language = $5, roles = $6, \
                      disabled_ms = $7 WHERE id = $1";
const SET_PASSWORD: &str = "UPDATE users SET password_hash = $2, must_change = $3 WHERE id = $1";
const BY_ID: &str = "SELECT * FROM users WHERE id = $1";
const BY_LOGIN: &str = "SELECT * FROM users WHERE login = $1";
const LIST: &str = "SELECT * FROM users WHERE id > $1 ORDER BY id LIMIT $2";
const COUNT: &str = "SELECT COUNT(*) FROM users";
const STANDING: &str = "SELECT u.roles, u.must_change, u.disabled_ms, d.id AS device_id, d.revoked_ms AS \
                        device_revoked_ms FROM users u LEFT JOIN devices d ON d.user_id = u.id AND d.id = $2 \
                        WHERE u.id = $1";

/// Adds a user.
///
/// # Errors
/// A unique violation when the login is taken; otherwise when the database refuses.
pub async fn add(tx: &mut Tx, u: &UserRow) -> Result<(), StoreError> {
    db_execute!(
        tx,
        ADD,
        u.id,
        u.login.as_str(),
        u.name.as_str(),
        u.email.as_deref(),
        u.language.as_str(),
        &u.roles,
        u.password_hash.as_str(),
        u.must_change,
        u.created_ms
    )
    .map(|_| ())
}

/// Writes everything but the password and the times.
///
/// # Errors
/// As [`add`].
pub async fn update(tx: &mut Tx, u: &UserRow) -> Result<(), StoreError> {
    db_execute!(
        tx,
        UPDATE,
        u.id,
        u.login.as_str(),
        u.name.as_str(),
        u.email.as_deref(),
        u.language.as_str(),
        &u.roles,
        u.disabled_ms
    )
    .map(|_| ())
}

/// Sets the password's hash, and whether another must be chosen at the next log-in.
///
/// # Errors
/// When the database refuses.
pub async fn set_password(tx: &mut Tx, id: Uuid, hash: &str, must_change: bool) -> Result<(), StoreError> {
    db_execute!(tx, SET_PASSWORD, id, hash, must_change).map(|_| ())
}

/// By id.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(tx: &mut Tx, id: Uuid) -> Result<Option<UserRow>, StoreError> {
    db_optional!(UserRow, tx, BY_ID, id)
}

/// Whether this mail address is one of the company's people's, whatever the case of its ASCII letters.
///
/// # Errors
/// When the database refuses.
pub async fn has_email(tx: &mut Tx, address: &str) -> Result<bool, StoreError> {
    const OWN: &str = "SELECT COUNT(*) FROM users WHERE LOWER(email) = $1";
    Ok(db_one!((i64,), tx, OWN, address.to_ascii_lowercase())?.0 > 0)
}

/// By login, exactly as written.
///
/// # Errors
/// When the database refuses.
pub async fn by_login(tx: &mut Tx, login: &str) -> Result<Option<UserRow>, StoreError> {
    db_optional!(UserRow, tx, BY_LOGIN, login)
}

/// A page in the order of ids, after `after`.
///
/// # Errors
/// When the database refuses.
pub async fn list(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<UserRow>, StoreError> {
    db_all!(UserRow, tx, LIST, after, limit)
}

/// How many there are.
///
/// # Errors
/// When the database refuses.
pub async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(db_one!((i64,), tx, COUNT)?.0)
}

/// What `user` may do now, on `device`.
///
/// # Errors
/// When the database refuses.
pub async fn standing(tx: &mut Tx, user: Uuid, device: Option<Uuid>) -> Result<Option<Standing>, StoreError> {
    db_optional!(Standing, tx, STANDING, user, device)
}
