//! The reports of stores about their own upkeep.

mod batch_times;

use std::fmt;

use grantor_core::Timestamp;

pub use self::batch_times::BatchTimes;
use crate::error::Error;

/// The result of [`Store::maintain`](crate::Store::maintain).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Maintenance {
    /// How many dead records were deleted.
    pub deleted: usize,
    /// How long each batch of deletions kept those waiting that write. Empty if nobody waits.
    pub batch_times: BatchTimes,
    /// The events that an operator should know, each reported once.
    pub notices: Vec<Notice>,
}

/// The results of [`Stores::maintain`](crate::Stores::maintain), over all stores. The failure of
/// one store does not hide the results of the others.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct StoresMaintenance {
    /// How many dead records were deleted.
    pub deleted: usize,
    /// How long each batch of deletions kept those waiting that write. Empty if nobody waits.
    pub batch_times: BatchTimes,
    /// The events that an operator should know, each reported once.
    pub notices: Vec<Notice>,
    /// The stores that failed. The next call repeats their work.
    pub failures: Vec<FailedMaintenance>,
}

/// A store whose upkeep failed.
#[derive(Debug)]
#[non_exhaustive]
pub struct FailedMaintenance {
    /// The name of the store in its capabilities.
    pub store: &'static str,
    /// Why.
    pub error: Error,
}

/// An event in a store that an operator should know. Its text says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Wall time went elsewhere than time goes. If it went forward, nothing is deleted for an hour.
    ClockJumped {
        /// The time before.
        from: Timestamp,
        /// The time after.
        to: Timestamp,
        /// It was found at the start of the program, from the newest time that the store knew.
        restarted: bool,
    },
    /// A log that should be short grows, since something keeps the store from emptying it.
    LogGrew {
        /// How long it is.
        bytes: u64,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClockJumped {
                from,
                to,
                restarted,
            } => {
                let waits = match to > from {
                    true => "; expired records are kept for another hour",
                    false => "",
                };
                let remedy = match *restarted && to > from {
                    true => "if nothing used the store meanwhile, all is well; if not, check",
                    false => "check",
                };
                let what = match restarted {
                    true => "since the store was last used, the clock went",
                    false => "the clock jumped",
                };
                let (from, to) = (from.as_millis() / 1000, to.as_millis() / 1000);
                write!(
                    f,
                    "{what} from {from} to {to} (seconds since 1970): {remedy} the machine's clock{waits}"
                )
            }
            Self::LogGrew { bytes } => write!(
                f,
                "the write-ahead log has {bytes} bytes: another program keeps a transaction open, \
                 end it"
            ),
        }
    }
}
