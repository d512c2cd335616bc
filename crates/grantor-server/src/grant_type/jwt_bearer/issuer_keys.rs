//! The keys of an issuer of assertions.

use grantor_core::ErrorCode;
use grantor_jose::{Error as JwtError, KeySet};
use url::Url;

use crate::error::Error;
use crate::grant_type::TokenCall;

/// The public keys of a [`TrustedIssuer`](super::TrustedIssuer).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum IssuerKeys {
    /// These.
    Set(KeySet),
    /// Those at a URL, which the server fetches: first when they are needed, then as their answer says,
    /// and when an assertion names another one.
    At(Url),
}

impl From<KeySet> for IssuerKeys {
    fn from(keys: KeySet) -> Self {
        Self::Set(keys)
    }
}

impl From<Url> for IssuerKeys {
    fn from(jwks_uri: Url) -> Self {
        Self::At(jwks_uri)
    }
}

impl IssuerKeys {
    /// Verifies an assertion by them.
    ///
    /// # Errors
    /// They can't be had now. That is no fault of the client, whatever the cause.
    pub(super) async fn verify<T>(
        &self,
        call: &TokenCall<'_>,
        verify: impl Fn(&KeySet) -> Result<T, JwtError>,
    ) -> Result<Result<T, JwtError>, Error> {
        let url = match self {
            Self::Set(keys) => return Ok(verify(keys)),
            Self::At(url) => url,
        };
        let missing = || Error::Internal("a call without a server fetches no keys".to_owned());
        let fetcher = call.operator_fetcher().ok_or_else(missing)?;
        fetcher.verify(url, verify).await.map_err(|error| {
            let cause = &error as &dyn std::error::Error;
            tracing::warn!(error = cause, "the keys of a trusted issuer can't be had");
            let description = format!("the keys of the assertion's issuer can't be had: {error}");
            Error::refused(ErrorCode::TemporarilyUnavailable, description)
        })
    }
}
