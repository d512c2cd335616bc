//! How a token is checked: as a JWT, by introspection, or as its form demands.

mod answers;
mod builder;
mod discovered;
mod jwt;
mod opaque;

use std::fmt;
use std::sync::Arc;

use grantor_core::Clock;
use grantor_http::Cached;

pub use builder::VerifierBuilder;
use jwt::Jwt;
use opaque::Opaque;

use crate::{AccessToken, VerifyError};

/// Checks access tokens. A cheap handle: clones share keys and cached answers.
#[derive(Clone)]
pub struct Verifier {
    inner: Arc<Inner>,
}

struct Inner {
    audience: Option<String>,
    clock: Arc<dyn Clock>,
    ways: Known,
}

enum Known {
    AtOnce(Arc<Ways>),
    AfterDiscovery(Cached<Ways>),
}

/// The ways in which a token can be checked; at least one.
struct Ways {
    jwt: Option<Jwt>,
    opaque: Option<Arc<Opaque>>,
}

impl Verifier {
    /// Checks a bearer token.
    ///
    /// # Errors
    /// See [`VerifyError`]. One of them, [`VerifyError::Undecided`], says nothing about the token.
    pub async fn verify(&self, token: &str) -> Result<AccessToken, VerifyError> {
        let discovered;
        let ways = match &self.inner.ways {
            Known::AtOnce(ways) => ways,
            Known::AfterDiscovery(cached) => {
                discovered = cached.get().await.map_err(VerifyError::undecided)?;
                &discovered
            }
        };
        let now = self.inner.clock.now();
        if let Some(jwt) = &ways.jwt {
            match jwt.verify(token, now).await {
                Err(VerifyError::NotAJwt) => {}
                decided => return decided,
            }
        }
        match &ways.opaque {
            Some(opaque) => opaque.verify(token).await,
            None => Err(VerifyError::NotAJwt),
        }
    }

    /// As [`verify`](Self::verify), if keys or answer are at hand; else nothing.
    pub(crate) fn verify_at_once(&self, token: &str) -> Option<Result<AccessToken, VerifyError>> {
        let discovered;
        let ways = match &self.inner.ways {
            Known::AtOnce(ways) => ways,
            Known::AfterDiscovery(cached) => {
                discovered = cached.peek()?;
                &discovered
            }
        };
        if let Some(jwt) = &ways.jwt {
            match jwt.verify_at_once(token, self.inner.clock.now())? {
                Err(VerifyError::NotAJwt) => {}
                decided => return Some(decided),
            }
        }
        match &ways.opaque {
            Some(opaque) => opaque.verify_at_once(token),
            None => Some(Err(VerifyError::NotAJwt)),
        }
    }

    /// The audience that tokens must have, if one is configured.
    #[must_use]
    pub fn audience(&self) -> Option<&str> {
        self.inner.audience.as_deref()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Verifier");
        debug.field("audience", &self.inner.audience);
        match &self.inner.ways {
            Known::AtOnce(ways) => debug
                .field("jwt", &ways.jwt)
                .field("opaque", &ways.opaque)
                .finish(),
            Known::AfterDiscovery(_) => debug.finish_non_exhaustive(),
        }
    }
}
