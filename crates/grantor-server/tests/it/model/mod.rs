//! Random sequences of protocol operations, beside a small model that says which tokens are valid.
//!
//! `GRANTOR_MODEL_RUNS` runs more sequences, `GRANTOR_MODEL_SEED` the one of a failure again.

mod operations;
mod random;
mod reference;

use std::env;

use operations::World;
use random::Random;

/// How many sequences there are, unless the environment says more.
const RUNS: u64 = 40;
/// How many operations a sequence has.
const OPERATIONS: usize = 120;

#[tokio::test]
async fn random_operations_agree_with_the_model() {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seeds = match number("GRANTOR_MODEL_SEED") {
        Some(seed) => seed..=seed,
        None => 1..=number("GRANTOR_MODEL_RUNS").unwrap_or(RUNS),
    };
    let mut seen = Seen::default();
    for seed in seeds.clone() {
        let mut journal = Journal::new(seed);
        let mut world = World::new(Random::new(seed)).await;
        for _ in 0..OPERATIONS {
            world.step(&mut journal.lines).await;
            let (valid, invalid) = world.look_at_some().await;
            seen.valid += valid;
            seen.invalid += invalid;
        }
        world.look_at_all().await;
    }
    // A model that calls every token dead, or alive, would prove nothing.
    if seeds.count() > 1 {
        assert!(seen.valid > 1000 && seen.invalid > 1000, "{seen:?}");
    }
}

/// How many tokens the model called valid and invalid.
#[derive(Debug, Default)]
struct Seen {
    valid: usize,
    invalid: usize,
}

/// What was done, printed if the test fails.
struct Journal {
    seed: u64,
    lines: Vec<String>,
}

impl Journal {
    fn new(seed: u64) -> Self {
        Self {
            seed,
            lines: Vec::new(),
        }
    }
}

impl Drop for Journal {
    #[expect(
        clippy::print_stderr,
        reason = "whoever reads the failure repeats it by this seed"
    )]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("GRANTOR_MODEL_SEED={}", self.seed);
            for (i, line) in self.lines.iter().enumerate() {
                eprintln!("{i:3} {line}");
            }
        }
    }
}
