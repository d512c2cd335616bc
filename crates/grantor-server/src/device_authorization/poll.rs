//! The pace of clients that poll.

use std::time::Duration;

use grantor_core::Timestamp;
use grantor_jose::check::is_off;
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};

use crate::identifier::Identifier;

/// A client that asks again and again until a user has decided (RFC 8628 section 3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Poll {
    /// The identifier of what it waits for.
    pub id: Identifier,
    /// How long it has to wait between two requests, until it is too fast for the first time.
    pub interval: Duration,
    /// Until when it may ask.
    pub until: Timestamp,
}

impl Poll {
    /// Polls for `id`, every five seconds.
    #[must_use]
    pub fn new(id: Identifier, until: Timestamp) -> Self {
        Self {
            id,
            interval: Self::INTERVAL,
            until,
        }
    }

    /// The interval that RFC 8628 section 3.2 has as default, and section 3.5 as the increase.
    pub(crate) const INTERVAL: Duration = Duration::from_secs(5);

    /// By how much a request may come too early: networks take longer for one than for the next.
    const TOLERANCE: Duration = Duration::from_secs(1);
}

/// Whether a client waited long enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    Kept,
    TooFast,
}

/// When a client last polled, and how long it has to wait. It is a record of its own, so that polls
/// never conflict with the user's decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PollRecord {
    last: Timestamp,
    interval_seconds: u64,
    expires_at: Timestamp,
}

impl PollRecord {
    /// The record after a poll at `now`, and whether that came too early.
    pub(super) fn after(previous: Option<&Self>, poll: &Poll, now: Timestamp) -> (Self, Pace) {
        let interval = previous.map_or(poll.interval, |previous| {
            Duration::from_secs(previous.interval_seconds)
        });
        let too_fast = previous
            .is_some_and(|previous| now < previous.last + interval.saturating_sub(Poll::TOLERANCE));
        let (interval, pace) = if too_fast && !is_off("device.pace") {
            (interval + Poll::INTERVAL, Pace::TooFast)
        } else {
            (interval, Pace::Kept)
        };
        let record = Self {
            last: now,
            interval_seconds: interval.as_secs(),
            expires_at: poll.until,
        };
        (record, pace)
    }
}

impl Record for PollRecord {
    const KIND: Kind = kinds::DEVICE_POLLS;
    const NAME: &'static str = "a device's last poll";

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_poll_that_is_too_fast_adds_five_seconds() {
        let at = Timestamp::from_secs;
        let poll = Poll::new(Identifier::from_bytes([1; 16]), at(600));
        let mut previous: Option<PollRecord> = None;
        for (now, expected) in [
            (0, Pace::Kept),
            (5, Pace::Kept),
            (9, Pace::Kept), // within the tolerance
            (12, Pace::TooFast),
            (20, Pace::TooFast), // 10 s by now
            (34, Pace::Kept),
            (43, Pace::TooFast),
            (63, Pace::Kept),
        ] {
            let (next, pace) = PollRecord::after(previous.as_ref(), &poll, at(now));
            assert_eq!(pace, expected, "at {now}");
            previous = Some(next);
        }
    }

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<PollRecord>();
    }
}
