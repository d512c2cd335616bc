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

/// A write whose outcome stays unknown is not tried again after so long, if it has no deadline of its own:
/// a store that answers nothing takes its whole time for each try.
const PATIENCE: Duration = Duration::from_secs(1);

/// The tries of one change, which reads again and decides again when others wrote first: at most 8.
///
/// [`Records::change`](crate::Records::change) does it for one record. Who writes more than that beside
/// the record that decides has a loop of their own, and asks this how long it pauses and when it ends.
#[derive(Debug)]
pub struct Retry<'a> {
    environment: &'a Environment,
    failed: u32,
    /// One try may have had its effect, so the write may have, whatever becomes of later tries.
    unknown: bool,
    /// When the clock shows this, an unknown outcome is reported, whatever tries are left.
    last_try_before: Duration,
    /// When the clock shows this, an unknown outcome is reported. Before, the write is repeated.
    until: Option<Duration>,
    /// The sum of the pauses, for a clock that does not move.
    paused: Duration,
}

impl<'a> Retry<'a> {
    /// Before the first try.
    #[must_use]
    pub fn new(environment: &'a Environment) -> Self {
        Self {
            environment,
            failed: 0,
            unknown: false,
            last_try_before: Duration::MAX,
            until: None,
            paused: Duration::ZERO,
        }
    }

    /// For a write that began when the clock showed `began`. While its outcome is unknown it is repeated
    /// until the clock shows `until`: beyond the usual tries if that is later, and with fewer of them if
    /// each takes long.
    pub(crate) fn of_write(
        environment: &'a Environment,
        began: Duration,
        until: Option<Duration>,
    ) -> Self {
        Self {
            last_try_before: until.unwrap_or_default().max(began + PATIENCE),
            until,
            ..Self::new(environment)
        }
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.failed > 0
    }

    /// Waits for the next try after somebody else wrote first. The error of the last calls the record by
    /// this name.
    ///
    /// # Errors
    /// That was the last try ([`is_contention`](Error::is_contention)).
    pub async fn after_conflict(&mut self, name: &str) -> Result<(), Error> {
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
        let has_time = self.environment.clock.elapsed() < self.last_try_before;
        if has_time && (self.pause().await || self.pause_before_deadline().await) {
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
