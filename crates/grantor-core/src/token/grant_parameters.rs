//! The parameters of the grant types.

use super::InvalidTokenRequest;
use crate::params::Params;
use crate::pkce::CodeVerifier;
use crate::secret::Secret;

/// The grant that a client presents for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrantParameters {
    /// An authorization code (RFC 6749 section 4.1.3).
    AuthorizationCode {
        /// The code.
        code: Secret,
        /// The redirect URI of the authorization request.
        redirect_uri: Option<String>,
        /// The proof that the same client asked for the code (RFC 7636).
        code_verifier: Option<CodeVerifier>,
    },
    /// The identifier of a request that a user be asked without a browser (CIBA Core section 10.1).
    Ciba {
        /// The identifier.
        auth_req_id: Secret,
    },
    /// Nothing but the client itself (RFC 6749 section 4.4).
    ClientCredentials,
    /// A device code, of a user who decides elsewhere (RFC 8628 section 3.4).
    DeviceCode {
        /// The device code.
        device_code: Secret,
    },
    /// A JWT of an issuer that the server trusts (RFC 7523 section 2.1).
    JwtBearer {
        /// The JWT.
        assertion: Secret,
    },
    /// A user's name and password (RFC 6749 section 4.3), which OAuth 2.1 has no more: the client
    /// gets to know the password.
    Password {
        /// The user's name.
        username: String,
        /// The user's password.
        password: Secret,
    },
    /// A refresh token (RFC 6749 section 6).
    RefreshToken {
        /// The refresh token.
        refresh_token: Secret,
    },
    /// Another token (RFC 8693 section 2.1).
    TokenExchange {
        /// The token of the subject of the new token.
        subject_token: Secret,
        /// The kind of the token, such as
        /// [`token_type::ACCESS_TOKEN`](crate::token_type::ACCESS_TOKEN).
        subject_token_type: String,
        /// The party that acts for the subject; the subject itself, if absent.
        actor: Option<ActorToken>,
        /// The kind of token that is wanted; for the server to choose, if absent.
        requested_token_type: Option<String>,
    },
    /// Another grant; its parameters are in [`TokenParameters::extra`](crate::TokenParameters::extra).
    Other {
        /// The grant type.
        grant_type: String,
    },
}

/// The token of a party that acts for the subject (RFC 8693 section 2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorToken {
    /// The token.
    pub token: Secret,
    /// The kind of the token, such as [`token_type::JWT`](crate::token_type::JWT).
    pub token_type: String,
}

const CIBA: &str = "urn:openid:params:grant-type:ciba";
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

impl GrantParameters {
    /// The grant type on the wire.
    #[must_use]
    pub fn grant_type(&self) -> &str {
        match self {
            Self::AuthorizationCode { .. } => "authorization_code",
            Self::Ciba { .. } => CIBA,
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode { .. } => DEVICE_CODE,
            Self::JwtBearer { .. } => JWT_BEARER,
            Self::Password { .. } => "password",
            Self::RefreshToken { .. } => "refresh_token",
            Self::TokenExchange { .. } => TOKEN_EXCHANGE,
            Self::Other { grant_type } => grant_type,
        }
    }

    /// The parameters of this grant, besides `grant_type`.
    pub(super) fn parameters(&self) -> &'static [&'static str] {
        match self {
            Self::AuthorizationCode { .. } => &["code", "redirect_uri", "code_verifier"],
            Self::Ciba { .. } => &["auth_req_id"],
            Self::DeviceCode { .. } => &["device_code"],
            Self::JwtBearer { .. } => &["assertion"],
            Self::Password { .. } => &["username", "password"],
            Self::RefreshToken { .. } => &["refresh_token"],
            Self::TokenExchange { .. } => &[
                "subject_token",
                "subject_token_type",
                "actor_token",
                "actor_token_type",
                "requested_token_type",
            ],
            Self::ClientCredentials | Self::Other { .. } => &[],
        }
    }

    pub(super) fn from_params(params: &Params<'_>) -> Result<Self, InvalidTokenRequest> {
        let needed = |name: &'static str| {
            let value = params.get(name);
            value.ok_or(InvalidTokenRequest::Missing(name))
        };
        let text = |name: &str| params.get(name).map(str::to_owned);
        Ok(match needed("grant_type")? {
            "authorization_code" => Self::AuthorizationCode {
                code: needed("code")?.into(),
                redirect_uri: text("redirect_uri"),
                code_verifier: match params.get("code_verifier") {
                    None => None,
                    Some(text) => Some(
                        CodeVerifier::parse(text)
                            .map_err(|_| InvalidTokenRequest::Malformed("code_verifier"))?,
                    ),
                },
            },
            "client_credentials" => Self::ClientCredentials,
            "password" => Self::Password {
                username: needed("username")?.to_owned(),
                password: needed("password")?.into(),
            },
            "refresh_token" => Self::RefreshToken {
                refresh_token: needed("refresh_token")?.into(),
            },
            CIBA => Self::Ciba {
                auth_req_id: needed("auth_req_id")?.into(),
            },
            DEVICE_CODE => Self::DeviceCode {
                device_code: needed("device_code")?.into(),
            },
            JWT_BEARER => Self::JwtBearer {
                assertion: needed("assertion")?.into(),
            },
            TOKEN_EXCHANGE => Self::TokenExchange {
                subject_token: needed("subject_token")?.into(),
                subject_token_type: needed("subject_token_type")?.to_owned(),
                // RFC 8693 section 2.1: neither of the two goes without the other.
                actor: match (params.get("actor_token"), params.get("actor_token_type")) {
                    (None, None) => None,
                    _ => Some(ActorToken {
                        token: needed("actor_token")?.into(),
                        token_type: needed("actor_token_type")?.to_owned(),
                    }),
                },
                requested_token_type: text("requested_token_type"),
            },
            other => Self::Other {
                grant_type: other.to_owned(),
            },
        })
    }
}
