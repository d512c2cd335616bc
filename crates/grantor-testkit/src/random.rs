//! Randomness that repeats.

use std::sync::atomic::{AtomicU64, Ordering};

use grantor_core::Random;
use grantor_jose::digest::sha256;

/// Bytes that look random and are the same in every run with the same seed. Anybody can predict
/// them.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededRandom {
    /// Bytes that follow from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            drawn: AtomicU64::new(0),
        }
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let block = self.drawn.fetch_add(1, Ordering::Relaxed);
            let input = [self.seed.to_be_bytes(), block.to_be_bytes()].concat();
            chunk.copy_from_slice(&sha256(&input)[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_from_run_to_run_and_not_within_one() {
        let draw = |seed| {
            let random = SeededRandom::new(seed);
            let mut drawn = [[0; 40]; 2];
            drawn.iter_mut().for_each(|bytes| random.fill(bytes));
            drawn
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_ne!(draw(1)[0], draw(1)[1]);
    }
}
