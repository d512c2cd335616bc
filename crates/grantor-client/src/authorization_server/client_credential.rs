//! The credential by which a client authenticates.

use grantor_core::Secret;
use grantor_store::MasterKey;

use super::assertion::Assertion;
use super::assertion::given::{GivenAssertion, SamlAssertion};
use crate::workload::WorkloadToken;

/// How a client shows who it is: a secret, an assertion that it signs (RFC 7523 section 2.2) or has from
/// another party, or nothing, if it is a public client or presents a certificate
/// ([`TokensBuilder::client_certificate`](crate::TokensBuilder::client_certificate)).
///
/// ```
/// use grantor_client::{ClientCredential, Tokens};
///
/// let with_a_secret = Tokens::client_credentials("https://idp.example", "app", "s3cret").build()?;
/// let public = ClientCredential::None;
/// let without = Tokens::token_exchange("https://idp.example", "app", public).build()?;
/// # Ok::<(), grantor_client::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ClientCredential {
    /// A public client (RFC 6749 section 2.1); or none, where [`Tokens::token_exchange`] has no
    /// `client_id`.
    ///
    /// [`Tokens::token_exchange`]: crate::Tokens::token_exchange
    None,
    /// A secret that the server knows too.
    Secret(Secret),
    /// A JWT, signed for each request.
    Assertion(Box<Assertion>),
    /// A JWT of the platform, fetched for each request (RFC 7523 section 2.2).
    Workload(WorkloadToken),
    /// A SAML assertion (RFC 7522 section 2.2).
    Saml(SamlAssertion),
}

impl ClientCredential {
    /// A text that is the same for the same credential of a client, and tells nothing of it.
    pub(crate) fn fingerprint(&self, client_id: &str, key: &MasterKey) -> Option<String> {
        match self {
            Self::None => None,
            Self::Secret(secret) => Some(key.fingerprint("client_secret", secret)),
            Self::Assertion(assertion) => Some(assertion.of_client(client_id, "").identity(key)),
            Self::Workload(_) | Self::Saml(_) => Some(self.given()?.identity(key)),
        }
    }

    /// The assertion of another party, if it is one.
    pub(crate) fn given(&self) -> Option<GivenAssertion> {
        match self {
            Self::Workload(token) => Some(GivenAssertion::Workload(token.clone())),
            Self::Saml(assertion) => Some(GivenAssertion::Saml(assertion.clone())),
            Self::None | Self::Secret(_) | Self::Assertion(_) => None,
        }
    }
}

impl From<&str> for ClientCredential {
    fn from(secret: &str) -> Self {
        Self::Secret(secret.into())
    }
}

impl From<String> for ClientCredential {
    fn from(secret: String) -> Self {
        Self::Secret(secret.into())
    }
}

impl From<&String> for ClientCredential {
    fn from(secret: &String) -> Self {
        Self::Secret(secret.as_str().into())
    }
}

impl From<Secret> for ClientCredential {
    fn from(secret: Secret) -> Self {
        Self::Secret(secret)
    }
}

impl From<WorkloadToken> for ClientCredential {
    fn from(token: WorkloadToken) -> Self {
        Self::Workload(token)
    }
}

impl From<SamlAssertion> for ClientCredential {
    fn from(assertion: SamlAssertion) -> Self {
        Self::Saml(assertion)
    }
}

impl From<Assertion> for ClientCredential {
    fn from(assertion: Assertion) -> Self {
        Self::Assertion(Box::new(assertion))
    }
}
