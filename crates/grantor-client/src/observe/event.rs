//! Events: what happened to a token.

use std::fmt;
use std::sync::Arc;

use crate::error::Error;

/// An event in the life of a token: see
/// [`TokensBuilder::on_event`](crate::TokensBuilder::on_event).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// There is a new access token.
    Renewed,
    /// A renewal failed. If it was an early one, the token there is stays in use.
    RenewalFailed(Error),
    /// A new refresh token is in use and could not be stored yet. If the process ended now, the
    /// login would be lost. Storing goes on.
    NotPersisted,
    /// The refresh token that could not be stored before is stored.
    Persisted,
    /// A callback of [`TokensBuilder::on_change`](crate::TokensBuilder::on_change) did not end within 10 s; the
    /// new token is used all the same.
    ChangeNotTaken,
    /// The server no longer takes the refresh token: the user has to sign in again.
    LoginEnded,
}

#[derive(Clone)]
pub(crate) struct EventListener(pub(crate) Arc<dyn Fn(&Event) + Send + Sync>);

impl fmt::Debug for EventListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventListener")
    }
}
