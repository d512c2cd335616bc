//! The driver's errors in the store's terms.

use grantor_store::{Applied, Error};
use grantor_store_connection::Effect;
use redis::{ErrorKind, RedisError};

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
        let doubt = effect.doubt();
        let message = format!("the connection to Redis failed{doubt}: {error}");
        return Error::unavailable(message, effect.applied());
    }
    let message = format!("Redis refuses: {error}");
    let login = matches!(error.code(), Some("NOAUTH" | "WRONGPASS" | "NOPERM"));
    match login || error.kind() == ErrorKind::AuthenticationFailed {
        true => Error::configuration(message),
        false => Error::unavailable(message, Applied::No),
    }
}
