//! The access check in front of every route, by the table's word.

use super::problem::Problem;
use crate::auth::Principal;
use crate::auth::tokens::TokenError;
use crate::state::AppState;
use crate::store::users;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sync_core::canonical::sha256;
use sync_core::ids::DeviceId;
use sync_core::reference::Role;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody, without a log-in.
    Public,
    /// Whoever is logged in, even with a password that must be changed: only for changing it and for seeing oneself.
    SignedInOnly,
    /// Whoever is logged in.
    SignedIn,
    /// Whoever is logged in and has one of these roles.
    Roles(&'static [Role]),
    /// Whoever is logged in on an enrolled device that is not revoked.
    Device,
    /// Whoever is logged in on an enrolled device, revoked or not: for sync, which must quarantine what a revoked
    /// device sends rather than turn it away unseen. The handler looks at [`Principal::device_revoked_ms`].
    DeviceEvenRevoked,
    /// The company's own mail server, by the secret `bounce_secret`. Nobody, where none is set.
    MailServer,
}

impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Public => f.write_str("everybody"),
            Self::SignedInOnly | Self::SignedIn => f.write_str("whoever is logged in"),
            Self::Roles(roles) => f.write_str(&roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ")),
            Self::Device | Self::DeviceEvenRevoked => f.write_str("an enrolled device"),
            Self::MailServer => f.write_str("the company's mail server, with bounce_secret as its bearer token"),
        }
    }
}

/// The middleware of one route.
pub async fn guard(State((state, access)): State<(AppState, Access)>, mut request: Request, next: Next) -> Response {
    if access == Access::Public {
        return next.run(request).await;
    }
    if access == Access::MailServer {
        return match bearer(request.headers()).is_some_and(|token| is_mail_server(&state, token)) {
            true => next.run(request).await,
            false => Problem::of_status(StatusCode::UNAUTHORIZED).into_response(),
        };
    }
    match check(&state, access, request.headers()).await {
        Ok(principal) => {
            request.extensions_mut().insert(principal);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// By their digests, so that the time it takes says nothing about the secret.
fn is_mail_server(state: &AppState, token: &str) -> bool {
    let secret = state.config.mail.bounce_secret.as_deref();
    secret.is_some_and(|secret| sha256(secret.as_bytes()) == sha256(token.as_bytes()))
}

async fn check(state: &AppState, access: Access, headers: &HeaderMap) -> Result<Principal, Problem> {
    let token = bearer(headers).ok_or_else(|| Problem::of_status(StatusCode::UNAUTHORIZED))?;
    let claims = state.tokens.verify(token).map_err(|e| match e {
        TokenError::Expired => Problem::new(StatusCode::UNAUTHORIZED, "token_expired", e.to_string()),
        TokenError::Invalid => Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", e.to_string()),
    })?;
    let mut tx = state.db.read().await.map_err(|e| Problem::internal(&e))?;
    let standing = users::standing(&mut tx, claims.sub.0, claims.device.map(|d| d.0)).await;
    drop(tx);
    let standing = standing
        .map_err(|e| Problem::internal(&e))?
        .filter(|s| s.disabled_ms.is_none())
        .ok_or_else(|| Problem::of_status(StatusCode::UNAUTHORIZED))?;
    // A token of a device that is unknown here: the database was restored from an older backup.
    if claims.device.is_some() && standing.device_id.is_none() {
        return Err(Problem::of_status(StatusCode::UNAUTHORIZED));
    }
    let principal = Principal {
        user: claims.sub,
        roles: standing.roles.0,
        device: standing.device_id.map(DeviceId),
        device_revoked_ms: standing.device_revoked_ms,
    };
    if principal.device_revoked_ms.is_some() && access != Access::DeviceEvenRevoked {
        return Err(Problem::new(StatusCode::FORBIDDEN, "device_revoked", "this device was revoked"));
    }
    if standing.must_change && access != Access::SignedInOnly {
        let detail = "choose a new password first: POST /api/v1/auth/password";
        return Err(Problem::new(StatusCode::FORBIDDEN, "password_change_required", detail));
    }
    let allowed = match access {
        Access::Public | Access::SignedInOnly | Access::SignedIn => true,
        // It has no log-in; `guard` has answered already.
        Access::MailServer => false,
        Access::Roles(roles) => principal.has_any(roles),
        Access::Device | Access::DeviceEvenRevoked => {
            if principal.device.is_none() {
                let detail = "enrol this device first: POST /api/v1/devices";
                return Err(Problem::new(StatusCode::FORBIDDEN, "device_required", detail));
            }
            true
        }
    };
    if allowed { Ok(principal) } else { Err(Problem::of_status(StatusCode::FORBIDDEN)) }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
