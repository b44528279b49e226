//! Log-ins: an access token for 15 minutes, and a refresh token that is exchanged for the next pair.
//!
//! A refresh token is 256 random bits, stored only as a hash, and good for one use. If an old one comes back, somebody
//! has a copy – the thief or the owner, nobody can tell which – and the whole family ends (RFC 9700, 4.14.2).
//!
//! A phone whose answer got lost would be such an owner. It may therefore choose the next token itself, write it down,
//! and then ask: the same question again gets the same answer, and only who chose the next token can ask it.

use super::random_secret;
use super::tokens::{LIFETIME_S, Tokens};
use crate::store::sessions::{self as rows, RefreshRow};
use crate::store::{StoreError, Tx, audit, users};
use serde::Serialize;
use sync_core::canonical::sha256;
use sync_core::ids::{DeviceId, UserId};
use sync_core::reference::Role;
use uuid::Uuid;

/// How long a refresh token lives without being used: a phone may be in a drawer for a summer.
pub const REFRESH_LIFETIME_MS: i64 = 90 * 24 * 60 * 60 * 1000;

/// What a client gets.
#[derive(Clone, Serialize, utoipa::ToSchema)]
pub struct Pair {
    /// Goes into `Authorization: Bearer …`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Seconds until the access token ends.
    pub expires_in: i64,
    /// Good for one `POST /api/v1/auth/refresh`.
    pub refresh_token: String,
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pair(…)")
    }
}

/// Why no tokens were issued.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Unknown, expired or revoked.
    #[error("the refresh token is not valid")]
    Invalid,
    /// It was used before: everything that grew from the same log-in is revoked now.
    #[error("the refresh token was used before")]
    Reused,
    /// The next token that the client chose is not of the form, or is known already.
    #[error("a refresh token is 64 lower-case hex digits that were never used before")]
    BadNext,
    /// No randomness, or no signature.
    #[error("no token can be made")]
    NoToken,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Begins a log-in: the first pair of a new family.
///
/// # Errors
/// See [`SessionError`].
pub async fn open(
    tx: &mut Tx,
    tokens: &Tokens,
    user: UserId,
    roles: &[Role],
    device: Option<DeviceId>,
    now_ms: i64,
) -> Result<Pair, SessionError> {
    let refresh_token = random_secret().map_err(|_| SessionError::NoToken)?;
    issue(tx, tokens, Uuid::now_v7(), refresh_token, user, roles, device, now_ms).await
}

#[expect(clippy::too_many_arguments, reason = "what a token is made of, all of it of different types")]
async fn issue(
    tx: &mut Tx,
    tokens: &Tokens,
    family: Uuid,
    refresh_token: String,
    user: UserId,
    roles: &[Role],
    device: Option<DeviceId>,
    now_ms: i64,
) -> Result<Pair, SessionError> {
    let row = RefreshRow {
        id: Uuid::now_v7(),
        family,
        user_id: user.0,
        device_id: device.map(|d| d.0),
        issued_ms: now_ms,
        expires_ms: now_ms + REFRESH_LIFETIME_MS,
        used_ms: None,
        revoked_ms: None,
    };
    rows::add(tx, &row, &sha256(refresh_token.as_bytes())).await?;
    let access_token = tokens.issue(user, roles, device).map_err(|_| SessionError::NoToken)?;
    Ok(Pair { access_token, token_type: "Bearer", expires_in: LIFETIME_S, refresh_token })
}

/// Exchanges a refresh token for the next pair: with `next` as the refresh token where the client chose one. On
/// [`SessionError::Reused`] the transaction holds the family's revocation: the caller commits it all the same.
///
/// # Errors
/// See [`SessionError`].
pub async fn refresh(
    tx: &mut Tx,
    tokens: &Tokens,
    secret: &str,
    next: Option<&str>,
    now_ms: i64,
) -> Result<Pair, SessionError> {
    if next.is_some_and(|next| next.len() != 64 || !next.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))) {
        return Err(SessionError::BadNext);
    }
    let row = rows::by_hash(tx, &sha256(secret.as_bytes())).await?.ok_or(SessionError::Invalid)?;
    if row.revoked_ms.is_some() || row.expires_ms <= now_ms {
        return Err(SessionError::Invalid);
    }
    let first = rows::use_once(tx, row.id, now_ms).await?;
    let heir = match next {
        Some(next) => rows::by_hash(tx, &sha256(next.as_bytes())).await?,
        None => None,
    };
    let again = !first && heir.as_ref().is_some_and(|heir| heir.family == row.family && heir.id != row.id);
    if !first && !again {
        rows::revoke_family(tx, row.family, now_ms).await?;
        let subject = format!("user/{}", row.user_id);
        audit::add(tx, now_ms, Some(row.user_id), "refresh_token.reused", &subject, serde_json::json!({})).await?;
        return Err(SessionError::Reused);
    }
    let standing = users::standing(tx, row.user_id, row.device_id).await?.ok_or(SessionError::Invalid)?;
    let device_gone = row.device_id.is_some() && (standing.device_id.is_none() || standing.device_revoked_ms.is_some());
    if standing.disabled_ms.is_some() || device_gone {
        return Err(SessionError::Invalid);
    }
    let (user, roles, device) = (UserId(row.user_id), &standing.roles.0, row.device_id.map(DeviceId));
    match (heir, next) {
        // An answer to a question that was asked long ago is no use to anybody: the phone is past it.
        (Some(heir), Some(next)) if again => {
            if heir.used_ms.is_some() || heir.revoked_ms.is_some() || heir.expires_ms <= now_ms {
                return Err(SessionError::Invalid);
            }
            let access_token = tokens.issue(user, roles, device).map_err(|_| SessionError::NoToken)?;
            let refresh_token = next.to_owned();
            Ok(Pair { access_token, token_type: "Bearer", expires_in: LIFETIME_S, refresh_token })
        }
        (Some(_), _) => Err(SessionError::BadNext),
        (None, next) => {
            let chosen = next.map(str::to_owned).map_or_else(random_secret, Ok).map_err(|_| SessionError::NoToken)?;
            issue(tx, tokens, row.family, chosen, user, roles, device, now_ms).await
        }
    }
}

/// Ends the log-in that `secret` belongs to. An unknown one is no error: the client wants to be out, and is.
///
/// # Errors
/// When the database refuses.
pub async fn close(tx: &mut Tx, secret: &str, now_ms: i64) -> Result<(), StoreError> {
    if let Some(row) = rows::by_hash(tx, &sha256(secret.as_bytes())).await? {
        rows::revoke_family(tx, row.family, now_ms).await?;
    }
    Ok(())
}
