//! What the core may not have of its own, and is handed: the clock's reading and randomness.

use crate::clock::Stamp;
use uuid::Uuid;

/// A source of unpredictable bytes, given by the host (the platform's CSPRNG; a seeded one in tests).
pub trait Entropy {
    /// Fills all of `out`.
    fn fill(&mut self, out: &mut [u8]);
}

/// The world at the moment of one call: what time it is, and where randomness comes from.
pub struct Env<'a> {
    /// Both clocks, read together by the host just before the call.
    pub now: Stamp,
    /// The host's randomness.
    pub entropy: &'a mut dyn Entropy,
}

impl Env<'_> {
    /// A fresh UUIDv7 (RFC 9562, 5.7) from this moment's wall clock and the host's randomness.
    pub fn uuid7(&mut self) -> Uuid {
        let mut random = [0u8; 10];
        self.entropy.fill(&mut random);
        uuid::Builder::from_unix_timestamp_millis(self.now.wall_ms.max(0).unsigned_abs(), &random).into_uuid()
    }
}
