//! The verifier: checks a JWT with keys, and any other token by introspection.

mod builder;
mod introspector;
#[cfg(feature = "remote")]
mod remote;

use std::fmt;
use std::sync::Arc;

use grantor_core::{Clock, Timestamp};

pub use builder::VerifierBuilder;
use introspector::Introspector;

use crate::{AccessToken, VerifyError};

/// Checks access tokens. It is cheap to clone: clones share keys and cached introspections.
#[derive(Clone)]
pub struct Verifier {
    configuration: Arc<Configuration>,
}

struct Configuration {
    audience: Option<String>,
    clock: Arc<dyn Clock>,
    setup: Setup,
}

/// How tokens are checked.
enum Setup {
    /// By the authorization server in this process, and anew each time.
    InProcess(Introspector),
    /// By what an authorization server elsewhere publishes and answers.
    #[cfg(feature = "remote")]
    Remote(remote::Setup),
}

impl Verifier {
    /// Checks a bearer token. A token that is bound to a key is refused, since this has no proof of it.
    ///
    /// # Errors
    /// See [`VerifyError`]. After [`VerifyError::Undecided`] the token may be good or bad.
    pub async fn verify(&self, token: &str) -> Result<AccessToken, VerifyError> {
        let token = self.verify_token(token).await?;
        match token.jkt {
            Some(_) => Err(VerifyError::SenderConstrained),
            None => Ok(token),
        }
    }

    /// Checks a token, but not yet a proof of the key in `jkt`.
    pub(crate) async fn verify_token(&self, token: &str) -> Result<AccessToken, VerifyError> {
        match &self.configuration.setup {
            Setup::InProcess(introspector) => introspector.verify(token).await,
            #[cfg(feature = "remote")]
            Setup::Remote(remote) => remote.verify(token, &*self.configuration.clock).await,
        }
    }

    /// Like [`verify_token`](Self::verify_token), if nothing has to be fetched for it; else none.
    pub(crate) fn try_verify_token(&self, token: &str) -> Option<Result<AccessToken, VerifyError>> {
        match &self.configuration.setup {
            Setup::InProcess(introspector) => introspector.try_verify(token),
            #[cfg(feature = "remote")]
            Setup::Remote(remote) => remote.try_verify(token, self.now()),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.configuration.clock.now()
    }

    /// Returns whether the other one accepts the same tokens, as a clone of it.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.configuration, &other.configuration)
    }

    /// The audience that tokens must have, if one is configured.
    #[must_use]
    pub fn audience(&self) -> Option<&str> {
        self.configuration.audience.as_deref()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Verifier");
        debug.field("audience", &self.configuration.audience);
        match &self.configuration.setup {
            Setup::InProcess(introspector) => debug.field("in_process", introspector).finish(),
            #[cfg(feature = "remote")]
            Setup::Remote(remote) => debug.field("remote", remote).finish(),
        }
    }
}
