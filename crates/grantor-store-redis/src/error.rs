//! The driver's errors in the store's terms.

use grantor_store::{Applied, Error};
use redis::{ErrorKind, RedisError};

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

/// Returns whether the connection failed, and not the server's answer is an error.
pub(crate) fn is_lost(error: &RedisError) -> bool {
    !matches!(
        error.kind(),
        ErrorKind::Server(_) | ErrorKind::Extension | ErrorKind::AuthenticationFailed
    )
}

/// An operation failed.
pub(crate) fn failed(effect: Effect, error: &RedisError) -> Error {
    if is_lost(error) {
        let applied = effect.applied();
        let unknown = match applied {
            Applied::No => "",
            _ => "; the write may have been applied",
        };
        let message = format!("the connection to Redis failed{unknown}: {error}");
        return Error::unavailable(message, applied);
    }
    let message = format!("Redis refuses: {error}");
    let login = matches!(error.code(), Some("NOAUTH" | "WRONGPASS" | "NOPERM"));
    match login || error.kind() == ErrorKind::AuthenticationFailed {
        true => Error::configuration(message),
        false => Error::unavailable(message, Applied::No),
    }
}

/// An error after a try that may have been applied.
pub(crate) fn in_doubt(error: &Error) -> Error {
    let message = format!("{error}; an earlier try of the write may have been applied");
    Error::unavailable(message, Applied::Unknown)
}

/// No answer within the time allowed.
pub(crate) fn timed_out(effect: Effect) -> Error {
    let applied = effect.applied();
    let message = match applied {
        Applied::No => "Redis did not answer in time",
        _ => "Redis did not answer in time; the write may have been applied",
    };
    Error::unavailable(message, applied)
}
