//! The ways in which a client authenticates.

use std::fmt;
use std::str::FromStr;

use grantor_core::{ClientAuthentication, TokenEndpointAuthMethod};
use serde::{Deserialize, Serialize};

/// The one way in which a client authenticates, at every endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClientAuthMethod {
    /// Not at all: a public client.
    None,
    /// A secret, by HTTP Basic or in the body.
    ClientSecret,
    /// A secret by HTTP Basic.
    ClientSecretBasic,
    /// A secret in the body.
    ClientSecretPost,
    /// A JWT under the secret (RFC 7523 section 2.2). The server needs the secret itself to verify it,
    /// so it keeps the secret sealed instead of hashed.
    ClientSecretJwt,
    /// A JWT under a private key of the client's (RFC 7523 section 2.2). The server has only the public
    /// key.
    PrivateKeyJwt,
}

impl ClientAuthMethod {
    /// Every method.
    pub const ALL: [Self; 6] = [
        Self::None,
        Self::ClientSecret,
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::ClientSecretJwt,
        Self::PrivateKeyJwt,
    ];

    /// Its name: that of RFC 7591, and `client_secret` for a secret that may come in either way.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecret => "client_secret",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// Returns whether a client has a secret for it.
    #[must_use]
    pub fn has_secret(self) -> bool {
        !matches!(self, Self::None | Self::PrivateKeyJwt)
    }

    /// Returns whether a request that authenticates in this way uses it.
    pub(crate) fn is_used_by(self, presented: &ClientAuthentication) -> bool {
        use ClientAuthentication::{Assertion, Basic, None, Post};
        match self {
            Self::None => matches!(presented, None { .. }),
            Self::ClientSecret => matches!(presented, Basic { .. } | Post { .. }),
            Self::ClientSecretBasic => matches!(presented, Basic { .. }),
            Self::ClientSecretPost => matches!(presented, Post { .. }),
            Self::ClientSecretJwt | Self::PrivateKeyJwt => matches!(presented, Assertion { .. }),
        }
    }
}

impl fmt::Display for ClientAuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The method is not one that clients of this server can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsupportedAuthMethod;

impl fmt::Display for UnsupportedAuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ClientAuthMethod::ALL.map(ClientAuthMethod::as_str);
        write!(f, "must be one of {}", names.join(", "))
    }
}

impl std::error::Error for UnsupportedAuthMethod {}

impl FromStr for ClientAuthMethod {
    type Err = UnsupportedAuthMethod;

    fn from_str(name: &str) -> Result<Self, UnsupportedAuthMethod> {
        let mut all = Self::ALL.into_iter();
        all.find(|method| method.as_str() == name)
            .ok_or(UnsupportedAuthMethod)
    }
}

/// As RFC 7591 names it in the metadata of a client.
impl TryFrom<&TokenEndpointAuthMethod> for ClientAuthMethod {
    type Error = UnsupportedAuthMethod;

    fn try_from(method: &TokenEndpointAuthMethod) -> Result<Self, UnsupportedAuthMethod> {
        match method.as_str().parse() {
            Ok(Self::ClientSecret) => Err(UnsupportedAuthMethod),
            parsed => parsed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written_and_stored() {
        for method in ClientAuthMethod::ALL {
            assert_eq!(method.as_str().parse(), Ok(method));
            let stored = serde_json::to_value(method).unwrap();
            assert_eq!(stored, method.as_str());
        }
        assert_eq!(
            "tls_client_auth".parse::<ClientAuthMethod>(),
            Err(UnsupportedAuthMethod)
        );
    }

    #[test]
    fn either_way_has_no_name_in_client_metadata() {
        let named = |name: &str| TokenEndpointAuthMethod::from(name.to_owned());
        let read = |name: &str| ClientAuthMethod::try_from(&named(name));
        assert_eq!(
            read("client_secret_post"),
            Ok(ClientAuthMethod::ClientSecretPost)
        );
        assert_eq!(read("client_secret"), Err(UnsupportedAuthMethod));
    }
}
