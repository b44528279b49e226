//! Randomness for one call: drawn from the host before the engine is locked, so that a callback never runs under a lock.

use sha2::{Digest, Sha256};
use sync_core::env::Entropy;
use zeroize::Zeroizing;

/// How many bytes a call draws from its host.
pub(crate) const SEED: usize = 32;

/// SHA-256 of a secret seed and a counter: as many bytes as a call needs.
pub(crate) struct Expanded {
    seed: Zeroizing<[u8; SEED]>,
    block: u64,
}

impl Expanded {
    pub(crate) fn new(seed: Zeroizing<[u8; SEED]>) -> Self {
        Self { seed, block: 0 }
    }
}

impl Entropy for Expanded {
    fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let mut hash = Sha256::new();
            hash.update(b"countersign/call entropy/1\n");
            hash.update(*self.seed);
            hash.update(self.block.to_be_bytes());
            self.block += 1;
            chunk.copy_from_slice(&hash.finalize()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_blocks_are_equal_and_the_seed_decides_them() {
        let draw = |seed: u8| {
            let mut bytes = [0u8; 96];
            Expanded::new(Zeroizing::new([seed; SEED])).fill(&mut bytes);
            bytes
        };
        let one = draw(1);
        assert!(one[..32] != one[32..64] && one[32..64] != one[64..]);
        assert_eq!(one, draw(1));
        assert_ne!(one, draw(2));
    }
}
