//! Enrolling a phone: its public key, with a signature that proves that the phone holds the private one.

use crate::store::devices::{self as rows, DeviceRow};
use crate::store::{StoreError, Tx, audit, sessions};
use sync_core::crypto::PublicKey;
use sync_core::ids::{DeviceId, UserId};
use uuid::Uuid;

/// What a phone signs to prove that it holds the key. It names the user, so that nobody can enrol another's key as
/// their own, and says what it is for, so that it can stand for nothing else.
///
/// ```text
/// countersign device enrolment v1
/// <user id, hyphenated lower case>
/// <EdDSA or ES256>
/// <public key, lower-case hex>
/// ```
/// Four lines joined by one line feed each, without one at the end; UTF-8.
pub fn enrolment_challenge(user: UserId, key: &PublicKey) -> String {
    format!("countersign device enrolment v1\n{user}\n{}\n{}", key.alg.as_str(), key.key)
}

/// Why a device was not enrolled or revoked.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The public key is not one of its algorithm.
    #[error("the public key is malformed")]
    BadKey,
    /// The signature over the challenge does not fit the key.
    #[error("the proof of possession does not fit the key")]
    BadProof,
    /// This key was enrolled and revoked: a stolen phone does not come back by enrolling again.
    #[error("this device was revoked")]
    Revoked,
    /// No such device, or not theirs.
    #[error("no such device")]
    Unknown,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Enrols a device. The same key of the same user gives the same device again: a phone that lost the answer repeats.
///
/// # Errors
/// See [`DeviceError`].
pub async fn enrol(
    tx: &mut Tx,
    user: UserId,
    name: &str,
    key: &PublicKey,
    proof: &[u8],
    now_ms: i64,
) -> Result<DeviceRow, DeviceError> {
    key.check().map_err(|_| DeviceError::BadKey)?;
    // One key has one spelling, or uniqueness would mean nothing.
    if key.key != key.key.to_lowercase() {
        return Err(DeviceError::BadKey);
    }
    key.verify(enrolment_challenge(user, key).as_bytes(), proof).map_err(|_| DeviceError::BadProof)?;
    if let Some(known) = rows::by_key(tx, user.0, &key.key).await? {
        return if known.revoked_ms.is_some() { Err(DeviceError::Revoked) } else { Ok(known) };
    }
    let row = DeviceRow {
        id: Uuid::now_v7(),
        user_id: user.0,
        name: name.to_owned(),
        alg: key.alg.as_str().to_owned(),
        public_key: key.key.clone(),
        enrolled_ms: now_ms,
        revoked_ms: None,
        last_seen_ms: None,
    };
    rows::add(tx, &row).await?;
    let detail = serde_json::json!({ "name": name, "alg": row.alg });
    audit::add(tx, now_ms, Some(user.0), "device.enrolled", &format!("device/{}", row.id), detail).await?;
    Ok(row)
}

/// Revokes a device and its log-ins. `owner` restricts it to that user's devices. Repeating it is no error.
///
/// # Errors
/// See [`DeviceError`].
pub async fn revoke(
    tx: &mut Tx,
    device: DeviceId,
    owner: Option<UserId>,
    by: Option<UserId>,
    now_ms: i64,
) -> Result<(), DeviceError> {
    let row = rows::by_id(tx, device.0).await?.ok_or(DeviceError::Unknown)?;
    if owner.is_some_and(|owner| owner.0 != row.user_id) {
        return Err(DeviceError::Unknown);
    }
    if rows::revoke(tx, device.0, now_ms).await? {
        sessions::revoke_device(tx, device.0, now_ms).await?;
        let detail = serde_json::json!({ "name": row.name });
        audit::add(tx, now_ms, by.map(|u| u.0), "device.revoked", &format!("device/{device}"), detail).await?;
    }
    Ok(())
}
