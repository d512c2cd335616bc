//! What went wrong, in the store's terms.

use grantor_store::{Applied, Error};
use grantor_store_connection::Effect;

use crate::wire::Refusal;

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
                let doubt = effect.doubt();
                let message = format!("the connection to memcached failed{doubt}: {why}");
                Error::unavailable(message, effect.applied())
            }
            Self::Refused(refusal) => {
                let message = format!("memcached refuses: {}", refusal.text);
                Error::unavailable(message, Applied::No)
            }
        }
    }
}

/// Nothing was sent.
pub(crate) fn unreachable(server: &str, why: &str) -> Error {
    let message = format!("memcached at {server} can't be reached: {why}");
    Error::unavailable(message, Applied::No)
}
