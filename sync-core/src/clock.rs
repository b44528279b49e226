//! Clock readings. A visit is never refused for its clock: what the phone's clocks said is recorded as it was,
//! the bounds that can be proven are computed from it, and what does not fit is flagged.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One reading of a device's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The wall clock: milliseconds since 1970-01-01T00:00:00Z. The user can set it to anything.
    pub wall_ms: i64,
    /// The monotonic clock in milliseconds since boot, *including* sleep. Only comparable within one [`Stamp::boot`].
    pub mono_ms: i64,
    /// The boot that `mono_ms` counts from.
    pub boot: Uuid,
    /// The last time a server told this device the time during this boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerSeen>,
}

/// What the server's clock said, and what this device's monotonic clock said at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSeen {
    /// The server's wall clock: milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// The device's monotonic clock when the answer arrived, same boot as the stamp.
    pub mono_ms: i64,
}

/// Beyond this difference between two clocks a `clock_drift` flag is raised (milliseconds).
pub const DRIFT_TOLERANCE_MS: i64 = 2 * 60 * 1000;

impl Stamp {
    /// The best estimate of when this was, in milliseconds since 1970 UTC: the server's clock carried forward by
    /// the monotonic one where the device saw a server since it booted, the wall clock otherwise.
    pub fn instant_ms(&self) -> i64 {
        match self.server {
            Some(seen) => seen.at_ms.saturating_add(self.mono_ms.saturating_sub(seen.mono_ms)),
            None => self.wall_ms,
        }
    }

    /// Milliseconds from `self` to `later` by the monotonic clock, when both were read in the same boot.
    pub fn mono_until(&self, later: &Stamp) -> Option<i64> {
        (self.boot == later.boot).then(|| later.mono_ms.saturating_sub(self.mono_ms))
    }

    /// Milliseconds until `later`: by the monotonic clock within one boot, by the instants otherwise. Negative when it
    /// was before.
    pub fn ms_until(&self, later: &Stamp) -> i64 {
        self.mono_until(later).unwrap_or_else(|| later.instant_ms().saturating_sub(self.instant_ms()))
    }

    /// By how much the wall clock is off the server's (positive: it runs ahead), where the device saw a server.
    pub fn wall_drift_ms(&self) -> Option<i64> {
        self.server.map(|_| self.wall_ms.saturating_sub(self.instant_ms()))
    }
}
