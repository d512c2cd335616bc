//! How often a write is tried, and how long between two tries: the one place that decides it.

use std::time::Duration;

use grantor_core::Environment;

use crate::error::{Applied, Error};

const MAX_TRIES: u32 = 8;
/// The longest pause before the third try; it doubles with each further one. The second comes at
/// once, since most conflicts are over by then.
const FIRST_PAUSE: Duration = Duration::from_millis(2);

/// The longest pause between two tries of a write whose outcome stays unknown.
const LONGEST_PAUSE: Duration = Duration::from_millis(256);

/// The tries of one write.
pub(crate) struct Retry<'a> {
    environment: &'a Environment,
    failed: u32,
    /// One try may have had its effect, so the write may have, whatever becomes of later tries.
    unknown: bool,
    /// When the clock shows this, an unknown outcome is reported. Before, the write is repeated.
    until: Option<Duration>,
    /// The sum of the pauses, for a clock that does not move.
    paused: Duration,
}

impl<'a> Retry<'a> {
    pub(crate) fn new(environment: &'a Environment) -> Self {
        Self {
            environment,
            failed: 0,
            unknown: false,
            until: None,
            paused: Duration::ZERO,
        }
    }

    /// Repeats a write whose outcome is unknown until the clock shows `until`, if that is later than
    /// the last of the usual tries.
    pub(crate) fn until(mut self, until: Option<Duration>) -> Self {
        self.until = until;
        self
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.failed > 0
    }

    /// Waits for the next try after somebody else wrote first.
    pub(crate) async fn after_conflict(&mut self, name: &str) -> Result<(), Error> {
        match self.pause().await {
            true => Ok(()),
            false => Err(Error::contention(name)),
        }
    }

    /// Waits for the next try after an error that leaves open whether the write happened.
    pub(crate) async fn after_error(&mut self, error: Error) -> Result<(), Error> {
        self.unknown |= error.applied() == Applied::Unknown;
        if !self.unknown {
            return Err(error);
        }
        if self.pause().await || self.pause_before_deadline().await {
            return Ok(());
        }
        Err(error.of_unknown_effect())
    }

    /// Returns whether there is time for another try. Half of each pause is random.
    async fn pause_before_deadline(&mut self) -> bool {
        let elapsed = self.environment.clock.elapsed() + self.paused;
        let left = self.until.unwrap_or_default().saturating_sub(elapsed);
        if left.is_zero() {
            return false;
        }
        let [part] = self.environment.random_bytes::<1>();
        let pause = LONGEST_PAUSE * (256 + u32::from(part)) / 512;
        let pause = pause.min(left);
        let began = self.environment.clock.elapsed();
        self.environment.clock.retry_pause(pause).await;
        let passed = self.environment.clock.elapsed().saturating_sub(began);
        self.paused += pause.saturating_sub(passed);
        true
    }

    /// Returns whether there is another try. A random part of a growing pause keeps those apart
    /// that collided.
    async fn pause(&mut self) -> bool {
        self.failed += 1;
        if self.failed >= MAX_TRIES {
            return false;
        }
        if let Some(doublings) = self.failed.checked_sub(2) {
            let longest = FIRST_PAUSE * 2_u32.pow(doublings);
            let [part] = self.environment.random_bytes::<1>();
            let pause = longest * u32::from(part) / 256;
            self.environment.clock.retry_pause(pause).await;
        }
        true
    }
}
