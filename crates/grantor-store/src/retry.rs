//! How often a write is tried, and how long between two tries: the one place that decides it.

use std::time::Duration;

use grantor_core::Environment;

use crate::error::{Applied, Error};

const MAX_TRIES: u32 = 8;
/// The longest pause before the third try; it doubles with each further one. The second comes at
/// once, since most conflicts are over by then.
const FIRST_PAUSE: Duration = Duration::from_millis(2);

/// The tries of one write.
pub(crate) struct Retry<'a> {
    environment: &'a Environment,
    failed: u32,
}

impl<'a> Retry<'a> {
    pub(crate) fn new(environment: &'a Environment) -> Self {
        Self {
            environment,
            failed: 0,
        }
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
        match error.applied() == Applied::Unknown && self.pause().await {
            true => Ok(()),
            false => Err(error),
        }
    }

    /// Whether there is another try. A random part of a growing pause keeps those apart that
    /// collided.
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
