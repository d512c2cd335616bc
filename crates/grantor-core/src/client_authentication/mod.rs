//! How a client proves who it is at the token endpoint and its neighbours (RFC 6749 section 2.3).

mod assertion;
mod basic;
mod method;
mod request;

use http::HeaderValue;

pub use self::method::TokenEndpointAuthMethod;
pub use self::request::RequestView;
use crate::params::Params;
use crate::quirks::Quirks;
use crate::secret::Secret;

/// The identity that a client claims, and its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// A public client.
    None {
        /// The client's identifier.
        client_id: String,
    },
    /// HTTP Basic.
    Basic {
        /// The client's identifier.
        client_id: String,
        /// Its secret.
        client_secret: Secret,
    },
    /// In the body.
    Post {
        /// The client's identifier.
        client_id: String,
        /// Its secret.
        client_secret: Secret,
    },
    /// A JWT under a secret or a key of the client's.
    Assertion {
        /// The subject of the assertion.
        client_id: String,
        /// The JWT.
        assertion: Secret,
    },
    /// The certificate of the TLS connection; or a public client that has its tokens bound to one
    /// (RFC 8705 section 4).
    Tls {
        /// The client's identifier.
        client_id: String,
        /// The certificate in DER.
        certificate: Vec<u8>,
    },
}

impl ClientAuthentication {
    /// The client's identifier.
    #[must_use]
    pub fn client_id(&self) -> &str {
        match self {
            Self::None { client_id }
            | Self::Basic { client_id, .. }
            | Self::Post { client_id, .. }
            | Self::Assertion { client_id, .. }
            | Self::Tls { client_id, .. } => client_id,
        }
    }

    /// The secret that was presented.
    #[must_use]
    pub fn client_secret(&self) -> Option<&Secret> {
        match self {
            Self::None { .. } | Self::Assertion { .. } | Self::Tls { .. } => None,
            Self::Basic { client_secret, .. } | Self::Post { client_secret, .. } => {
                Some(client_secret)
            }
        }
    }

    /// The method, by its name in metadata. That of a certificate depends on what the client has
    /// registered, and is `tls_client_auth` here.
    #[must_use]
    pub fn method(&self) -> TokenEndpointAuthMethod {
        match self {
            Self::None { .. } => TokenEndpointAuthMethod::None,
            Self::Basic { .. } => TokenEndpointAuthMethod::ClientSecretBasic,
            Self::Post { .. } => TokenEndpointAuthMethod::ClientSecretPost,
            Self::Assertion { assertion, .. } if assertion::is_symmetric(assertion) => {
                TokenEndpointAuthMethod::ClientSecretJwt
            }
            Self::Assertion { .. } => TokenEndpointAuthMethod::PrivateKeyJwt,
            Self::Tls { .. } => TokenEndpointAuthMethod::TlsClientAuth,
        }
    }

    /// Adds it to a request: to the body's parameters, or as the header that is returned.
    pub fn apply(&self, params: &mut Params<'_>) -> Option<HeaderValue> {
        self.apply_with(params, &Quirks::NONE)
    }

    /// Adds it to a request, as this server wants it.
    pub fn apply_with(&self, params: &mut Params<'_>, quirks: &Quirks) -> Option<HeaderValue> {
        match self {
            Self::None { client_id } | Self::Tls { client_id, .. } => {
                params.push("client_id", client_id.clone());
            }
            Self::Assertion { assertion, .. } => {
                params.push("client_assertion_type", assertion::JWT_BEARER);
                params.push("client_assertion", assertion.expose().to_owned());
            }
            Self::Basic {
                client_id,
                client_secret,
            } => return Some(basic::write(client_id, client_secret, quirks.basic)),
            Self::Post {
                client_id,
                client_secret,
            } => {
                params.push("client_id", client_id.clone());
                params.push("client_secret", client_secret.expose().to_owned());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_sensitive() {
        let authentication = ClientAuthentication::Basic {
            client_id: "a".into(),
            client_secret: "b".into(),
        };
        let header = authentication.apply(&mut Params::new()).unwrap();
        assert!(header.is_sensitive());
        assert!(!format!("{authentication:?}").contains("\"b\""));
    }
}
