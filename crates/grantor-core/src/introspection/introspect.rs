//! What tells whether a token is good: a server in this process, or one that is asked over HTTP.

use std::fmt;

use grantor_jose::BoxFuture;

use super::Introspection;

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
