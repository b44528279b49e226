//! Clocks and randomness of a simulated phone.

use sync_core::clock::Stamp;
use sync_core::env::Entropy;

/// SplitMix64 (Steele, Lea, Flood 2014): small, seeded, repeatable. Never for keys of real phones.
#[derive(Clone, Debug)]
pub struct Seeded(u64);

impl Seeded {
    /// The generator with this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// A number below `n` (0 when `n` is 0).
    pub fn below(&mut self, n: u64) -> u64 {
        self.next_u64().checked_rem(n).unwrap_or(0)
    }
    /// True with a probability of `percent` in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

impl Entropy for Seeded {
    fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let bytes = self.next_u64().to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

/// A phone's two clocks. Time passes only when told to.
#[derive(Clone, Debug)]
pub struct Clock {
    /// The wall clock, milliseconds since 1970 UTC.
    pub wall_ms: i64,
    /// Milliseconds since boot.
    pub mono_ms: i64,
    /// The boot.
    pub boot: uuid::Uuid,
}

impl Clock {
    /// A phone that was booted an hour before `wall_ms`.
    pub fn at(wall_ms: i64, entropy: &mut dyn Entropy) -> Self {
        Self { wall_ms, mono_ms: 3_600_000, boot: boot_id(entropy) }
    }
    /// Time passes.
    pub fn advance_ms(&mut self, ms: i64) {
        self.wall_ms += ms;
        self.mono_ms += ms;
    }
    /// Time passes until the wall clock shows `wall_ms` (nothing happens when it is later already).
    pub fn advance_to(&mut self, wall_ms: i64) {
        self.advance_ms((wall_ms - self.wall_ms).max(0));
    }
    /// Somebody sets the wall clock.
    pub fn set_wall(&mut self, wall_ms: i64) {
        self.wall_ms = wall_ms;
    }
    /// The phone is switched off for a while and on again.
    pub fn reboot(&mut self, off_ms: i64, entropy: &mut dyn Entropy) {
        self.wall_ms += off_ms;
        self.mono_ms = 0;
        self.boot = boot_id(entropy);
    }
    /// The reading now.
    pub fn now(&self) -> Stamp {
        Stamp { wall_ms: self.wall_ms, mono_ms: self.mono_ms, boot: self.boot, server: None }
    }
}

fn boot_id(entropy: &mut dyn Entropy) -> uuid::Uuid {
    let mut bytes = [0u8; 16];
    entropy.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
