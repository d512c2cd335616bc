//! The settings of tokens for a resource: who the client is, and how it gets them.

use std::fmt;
use std::sync::Arc;

use grantor_core::{
    BoxFuture, ClientIdUrl, ClientMetadata, InvalidClientIdUrl, RedirectUri, Scope, Secret,
};
use url::{Position, Url};

use crate::authorization_server::authorization::{Pushing, UnadvertisedS256};
use crate::authorization_server::client_credential::ClientCredential;
use crate::error::SourceError;

/// The tokens for a resource, as a program names them.
#[derive(Clone)]
pub(crate) struct ResourceSettings {
    /// The URL as it was written, and as it was read.
    pub(crate) text: String,
    pub(crate) url: Option<Url>,
    /// How a user signs in; none: the client has tokens of its own.
    pub(crate) user: Option<UserSignIn>,
    /// The assertion that tokens are given for.
    pub(crate) assertion: Option<AssertionSource>,
    /// The metadata by which the client registers.
    pub(crate) metadata: Option<Box<ClientMetadata>>,
    /// The tokens by which servers know who may register, by issuer.
    pub(crate) initial_access_tokens: Vec<(String, Secret)>,
    /// The document that says it, for servers that fetch it.
    pub(crate) document: Option<Result<ClientIdUrl, InvalidClientIdUrl>>,
    /// The clients that servers know already.
    pub(crate) clients: Vec<KnownClient>,
    pub(crate) pushing: Pushing,
    pub(crate) unadvertised_s256: UnadvertisedS256,
    pub(crate) missing_metadata: MissingMetadata,
}

/// Says whether tokens for a resource without metadata (RFC 9728) can be had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum MissingMetadata {
    #[default]
    Refused,
    /// Its origin is its authorization server.
    OriginIsServer,
}

/// A client that is known to one server.
#[derive(Debug, Clone)]
pub(crate) struct KnownClient {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) credential: ClientCredential,
}

type Authorize = dyn Fn(Url) -> BoxFuture<'static, Result<String, SourceError>> + Send + Sync;

/// How a user signs in.
#[derive(Clone)]
pub(crate) struct UserSignIn {
    pub(crate) redirect_uri: Option<RedirectUri>,
    pub(crate) redirect_text: String,
    /// Takes the authorization URL to the user, and gives the redirect back.
    pub(crate) authorize: Arc<Authorize>,
}

impl fmt::Debug for UserSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserSignIn")
            .field("redirect_uri", &self.redirect_text)
            .finish_non_exhaustive()
    }
}

/// The parties that an assertion is to be made out for ([`TokensBuilder::assertion_by`]).
///
/// [`TokensBuilder::assertion_by`]: crate::TokensBuilder::assertion_by
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AssertionRequest {
    /// The authorization server that takes it: its audience.
    pub issuer: String,
    /// The resource that the token is for, as its metadata calls it.
    pub resource: String,
    /// The scope that is requested.
    pub scope: Option<Scope>,
}

type Assert =
    dyn Fn(AssertionRequest) -> BoxFuture<'static, Result<Secret, SourceError>> + Send + Sync;

/// Where an assertion comes from.
#[derive(Clone)]
pub(crate) struct AssertionSource(pub(crate) Arc<Assert>);

impl fmt::Debug for AssertionSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AssertionSource")
    }
}

impl ResourceSettings {
    pub(crate) fn new(text: String) -> Self {
        let url = Url::parse(&text).ok().map(|mut url| {
            url.set_fragment(None);
            url
        });
        Self {
            text,
            url,
            user: None,
            assertion: None,
            metadata: None,
            initial_access_tokens: Vec::new(),
            document: None,
            clients: Vec::new(),
            pushing: Pushing::default(),
            unadvertised_s256: UnadvertisedS256::default(),
            missing_metadata: MissingMetadata::default(),
        }
    }

    /// Adds what can't work.
    pub(crate) fn check(&self, problems: &mut Vec<String>) {
        if self.url.as_ref().is_none_or(|url| !url.has_host()) {
            problems.push("the resource is not a URL with a host".to_owned());
        }
        if let Some(user) = &self.user {
            if let Err(error) = RedirectUri::parse(&user.redirect_text) {
                problems.push(format!("\"redirect_uri\": {error}"));
            }
            if self.assertion.is_some() {
                problems.push(
                    "tokens are either for a user who signs in (\"authorize_by\") or for an \
                     assertion (\"assertion_by\"), and both are given"
                        .to_owned(),
                );
            }
            if self.metadata.is_none() && self.document.is_none() && self.clients.is_empty() {
                problems.push(
                    "nothing says who the client is: give \"register_as\", \"client_document\" or \
                     \"client_at\""
                        .to_owned(),
                );
            }
        } else if self.assertion.is_none() && self.clients.is_empty() {
            problems.push(
                "nothing says how to get tokens: give \"authorize_by\" for a user who signs in, \
                 \"assertion_by\", or \"client_at\" for the client's own tokens"
                    .to_owned(),
            );
        }
        if let Some(Err(error)) = &self.document {
            problems.push(format!("\"client_document\": {error}"));
        }
        if self
            .clients
            .iter()
            .any(|client| client.client_id.is_empty())
        {
            problems.push("\"client_id\" is empty".to_owned());
        }
    }

    /// The URL in messages: without the query, which may have a key.
    pub(crate) fn shown(&self) -> &str {
        let url = self.url.as_ref();
        url.map_or("the resource", |url| &url[..Position::AfterPath])
    }

    /// The client that a server with this issuer knows already.
    pub(crate) fn client_at(&self, issuer: &str) -> Option<&KnownClient> {
        self.clients.iter().find(|client| client.issuer == issuer)
    }

    /// The token by which the server with this issuer knows who may register.
    pub(super) fn initial_access_token_at(&self, issuer: &str) -> Option<Secret> {
        let mut known = self.initial_access_tokens.iter();
        let found = known.find(|(known, _)| known == issuer);
        found.map(|(_, token)| token.clone())
    }
}

impl fmt::Debug for ResourceSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceSettings")
            .field("url", &self.shown())
            .field("user", &self.user)
            .field("assertion", &self.assertion)
            .field("metadata", &self.metadata)
            .field("document", &self.document)
            .field("clients", &self.clients)
            .finish_non_exhaustive()
    }
}
