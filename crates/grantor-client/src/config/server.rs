//! Which authorization server, and what is known of it beforehand.

use std::borrow::Cow;

use grantor_core::{
    InvalidIssuer, Issuer, LocalhostNames, Quirks, has_credentials, is_plain_localhost_name,
};
use url::Url;

use super::endpoints::Endpoints;
use crate::providers::{Pkce, Provider};

/// The authorization server, and the data about it that is known beforehand.
///
/// A text is the issuer, whose metadata says the rest (RFC 8414, or OpenID Connect Discovery):
///
/// ```
/// use grantor_client::{Server, Tokens};
///
/// let discovered = Tokens::client_credentials("https://idp.example", "app", "s3cret").build()?;
///
/// // A server without metadata:
/// let server = Server::at_token_endpoint("https://idp.example/oauth/token");
/// let named = Tokens::client_credentials(server, "app", "s3cret").build()?;
/// # Ok::<(), grantor_client::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Server {
    /// Its identifier; without one, nothing is discovered.
    pub issuer: Option<String>,
    /// Where its metadata is, if not at a well-known location. The issuer is compared all the same.
    pub metadata_url: Option<String>,
    /// Where its endpoints are, instead of what the metadata says.
    pub endpoints: Endpoints,
    /// Says whether it takes PKCE, where its metadata does not.
    pub pkce: Pkce,
    /// How it deviates from the specifications.
    pub quirks: Quirks,
}

impl Server {
    /// A server that publishes its metadata.
    pub fn issuer(issuer: impl Into<String>) -> Self {
        Self {
            issuer: Some(issuer.into()),
            ..Self::default()
        }
    }

    /// A server of which the token endpoint is all that is known. Other endpoints are fields; one
    /// that is there for introspection alone needs no token endpoint:
    ///
    /// ```
    /// use grantor_client::{Server, Tokens};
    ///
    /// let mut server = Server::default();
    /// server.endpoints.introspection = Some("https://idp.example/introspect".to_owned());
    /// let client = Tokens::client_credentials(server, "api", "s3cret").build()?;
    /// # Ok::<(), grantor_client::Error>(())
    /// ```
    pub fn at_token_endpoint(url: impl Into<String>) -> Self {
        Self {
            endpoints: Endpoints {
                token: Some(url.into()),
                ..Endpoints::default()
            },
            ..Self::default()
        }
    }

    /// With the location of its metadata.
    #[must_use]
    pub fn metadata_at(mut self, url: impl Into<String>) -> Self {
        self.metadata_url = Some(url.into());
        self
    }

    /// With what it does otherwise than the specifications.
    #[must_use]
    pub fn quirks(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self
    }

    /// Returns whether anything can be asked of it without its metadata.
    fn names_an_endpoint(&self) -> bool {
        let given = [
            &self.endpoints.token,
            &self.endpoints.introspection,
            &self.endpoints.revocation,
            &self.endpoints.device_authorization,
            &self.endpoints.registration,
        ];
        given.iter().any(|endpoint| endpoint.is_some())
    }

    /// Reads what was given, and names what can't be read.
    pub(crate) fn check(
        &self,
        names: LocalhostNames,
        problems: &mut Vec<String>,
    ) -> Option<ServerConfig> {
        let before = problems.len();
        if self.issuer.is_none() && !self.names_an_endpoint() {
            problems.push("neither an issuer nor an endpoint of the server is given".to_owned());
        }
        if self.issuer.is_none() && self.metadata_url.is_some() {
            problems.push("metadata without an \"issuer\" can't be compared".to_owned());
        }
        let issuer = self.issuer.as_ref().and_then(|text| {
            let issuer = Issuer::parse_with(text, names);
            issuer
                .map_err(|error| {
                    let why = match error {
                        InvalidIssuer::Insecure => needs_own_client(text),
                        _ => "",
                    };
                    problems.push(format!("\"issuer\": {error}{why}"));
                })
                .ok()
        });
        let mut url = |name: &str, text: &Option<String>| {
            let text = text.as_ref()?;
            let url = Url::parse(text).ok().filter(|url| names.is_secure(url));
            if url.is_none() {
                let why = "is not an https URL, nor one on a loopback address";
                problems.push(format!("\"{name}\" {why}{}", needs_own_client(text)));
            }
            let fits = |url: &Url| url.fragment().is_none() && !has_credentials(url);
            if url.as_ref().is_some_and(|url| !fits(url)) {
                problems.push(format!(
                    "\"{name}\" has a fragment, a user name or a password, which the URL of an \
                     endpoint has not"
                ));
            }
            url
        };
        let checked = ServerConfig {
            issuer,
            metadata_url: url("metadata_url", &self.metadata_url),
            endpoints: self.endpoints.map(url),
            pkce: self.pkce,
            quirks: self.quirks,
        };
        (problems.len() == before).then_some(checked)
    }
}

/// The hint for http below `localhost`, over a client that may ask DNS for such names.
fn needs_own_client(text: &str) -> &'static str {
    let named = Url::parse(text).is_ok_and(|url| is_plain_localhost_name(&url));
    if named {
        "; a name below \"localhost\" is one for grantor's own HTTP client alone, which does not ask \
         DNS for it"
    } else {
        ""
    }
}

/// A server whose URLs can be used.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServerConfig {
    pub(crate) issuer: Option<Issuer>,
    pub(crate) metadata_url: Option<Url>,
    pub(crate) endpoints: Endpoints<Url>,
    pub(crate) pkce: Pkce,
    pub(crate) quirks: Quirks,
}

impl From<&str> for Server {
    fn from(issuer: &str) -> Self {
        Self::issuer(issuer)
    }
}

impl From<String> for Server {
    fn from(issuer: String) -> Self {
        Self::issuer(issuer)
    }
}

impl From<&String> for Server {
    fn from(issuer: &String) -> Self {
        Self::issuer(issuer)
    }
}

impl From<&Issuer> for Server {
    fn from(issuer: &Issuer) -> Self {
        Self::issuer(issuer.as_str())
    }
}

/// A well-known provider: its metadata if it publishes any, which is newer than what is written
/// here; its endpoints otherwise.
impl From<&Provider> for Server {
    fn from(provider: &Provider) -> Self {
        let text = |text: &Option<Cow<'static, str>>| text.as_deref().map(str::to_owned);
        let server = Self {
            pkce: provider.pkce,
            quirks: provider.quirks,
            ..Self::default()
        };
        if provider.issuer.is_some() {
            return Self {
                issuer: text(&provider.issuer),
                ..server
            };
        }
        Self {
            endpoints: Endpoints {
                authorization: text(&provider.authorization_endpoint),
                token: Some(provider.token_endpoint.to_string()),
                device_authorization: text(&provider.device_authorization_endpoint),
                revocation: text(&provider.revocation_endpoint),
                introspection: text(&provider.introspection_endpoint),
                ..Endpoints::default()
            },
            ..server
        }
    }
}
