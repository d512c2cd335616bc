//! Requests to a token endpoint, in both directions.

#[cfg(feature = "exchange")]
mod send;

use std::fmt;

use super::{GrantParameters, TokenParameters};
use crate::authorization_details::AuthorizationDetails;
use crate::error_response::{ErrorCode, ErrorResponse};
use crate::params::Params;
use crate::scope::Scope;

/// A request for a token, without the client's authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// The grant that is presented.
    pub grant: GrantParameters,
    /// The access token that the client asks for.
    pub parameters: TokenParameters,
}

/// The reason why a token request can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidTokenRequest {
    /// A parameter is missing.
    Missing(&'static str),
    /// A parameter is malformed.
    Malformed(&'static str),
    /// The scope is malformed.
    Scope,
}

impl fmt::Display for InvalidTokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "\"{name}\" is missing"),
            Self::Malformed(name) => write!(f, "\"{name}\" is malformed"),
            Self::Scope => f.write_str("\"scope\" has a character that is not allowed"),
        }
    }
}

impl std::error::Error for InvalidTokenRequest {}

impl From<InvalidTokenRequest> for ErrorResponse {
    fn from(error: InvalidTokenRequest) -> Self {
        let code = match error {
            InvalidTokenRequest::Scope => ErrorCode::InvalidScope,
            _ => ErrorCode::InvalidRequest,
        };
        Self::new(code, error.to_string())
    }
}

/// Parameters that are read into fields of their own, or by other code.
const COMMON: [&str; 6] = [
    "grant_type",
    "scope",
    "resource",
    "audience",
    "client_id",
    "client_secret",
];

const DETAILS: &str = "authorization_details";

impl TokenRequest {
    /// A request that asks for nothing in particular.
    #[must_use]
    pub fn new(grant: GrantParameters) -> Self {
        Self {
            grant,
            parameters: TokenParameters::default(),
        }
    }

    /// Reads the parameters of a request; the client's authentication is read elsewhere.
    ///
    /// # Errors
    /// A parameter that this grant needs is missing, or malformed.
    pub fn from_params(params: &Params<'_>) -> Result<Self, InvalidTokenRequest> {
        let grant = GrantParameters::from_params(params)?;
        let own = grant.parameters();
        let owned = |name: &str| params.all(name).map(str::to_owned).collect();
        // A server that knows no details passes over those that can't be read, as over all that it does not
        // know.
        let details = params.get(DETAILS);
        let details = details.and_then(|text| AuthorizationDetails::parse(text).ok());
        let known = |name: &str| {
            let is_details = name == DETAILS && details.is_some();
            is_details || COMMON.contains(&name) || own.contains(&name)
        };
        let extra = params.iter().filter(|(name, _)| !known(name));
        let scope = match params.get("scope") {
            None => None,
            Some(text) => Some(Scope::parse(text).map_err(|_| InvalidTokenRequest::Scope)?),
        };
        Ok(Self {
            grant,
            parameters: TokenParameters {
                scope: scope.filter(|scope| !scope.is_empty()),
                resource: owned("resource"),
                audience: owned("audience"),
                extra: extra.map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
                authorization_details: details.clone(),
            },
        })
    }
}

#[cfg(test)]
mod tests;
