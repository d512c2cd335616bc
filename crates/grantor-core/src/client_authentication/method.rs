//! The methods of client authentication at an endpoint.

use serde::{Deserialize, Serialize};

/// The way in which a client authenticates, by its name in metadata.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum TokenEndpointAuthMethod {
    /// Not at all: a public client.
    None,
    /// HTTP Basic, with identifier and secret form-encoded first.
    ClientSecretBasic,
    /// Identifier and secret in the body.
    ClientSecretPost,
    /// A JWT under the client's secret (RFC 7523 section 2.2).
    ClientSecretJwt,
    /// A JWT under the client's private key (RFC 7523 section 2.2).
    PrivateKeyJwt,
    /// A TLS certificate that a trusted authority has issued (RFC 8705 section 2.1).
    TlsClientAuth,
    /// A TLS certificate that the client has registered (RFC 8705 section 2.2).
    SelfSignedTlsClientAuth,
    /// A method that is not known here.
    Other(String),
}

impl TokenEndpointAuthMethod {
    /// Its name in metadata.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
            Self::Other(name) => name,
        }
    }
}

impl From<String> for TokenEndpointAuthMethod {
    fn from(name: String) -> Self {
        match name.as_str() {
            "none" => Self::None,
            "client_secret_basic" => Self::ClientSecretBasic,
            "client_secret_post" => Self::ClientSecretPost,
            "client_secret_jwt" => Self::ClientSecretJwt,
            "private_key_jwt" => Self::PrivateKeyJwt,
            "tls_client_auth" => Self::TlsClientAuth,
            "self_signed_tls_client_auth" => Self::SelfSignedTlsClientAuth,
            _ => Self::Other(name),
        }
    }
}

impl From<TokenEndpointAuthMethod> for String {
    fn from(method: TokenEndpointAuthMethod) -> Self {
        method.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in [
            "none",
            "client_secret_basic",
            "client_secret_post",
            "client_secret_jwt",
            "private_key_jwt",
            "tls_client_auth",
            "self_signed_tls_client_auth",
            "attest_jwt_client_auth",
        ] {
            let method = TokenEndpointAuthMethod::from(name.to_owned());
            assert_eq!(method.as_str(), name);
            let unknown = matches!(method, TokenEndpointAuthMethod::Other(_));
            assert_eq!(unknown, name.starts_with("attest"));
        }
    }
}
