//! The clock and the randomness of this machine.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use grantor_core::{BoxFuture, Clock, Environment, Random, Timestamp};

use crate::{platform, timer};

/// The machine's clocks.
///
/// The elapsed time runs on while the machine sleeps on Linux and Android. Elsewhere it is that of
/// the standard library, which may stop meanwhile.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn elapsed(&self) -> Duration {
        platform::elapsed()
    }

    fn retry_pause(&self, duration: Duration) -> BoxFuture<'static, ()> {
        timer::pause(duration)
    }
}

/// The operating system's random bytes. On Linux and Android they are the kernel's; elsewhere they are
/// those of a generator that it seeds.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        #[expect(
            clippy::expect_used,
            reason = "without the system's random bytes nothing here is safe to go on"
        )]
        platform::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// The system's clock and randomness.
#[must_use]
pub fn system() -> Environment {
    Environment {
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clocks_run_and_the_bytes_differ() {
        let system = system();
        assert!(system.now() > Timestamp::from_secs(1_700_000_000));
        assert!(system.clock.elapsed() > Duration::ZERO);
        assert_ne!(system.random_bytes::<16>(), system.random_bytes::<16>());
    }
}
