//! How a client proves who it is at the token endpoint and its neighbours (RFC 6749 section 2.3).

mod assertion;
mod basic;
mod method;
mod request;
#[cfg(feature = "exchange")]
mod send;

pub use self::method::TokenEndpointAuthMethod;
pub use self::request::RequestView;
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
}
