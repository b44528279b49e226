//! Who is it, and may they: passwords, access tokens, refresh tokens and enrolled devices.

pub mod accounts;
pub mod devices;
mod jwt;
pub mod limiter;
pub mod passwords;
pub mod sessions;
pub mod tokens;

use sync_core::ids::{DeviceId, UserId};
use sync_core::reference::Role;

/// Who is asking, as the access check found out. Roles and revocations are those of this moment, not of the token's.
#[derive(Clone, Debug)]
pub struct Principal {
    /// Who.
    pub user: UserId,
    /// What they may do.
    pub roles: Vec<Role>,
    /// On which enrolled device, if the token is bound to one.
    pub device: Option<DeviceId>,
    /// Since when that device is revoked. Only routes open to revoked devices ever see it set.
    pub device_revoked_ms: Option<i64>,
}

impl Principal {
    /// Whether they have `role`.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
    /// Whether they have one of `roles`.
    pub fn has_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.has(*role))
    }
}

/// 256 unpredictable bits as base64url.
///
/// # Errors
/// When the operating system has no randomness to give.
pub(crate) fn random_secret() -> Result<String, getrandom::Error> {
    use base64::Engine as _;
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}
