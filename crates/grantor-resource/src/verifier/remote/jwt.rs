//! The check of a JWT with the issuer's keys (RFC 9068).

use std::fmt;
use std::sync::Arc;

use grantor_core::{Issuer, Timestamp};
use grantor_http::JwksCache;
use grantor_jose::KeySet;
use grantor_jose::jwt::{self, Policy};
use url::Url;

use crate::{AccessToken, Claims, VerifyError};

/// JWT access tokens, checked with the published keys of their issuer (RFC 9068 section 4).
#[derive(Clone)]
pub(in crate::verifier) struct Jwt {
    jwks_uri: Url,
    keys: JwksCache,
    policy: Policy,
}

impl Jwt {
    pub(in crate::verifier) fn new(
        issuer: &Issuer,
        audience: &str,
        jwks_uri: Url,
        keys: JwksCache,
    ) -> Self {
        Self {
            keys,
            jwks_uri,
            policy: Policy::access_token(issuer.as_str(), audience),
        }
    }

    pub(in crate::verifier) fn jwks_uri(&self) -> &Url {
        &self.jwks_uri
    }

    pub(in crate::verifier) fn keys(&self) -> &JwksCache {
        &self.keys
    }

    pub(in crate::verifier) async fn verify(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<AccessToken, VerifyError> {
        let keys = self.keys.keys().await.map_err(VerifyError::undecided)?;
        let decided = self.verify_with(token, &keys, now);
        if !matches!(decided, Err(VerifyError::UnknownKey)) {
            return decided;
        }
        let newer = self.keys.newer_than(&keys).await;
        let newer = newer.map_err(VerifyError::undecided)?;
        if Arc::ptr_eq(&newer, &keys) {
            return decided;
        }
        self.verify_with(token, &newer, now)
    }

    /// Returns none if keys have to be fetched first.
    pub(in crate::verifier) fn try_verify(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Option<Result<AccessToken, VerifyError>> {
        let keys = self.keys.peek()?;
        match self.verify_with(token, &keys, now) {
            Err(VerifyError::UnknownKey) => None,
            decided => Some(decided),
        }
    }

    fn verify_with(
        &self,
        token: &str,
        keys: &KeySet,
        now: Timestamp,
    ) -> Result<AccessToken, VerifyError> {
        let claims = jwt::verify(token, keys, &self.policy, now)?.claims;
        Claims::from_jwt(claims).map(AccessToken::from)
    }
}

impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwt")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
