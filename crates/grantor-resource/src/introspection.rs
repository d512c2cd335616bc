//! The question whether a token is good (RFC 7662), and the endpoint that answers it.

use std::fmt;
use std::sync::Arc;

use grantor_core::{
    BoxFuture, ClientAuthentication, Introspection, IntrospectionRequest, TokenTypeHint,
};
use grantor_http::Transport;
use http::StatusCode;
use url::Url;

/// Answers whether a token is good (RFC 7662).
///
/// An authorization server in the same process implements it. No request is sent then, and a
/// revoked token is refused at once.
pub trait Introspect: fmt::Debug + Send + Sync + 'static {
    /// The state of `token`; [`Introspection::inactive`] if it is not good.
    ///
    /// The caller is this resource: tokens for other resources are inactive.
    ///
    /// # Errors
    /// The state can't be found out now. The token is then refused, never accepted.
    fn introspect<'a>(
        &'a self,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Introspection, IntrospectError>>;
}

/// The state of a token can't be found out now.
#[derive(Debug)]
pub struct IntrospectError {
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl IntrospectError {
    /// `message` says what happened, without any part of the token.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
        }
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for IntrospectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for IntrospectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

/// An introspection endpoint, and how this resource authenticates there.
pub(crate) struct IntrospectionEndpoint {
    pub(crate) url: Url,
    pub(crate) client: ClientAuthentication,
    pub(crate) transport: Arc<dyn Transport>,
}

impl Introspect for IntrospectionEndpoint {
    fn introspect<'a>(
        &'a self,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Introspection, IntrospectError>> {
        Box::pin(async move {
            let mut query = IntrospectionRequest::new(token);
            query.token_type_hint = Some(TokenTypeHint::AccessToken);
            let request = query.to_request(&self.url, &self.client);
            let answer = self.transport.send(request).await.map_err(|error| {
                IntrospectError::new("the introspection endpoint can't be reached")
                    .with_source(error)
            })?;
            match answer.status() {
                StatusCode::OK => Introspection::from_response(&answer).map_err(|error| {
                    IntrospectError::new(format!(
                        "the answer of the introspection endpoint can't be read: {error}"
                    ))
                }),
                // RFC 7662 section 2.3: the credentials of this resource were not accepted.
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(IntrospectError::new(
                    "the introspection endpoint refused this resource's client credentials",
                )),
                status => Err(IntrospectError::new(format!(
                    "the introspection endpoint answered with status {}",
                    status.as_u16()
                ))),
            }
        })
    }
}

impl fmt::Debug for IntrospectionEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntrospectionEndpoint")
            .field("host", &self.url.host_str())
            .field("path", &self.url.path())
            .field("client_id", &self.client.client_id())
            .finish_non_exhaustive()
    }
}
