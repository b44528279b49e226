//! The device's tokens, and how they are renewed without ever being lost.

use serde::{Deserialize, Serialize};

/// The tokens of a device as they stand in the phone's encrypted store.
///
/// A refresh token is good for one use, and using one twice ends the log-in. So the phone chooses the next one itself and
/// has both on disk before it asks: when the answer is lost, or the phone dies, the same question is asked again and gets
/// the same answer (docs/adr/0021).
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    /// The server that they are for: no other ever sees them.
    pub(crate) server: String,
    /// The newest that the server is known to have.
    pub(crate) refresh: String,
    /// The one that was chosen to come next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    /// Goes with each request.
    pub(crate) access: String,
    /// By this phone's wall clock: when it was got, milliseconds.
    pub(crate) got_ms: i64,
    /// How long it lives, seconds.
    pub(crate) lives_s: i64,
}

/// Renewed this much before its end: the way to the server takes time.
const MARGIN_S: i64 = 30;

impl Session {
    /// Whether the access token can be expected to be accepted. The phone's clock may be wrong: then the server says so,
    /// and it costs a request.
    pub(crate) fn is_fresh(&self, now_ms: i64) -> bool {
        let age_ms = now_ms.saturating_sub(self.got_ms);
        age_ms >= 0 && age_ms < self.lives_s.saturating_sub(MARGIN_S).saturating_mul(1000)
    }
}

/// A pair of tokens as the server gives it.
#[derive(Deserialize)]
pub(super) struct Pair {
    pub(super) access_token: String,
    pub(super) refresh_token: String,
    pub(super) expires_in: i64,
}

impl Pair {
    pub(super) fn session(self, server: &str, now_ms: i64) -> Session {
        Session {
            server: server.to_owned(),
            refresh: self.refresh_token,
            next: None,
            access: self.access_token,
            got_ms: now_ms,
            lives_s: self.expires_in,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_token_is_renewed_before_it_ends_and_when_the_clock_went_back() {
        let pair = Pair { access_token: "a".into(), refresh_token: "r".into(), expires_in: 900 };
        let session = pair.session("https://example.org", 1_000_000);
        assert!(session.is_fresh(1_000_000) && session.is_fresh(1_000_000 + 869_999));
        assert!(!session.is_fresh(1_000_000 + 870_000) && !session.is_fresh(999_999));
    }
}
