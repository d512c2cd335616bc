//! The verifier: checks a JWT with keys, and any other token by introspection.

mod builder;
mod by_introspection;
mod discovered;
mod introspection_cache;
mod jwt;

use std::fmt;
use std::sync::Arc;

use grantor_core::{Clock, Timestamp};
use grantor_http::Cached;

pub use builder::VerifierBuilder;
use by_introspection::ByIntrospection;
use jwt::Jwt;

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

/// When the methods are known.
enum Setup {
    /// Since the verifier was built.
    Fixed(Arc<Methods>),
    /// Verifiers that are made as soon as the metadata of the issuer is fetched.
    AfterDiscovery(Cached<Methods>),
}

/// The methods by which tokens are checked; at least one is there.
struct Methods {
    jwt: Option<Jwt>,
    introspection: Option<Arc<ByIntrospection>>,
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
        let discovered;
        let methods = match &self.configuration.setup {
            Setup::Fixed(methods) => methods,
            Setup::AfterDiscovery(cached) => {
                discovered = cached.get().await.map_err(VerifyError::undecided)?;
                &discovered
            }
        };
        let now = self.now();
        if let Some(jwt) = &methods.jwt {
            match jwt.verify(token, now).await {
                Err(VerifyError::NotAJwt) => {}
                decided => return decided,
            }
        }
        match &methods.introspection {
            Some(introspection) => introspection.verify(token).await,
            None => Err(VerifyError::NotAJwt),
        }
    }

    /// Like [`verify_token`](Self::verify_token), if nothing has to be fetched for it; else none.
    pub(crate) fn try_verify_token(&self, token: &str) -> Option<Result<AccessToken, VerifyError>> {
        let discovered;
        let methods = match &self.configuration.setup {
            Setup::Fixed(methods) => methods,
            Setup::AfterDiscovery(cached) => {
                discovered = cached.peek()?;
                &discovered
            }
        };
        if let Some(jwt) = &methods.jwt {
            match jwt.try_verify(token, self.now())? {
                Err(VerifyError::NotAJwt) => {}
                decided => return Some(decided),
            }
        }
        match &methods.introspection {
            Some(introspection) => introspection.try_verify(token),
            None => Some(Err(VerifyError::NotAJwt)),
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
            Setup::Fixed(methods) => debug
                .field("jwt", &methods.jwt)
                .field("introspection", &methods.introspection)
                .finish(),
            Setup::AfterDiscovery(_) => debug.finish_non_exhaustive(),
        }
    }
}
