//! The authorization response.

#[cfg(feature = "exchange")]
mod read;

#[cfg(feature = "exchange")]
pub use self::read::AuthorizationError;
use super::{Delivery, ResponseMode};
use crate::error_response::ErrorResponse;
use crate::params::Params;
use crate::secret::Secret;

/// The parameters that arrive at the redirect URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationResponse {
    /// The granted code and tokens, or an error.
    pub outcome: Result<Authorized, ErrorResponse>,
    /// The `state` of the request.
    pub state: Option<String>,
    /// The server that answers (RFC 9207).
    pub issuer: Option<String>,
}

/// The result of a granted authorization: a code, and other values of the response type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authorized {
    /// The authorization code.
    pub code: Option<Secret>,
    /// An access token.
    pub access_token: Option<Secret>,
    /// How it is used: `Bearer` mostly.
    pub token_type: Option<String>,
    /// How many seconds it lives.
    pub expires_in: Option<u64>,
    /// The granted scope, if it differs from the requested one.
    pub scope: Option<String>,
    /// An ID token.
    pub id_token: Option<Secret>,
    /// A value that changes with the user's session at the server (OpenID Connect
    /// Session Management section 3.1).
    pub session_state: Option<String>,
}

impl From<Secret> for Authorized {
    /// A code alone.
    fn from(code: Secret) -> Self {
        Self {
            code: Some(code),
            ..Self::default()
        }
    }
}

impl AuthorizationResponse {
    /// Returns it as parameters, for the redirect.
    #[must_use]
    pub fn to_params(&self) -> Params<'static> {
        let mut params = Params::new();
        match &self.outcome {
            Ok(authorized) => authorized.push_to(&mut params),
            Err(error) => error.push_to(&mut params),
        }
        params.push_some("state", self.state.clone());
        params.push_some("iss", self.issuer.clone());
        params
    }

    /// The answer as `mode` sends it to `redirect_uri`. For a mode of JWTs, what
    /// [`to_params`](Self::to_params) gives is signed first, and sent by [`ResponseMode::encode`].
    #[must_use]
    pub fn encode(&self, mode: &ResponseMode, redirect_uri: &str) -> Delivery {
        mode.encode(redirect_uri, self.to_params())
    }
}

impl Authorized {
    fn push_to(&self, params: &mut Params<'static>) {
        let exposed = |secret: &Option<Secret>| secret.as_ref().map(|s| s.expose().to_owned());
        params.push_some("code", exposed(&self.code));
        params.push_some("access_token", exposed(&self.access_token));
        params.push_some("token_type", self.token_type.clone());
        params.push_some(
            "expires_in",
            self.expires_in.map(|seconds| seconds.to_string()),
        );
        params.push_some("scope", self.scope.clone());
        params.push_some("id_token", exposed(&self.id_token));
        params.push_some("session_state", self.session_state.clone());
    }
}

#[cfg(test)]
mod tests;
