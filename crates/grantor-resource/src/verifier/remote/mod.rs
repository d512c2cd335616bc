//! The check of tokens of an authorization server elsewhere: JWTs with its keys, others at its
//! introspection endpoint.

mod cached_introspection;
mod discovered;
mod introspection;
mod introspection_cache;
mod jwt;

use std::fmt;
use std::sync::Arc;

use grantor_core::{Clock, Timestamp};
use grantor_http::Cached;

pub(super) use cached_introspection::CachedIntrospection;
pub(super) use discovered::Discovered;
pub(super) use introspection::{IntrospectionEndpoint, SignedAnswers};
pub(super) use jwt::Jwt;

use crate::{AccessToken, VerifyError};

/// When the methods are known.
pub(super) enum Setup {
    /// Since the verifier was built.
    Fixed(Arc<Methods>),
    /// Verifiers that are made as soon as the metadata of the issuer is fetched.
    AfterDiscovery(Cached<Methods>),
}

/// The methods by which tokens are checked; at least one is there.
pub(super) struct Methods {
    pub(super) jwt: Option<Jwt>,
    pub(super) introspection: Option<Arc<CachedIntrospection>>,
}

impl Setup {
    pub(super) async fn verify(
        &self,
        token: &str,
        clock: &dyn Clock,
    ) -> Result<AccessToken, VerifyError> {
        let discovered;
        let methods = match self {
            Self::Fixed(methods) => methods,
            Self::AfterDiscovery(cached) => {
                discovered = cached.get().await.map_err(VerifyError::undecided)?;
                &discovered
            }
        };
        if let Some(jwt) = &methods.jwt {
            match jwt.verify(token, clock.now()).await {
                Err(VerifyError::NotAJwt) => {}
                decided => return decided,
            }
        }
        match &methods.introspection {
            Some(introspection) => introspection.verify(token).await,
            None => Err(VerifyError::NotAJwt),
        }
    }

    /// Like [`verify`](Self::verify), if nothing has to be fetched for it; else none.
    pub(super) fn try_verify(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Option<Result<AccessToken, VerifyError>> {
        let discovered;
        let methods = match self {
            Self::Fixed(methods) => methods,
            Self::AfterDiscovery(cached) => {
                discovered = cached.peek()?;
                &discovered
            }
        };
        if let Some(jwt) = &methods.jwt {
            match jwt.try_verify(token, now)? {
                Err(VerifyError::NotAJwt) => {}
                decided => return Some(decided),
            }
        }
        match &methods.introspection {
            Some(introspection) => introspection.try_verify(token),
            None => Some(Err(VerifyError::NotAJwt)),
        }
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(methods) => f
                .debug_struct("Fixed")
                .field("jwt", &methods.jwt)
                .field("introspection", &methods.introspection)
                .finish(),
            Self::AfterDiscovery(_) => f.write_str("AfterDiscovery(..)"),
        }
    }
}
