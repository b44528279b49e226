//! What a phone hands in.

use sync_core::ids::{DeviceId, UserId};
use sync_core::sync::DocumentUp;

/// What one authenticated device sends.
#[derive(Debug)]
pub struct Push {
    /// The device; its signature over the heads has been checked.
    pub device: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// Set when the device is revoked: everything it sends goes into quarantine.
    pub revoked: bool,
    /// The documents.
    pub documents: Vec<DocumentUp>,
    /// What the device signed.
    pub attested: Vec<u8>,
    /// Its signature.
    pub signature: Vec<u8>,
}
