//! A user whom the server asks.

use std::fmt;
use std::time::Duration;

use grantor_core::openid::IdToken;
use serde_json::{Map, Value};
use tokio::sync::watch;

use super::SignedIn;
use crate::error::Error;
use crate::tokens::Tokens;

/// The further members of the answer, and the ID token.
pub(super) type Outcome = (Map<String, Value>, IdToken);

/// A user is asked on a device of theirs.
///
/// The server is polled at its own pace, on the thread that renews tokens, whether anybody waits or
/// not. Dropping this gives the sign-in up, once what is under way was answered.
#[non_exhaustive]
pub struct PendingBackchannelAuthentication {
    /// How long the user has from now on.
    pub expires_in: Duration,
    tokens: Tokens,
    outcome: watch::Receiver<Option<Result<Outcome, Error>>>,
}

impl PendingBackchannelAuthentication {
    pub(super) fn new(
        expires_in: Duration,
        tokens: Tokens,
        outcome: watch::Receiver<Option<Result<Outcome, Error>>>,
    ) -> Self {
        Self {
            expires_in,
            tokens,
            outcome,
        }
    }

    /// The login, once the user has agreed and it is stored. A caller who stops waiting
    /// loses nothing and may come back.
    ///
    /// # Errors
    /// The user said no, or nothing in time: see [`needs_login`](Error::needs_login). Or the server
    /// refuses, does not answer until then, or gives an ID token that breaks a rule.
    pub async fn finish(&self) -> Result<SignedIn, Error> {
        let mut outcome = self.outcome.clone();
        let outcome = match outcome.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone(),
            Err(_) => None,
        };
        match outcome {
            Some(Ok((extra, id_token))) => Ok(SignedIn {
                tokens: self.tokens.clone(),
                id_token: Some(id_token),
                extra,
            }),
            Some(Err(error)) => Err(error),
            None => Err(Error::transient("the sign-in was abandoned; begin again")),
        }
    }
}

impl fmt::Debug for PendingBackchannelAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingBackchannelAuthentication")
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}
