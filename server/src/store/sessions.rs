//! Rows of refresh tokens. A family is what one log-in grew into, token by token.

use super::{StoreError, Tx};
use crate::{db_execute, db_optional};
use uuid::Uuid;

/// One refresh token; only its hash is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RefreshRow {
    /// Its id.
    pub id: Uuid,
    /// The log-in it grew from.
    pub family: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// The device it is bound to.
    pub device_id: Option<Uuid>,
    /// When it was issued.
    pub issued_ms: i64,
    /// When it ends.
    pub expires_ms: i64,
    /// When it was exchanged for the next one.
    pub used_ms: Option<i64>,
    /// When it was revoked.
    pub revoked_ms: Option<i64>,
}

const COLUMNS_BY_HASH: &str = "SELECT id, family, user_id, device_id, issued_ms, expires_ms, used_ms, revoked_ms \
                               FROM refresh_tokens WHERE hash = $1";
const ADD: &str = "INSERT INTO refresh_tokens (id, family, user_id, device_id, hash, issued_ms, expires_ms) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
const USE: &str = "UPDATE refresh_tokens SET used_ms = $2 WHERE id = $1 AND used_ms IS NULL AND revoked_ms IS NULL";
const REVOKE_FAMILY: &str = "UPDATE refresh_tokens SET revoked_ms = $2 WHERE family = $1 AND revoked_ms IS NULL";
const REVOKE_USER: &str = "UPDATE refresh_tokens SET revoked_ms = $2 WHERE user_id = $1 AND revoked_ms IS NULL";
const REVOKE_DEVICE: &str = "UPDATE refresh_tokens SET revoked_ms = $2 WHERE device_id = $1 AND revoked_ms IS NULL";
const FORGET: &str = "DELETE FROM refresh_tokens WHERE expires_ms < $1";

/// Stores a fresh token by the hash of its secret.
///
/// # Errors
/// When the database refuses.
pub async fn add(tx: &mut Tx, row: &RefreshRow, hash: &[u8]) -> Result<(), StoreError> {
    db_execute!(tx, ADD, row.id, row.family, row.user_id, row.device_id, hash, row.issued_ms, row.expires_ms)
        .map(|_| ())
}

/// The token whose secret hashes to `hash`.
///
/// # Errors
/// When the database refuses.
pub async fn by_hash(tx: &mut Tx, hash: &[u8]) -> Result<Option<RefreshRow>, StoreError> {
    db_optional!(RefreshRow, tx, COLUMNS_BY_HASH, hash)
}

/// Marks it as used; `false` when somebody else was first, or it was revoked.
///
/// # Errors
/// When the database refuses.
pub async fn use_once(tx: &mut Tx, id: Uuid, at_ms: i64) -> Result<bool, StoreError> {
    Ok(db_execute!(tx, USE, id, at_ms)? > 0)
}

/// Ends a log-in with everything that grew from it.
///
/// # Errors
/// When the database refuses.
pub async fn revoke_family(tx: &mut Tx, family: Uuid, at_ms: i64) -> Result<(), StoreError> {
    db_execute!(tx, REVOKE_FAMILY, family, at_ms).map(|_| ())
}

/// Ends all log-ins of a user.
///
/// # Errors
/// When the database refuses.
pub async fn revoke_user(tx: &mut Tx, user: Uuid, at_ms: i64) -> Result<(), StoreError> {
    db_execute!(tx, REVOKE_USER, user, at_ms).map(|_| ())
}

/// Ends all log-ins on a device.
///
/// # Errors
/// When the database refuses.
pub async fn revoke_device(tx: &mut Tx, device: Uuid, at_ms: i64) -> Result<(), StoreError> {
    db_execute!(tx, REVOKE_DEVICE, device, at_ms).map(|_| ())
}

/// Deletes tokens that ended before `before_ms`.
///
/// # Errors
/// When the database refuses.
pub async fn forget_expired(tx: &mut Tx, before_ms: i64) -> Result<u64, StoreError> {
    db_execute!(tx, FORGET, before_ms)
}
