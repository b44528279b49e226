//! Rows of enrolled phones.

use super::{StoreError, Tx};
use crate::{db_all, db_execute, db_optional};
use uuid::Uuid;

/// One device.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DeviceRow {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// What they call it.
    pub name: String,
    /// `EdDSA` or `ES256`.
    pub alg: String,
    /// The public key, lower-case hex.
    pub public_key: String,
    /// When it was enrolled.
    pub enrolled_ms: i64,
    /// Since when it is revoked.
    pub revoked_ms: Option<i64>,
    /// When it last synced.
    pub last_seen_ms: Option<i64>,
}

const ADD: &str = "INSERT INTO devices (id, user_id, name, alg, public_key, enrolled_ms) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
const BY_ID: &str = "SELECT * FROM devices WHERE id = $1";
const BY_KEY: &str = "SELECT * FROM devices WHERE user_id = $1 AND public_key = $2";
const OF_USER: &str = "SELECT * FROM devices WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3";
const ALL: &str = "SELECT * FROM devices WHERE id > $1 ORDER BY id LIMIT $2";
const REVOKE: &str = "UPDATE devices SET revoked_ms = $2 WHERE id = $1 AND revoked_ms IS NULL";
const SEEN: &str = "UPDATE devices SET last_seen_ms = $2 WHERE id = $1";

/// Adds a device.
///
/// # Errors
/// When the database refuses.
pub async fn add(tx: &mut Tx, d: &DeviceRow) -> Result<(), StoreError> {
    db_execute!(tx, ADD, d.id, d.user_id, d.name.as_str(), d.alg.as_str(), d.public_key.as_str(), d.enrolled_ms)
        .map(|_| ())
}

/// By id.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(tx: &mut Tx, id: Uuid) -> Result<Option<DeviceRow>, StoreError> {
    db_optional!(DeviceRow, tx, BY_ID, id)
}

/// The device of `user` with this public key.
///
/// # Errors
/// When the database refuses.
pub async fn by_key(tx: &mut Tx, user: Uuid, key: &str) -> Result<Option<DeviceRow>, StoreError> {
    db_optional!(DeviceRow, tx, BY_KEY, user, key)
}

/// A page in the order of ids; of one user, or of all.
///
/// # Errors
/// When the database refuses.
pub async fn list(tx: &mut Tx, user: Option<Uuid>, after: Uuid, limit: i64) -> Result<Vec<DeviceRow>, StoreError> {
    match user {
        Some(user) => db_all!(DeviceRow, tx, OF_USER, user, after, limit),
        None => db_all!(DeviceRow, tx, ALL, after, limit),
    }
}

/// Revokes it; `false` when it was revoked before or does not exist.
///
/// # Errors
/// When the database refuses.
pub async fn revoke(tx: &mut Tx, id: Uuid, at_ms: i64) -> Result<bool, StoreError> {
    Ok(db_execute!(tx, REVOKE, id, at_ms)? > 0)
}

/// Notes that it has just synced.
///
/// # Errors
/// When the database refuses.
pub async fn seen(tx: &mut Tx, id: Uuid, at_ms: i64) -> Result<(), StoreError> {
    db_execute!(tx, SEEN, id, at_ms).map(|_| ())
}
