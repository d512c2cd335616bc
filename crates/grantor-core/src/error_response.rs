//! Errors in OAuth's words.

#[cfg(feature = "exchange")]
mod read;

use std::fmt;

use serde_json::{Map, Value};

use crate::params::Params;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// An error code of OAuth's registry.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
            /// A code that is not listed here.
            Other(String),
        }

        impl ErrorCode {
            /// The code as it is written on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(code) => code,
                }
            }
        }

        impl From<&str> for ErrorCode {
            fn from(code: &str) -> Self {
                match code {
                    $($text => Self::$variant,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }
    };
}

error_codes! {
    /// The request lacks, repeats or garbles a parameter (RFC 6749 section 5.2).
    InvalidRequest = "invalid_request",
    /// The client is unknown or could not prove who it is.
    InvalidClient = "invalid_client",
    /// The code, refresh token or assertion is not, or no longer, good.
    InvalidGrant = "invalid_grant",
    /// The client may not do this.
    UnauthorizedClient = "unauthorized_client",
    /// The server does not know this grant type.
    UnsupportedGrantType = "unsupported_grant_type",
    /// The server does not know this response type.
    UnsupportedResponseType = "unsupported_response_type",
    /// The scope is unknown, malformed, or more than was granted.
    InvalidScope = "invalid_scope",
    /// The user, or the server, said no.
    AccessDenied = "access_denied",
    /// The server failed.
    ServerError = "server_error",
    /// The server is overloaded or under maintenance.
    TemporarilyUnavailable = "temporarily_unavailable",
    /// The resource is unknown or not for this client (RFC 8707 section 2).
    InvalidTarget = "invalid_target",
    /// This token type can't be revoked (RFC 7009 section 2.2.1).
    UnsupportedTokenType = "unsupported_token_type",
    /// The detailed authorization is unknown, malformed or not allowed (RFC 9396 section 5).
    InvalidAuthorizationDetails = "invalid_authorization_details",
    /// The request object is not good (RFC 9101 section 7).
    InvalidRequestObject = "invalid_request_object",
    /// No user is known by the hint (CIBA Core section 13).
    UnknownUserId = "unknown_user_id",
    /// The token of the hint has expired (CIBA Core section 13).
    ExpiredLoginHintToken = "expired_login_hint_token",
    /// The user's secret code is missing (CIBA Core section 13).
    MissingUserCode = "missing_user_code",
    /// The user's secret code is wrong (CIBA Core section 13).
    InvalidUserCode = "invalid_user_code",
    /// The message can't be shown to the user (CIBA Core section 13).
    InvalidBindingMessage = "invalid_binding_message",
    /// The token is expired, revoked or malformed (RFC 6750 section 3.1).
    InvalidToken = "invalid_token",
    /// The token does not reach this far (RFC 6750 section 3.1).
    InsufficientScope = "insufficient_scope",
    /// The user has to be authenticated anew or in another way (RFC 9470 section 3).
    InsufficientUserAuthentication = "insufficient_user_authentication",
    /// No page may be shown, and the user is not signed in (OpenID Connect Core section 3.1.2.6).
    LoginRequired = "login_required",
    /// No page may be shown, and the user has to consent.
    ConsentRequired = "consent_required",
    /// No page may be shown, and something else is needed.
    InteractionRequired = "interaction_required",
    /// No page may be shown, and the user has to choose an account.
    AccountSelectionRequired = "account_selection_required",
    /// The parameter `request` is not supported.
    RequestNotSupported = "request_not_supported",
    /// The parameter `request_uri` is not supported.
    RequestUriNotSupported = "request_uri_not_supported",
    /// The `request_uri` is unknown, used or too old (RFC 9101 section 7).
    InvalidRequestUri = "invalid_request_uri",
    /// A redirect URI is not allowed (RFC 7591 section 3.2.2).
    InvalidRedirectUri = "invalid_redirect_uri",
    /// The metadata of a client is not allowed (RFC 7591 section 3.2.2).
    InvalidClientMetadata = "invalid_client_metadata",
    /// A nonce must be in the DPoP proof (RFC 9449 section 8).
    UseDpopNonce = "use_dpop_nonce",
    /// The DPoP proof is not good.
    InvalidDpopProof = "invalid_dpop_proof",
    /// The user has not decided yet (RFC 8628 section 3.5).
    AuthorizationPending = "authorization_pending",
    /// Poll more slowly.
    SlowDown = "slow_down",
    /// The device code or the `auth_req_id` has expired.
    ExpiredToken = "expired_token",
    /// The user said no on the device's page: Microsoft's word for `access_denied`.
    AuthorizationDeclined = "authorization_declined",
    /// The refresh token is no longer good: GitHub's word for `invalid_grant`.
    BadRefreshToken = "bad_refresh_token",
    /// The code is no longer good: GitHub's word for `invalid_grant`.
    BadVerificationCode = "bad_verification_code",
}

impl ErrorCode {
    /// Returns whether the code, refresh token or assertion that was presented is no longer good.
    #[must_use]
    pub fn is_invalid_grant(&self) -> bool {
        matches!(
            self,
            Self::InvalidGrant | Self::BadRefreshToken | Self::BadVerificationCode
        )
    }

    /// Returns whether the user has to do something in a browser first. The presented credential
    /// stays good: a refresh token may still bring tokens for other resources.
    #[must_use]
    pub fn needs_user(&self) -> bool {
        matches!(
            self,
            Self::LoginRequired
                | Self::ConsentRequired
                | Self::InteractionRequired
                | Self::AccountSelectionRequired
        )
    }

    /// Returns whether the user said no.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::AccessDenied | Self::AuthorizationDeclined)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error response of an OAuth endpoint (RFC 6749 sections 4.1.2.1 and 5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorResponse {
    /// The error code, for programs.
    pub error: ErrorCode,
    /// A text for developers.
    pub description: Option<String>,
    /// A page about it.
    pub uri: Option<String>,
}

impl ErrorResponse {
    /// An error with a description.
    pub fn new(error: ErrorCode, description: impl Into<String>) -> Self {
        Self {
            error,
            description: Some(description.into()),
            uri: None,
        }
    }

    /// Returns it as the JSON of the token endpoint.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = Map::new();
        let mut set = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                json.insert(name.to_owned(), Value::from(value));
            }
        };
        set("error", Some(self.error.as_str()));
        set("error_description", self.description.as_deref());
        set("error_uri", self.uri.as_deref());
        Value::Object(json).to_string()
    }

    /// Adds it to the parameters of a redirect.
    pub fn push_to(&self, params: &mut Params<'static>) {
        params.push("error", self.error.as_str().to_owned());
        params.push_some("error_description", self.description.clone());
        params.push_some("error_uri", self.uri.clone());
    }
}

impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)?;
        match &self.description {
            Some(description) => write!(f, " ({description})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ErrorResponse {}

#[cfg(test)]
mod tests;
