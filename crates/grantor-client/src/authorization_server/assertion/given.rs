//! Assertions that others made: of the platform, or a SAML assertion of an identity provider.

use std::fmt;
use std::sync::Arc;

use grantor_core::{BoxFuture, Secret};
use grantor_jose::base64url;
use grantor_store::MasterKey;

use crate::authorization_server::connection::Connection;
use crate::error::{Error, SourceError};
use crate::workload::WorkloadToken;
use crate::workload::platform::PlatformContext;

/// A SAML 2.0 assertion about a client or for a user, which the program has from an identity provider
/// (RFC 7522): as a grant by [`Tokens::saml_bearer`](crate::Tokens::saml_bearer), or who the client is, as
/// its [`ClientCredential`](crate::ClientCredential).
///
/// The function is called for each request, and its assertion is passed on as it is. The issuer signs it,
/// and the authorization server validates it.
///
/// ```
/// use grantor_client::{SamlAssertion, Tokens};
///
/// # async fn from_identity_provider() -> String { "<saml:Assertion/>".to_owned() }
/// let assertion = SamlAssertion::from_fn(|| {
///     Box::pin(async { Ok(from_identity_provider().await.into()) })
/// });
/// let tokens = Tokens::saml_bearer("https://idp.example", assertion).scope("read").build()?;
/// # Ok::<(), grantor_client::Error>(())
/// ```
#[derive(Clone)]
pub struct SamlAssertion(Arc<Fetch>);

type Fetch = dyn Fn() -> BoxFuture<'static, Result<Secret, SourceError>> + Send + Sync;

impl SamlAssertion {
    /// Calls this for the XML of an assertion.
    pub fn from_fn(
        fetch: impl Fn() -> BoxFuture<'static, Result<Secret, SourceError>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(fetch))
    }
}

impl fmt::Debug for SamlAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SamlAssertion")
    }
}

/// The type of an assertion that is a JWT (RFC 7523 section 2.2).
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An assertion that is fetched just before it is sent.
#[derive(Debug, Clone)]
pub(crate) enum GivenAssertion {
    /// A JWT of the platform (RFC 7523).
    Workload(WorkloadToken),
    /// RFC 7522.
    Saml(SamlAssertion),
}

impl GivenAssertion {
    /// The value of `client_assertion_type`.
    pub(crate) fn client_assertion_type(&self) -> &'static str {
        match self {
            Self::Workload(_) => JWT_BEARER,
            Self::Saml(_) => "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
        }
    }

    /// The assertion as it is sent.
    pub(super) async fn fetch(&self, connection: &Connection) -> Result<Secret, Error> {
        match self {
            Self::Workload(token) => {
                let environment = &connection.environment;
                let context = PlatformContext::new(&*connection.transport, environment);
                Ok(token.fetch(context).await?.token)
            }
            Self::Saml(SamlAssertion(fetch)) => {
                let xml = fetch().await.map_err(Error::from_source)?;
                let xml = xml.expose().trim_start_matches('\u{feff}').trim();
                if !xml.starts_with('<') {
                    return Err(Error::configuration(
                        "the SAML assertion is no XML: give it as the identity provider made it, \
                         not encoded",
                    ));
                }
                // RFC 7522 section 2.1: base64url without line ends and padding.
                Ok(Secret::new(base64url::encode(xml)))
            }
        }
    }

    /// A text that is the same for the same source.
    pub(crate) fn identity(&self, key: &MasterKey) -> String {
        match self {
            Self::Workload(token) => key.fingerprint("workload", &Secret::new(token.identity())),
            Self::Saml(_) => "saml".to_owned(),
        }
    }
}
