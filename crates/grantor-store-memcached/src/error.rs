//! What went wrong, in the store's terms.

use grantor_store::{Applied, Error};

use crate::wire::Refusal;

/// The meaning of an unknown outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It changes nothing.
    Reads,
    /// It may be repeated as it is.
    Repeatable,
    /// Repeating it does it twice.
    Once,
}

impl Effect {
    pub(crate) fn applied(self) -> Applied {
        match self {
            Self::Reads => Applied::No,
            Self::Repeatable | Self::Once => Applied::Unknown,
        }
    }
}

/// Why a request has no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The connection broke after the request.
    Lost(String),
    /// The server says no.
    Refused(Refusal),
}

impl Failure {
    /// The error of an operation that ends with this.
    pub(crate) fn settle(self, effect: Effect) -> Error {
        match self {
            Self::Lost(why) => {
                let applied = effect.applied();
                let message = format!("the connection to memcached failed{}: {why}", may(applied));
                Error::unavailable(message, applied)
            }
            Self::Refused(refusal) => {
                let message = format!("memcached refuses: {}", refusal.text);
                Error::unavailable(message, Applied::No)
            }
        }
    }
}

fn may(applied: Applied) -> &'static str {
    match applied {
        Applied::No => "",
        _ => "; the write may have been applied",
    }
}

/// No answer within the time allowed.
pub(crate) fn timed_out(effect: Effect) -> Error {
    let applied = effect.applied();
    let message = format!("memcached did not answer in time{}", may(applied));
    Error::unavailable(message, applied)
}

/// An error after a try that may have been applied.
pub(crate) fn in_doubt(error: &Error) -> Error {
    let message = format!("{error}; an earlier try of the write may have been applied");
    Error::unavailable(message, Applied::Unknown)
}

/// Nothing was sent.
pub(crate) fn unreachable(server: &str, why: &str) -> Error {
    let message = format!("memcached at {server} can't be reached: {why}");
    Error::unavailable(message, Applied::No)
}
