//! Whom a per-request token is for.

use std::fmt;
use std::sync::Arc;

use grantor_core::{BoxFuture, GrantParameters, Secret, Timestamp, TokenParameters, token_type};
use grantor_jose::digest::sha256;

/// The token of somebody on whose behalf an API is called, to be exchanged for one of this client's
/// own (RFC 8693 section 2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubjectToken {
    /// The token.
    pub token: Secret,
    /// The type of the token, a URI; that of access tokens by default.
    pub token_type: String,
    /// The time when it expires. A token that it was exchanged for is not used longer.
    pub expires_at: Option<Timestamp>,
}

impl SubjectToken {
    /// An access token.
    pub fn access_token(token: impl Into<Secret>) -> Self {
        Self::new(token, token_type::ACCESS_TOKEN)
    }

    /// A token of any kind; the URIs are in [`grantor_core::token_type`].
    pub fn new(token: impl Into<Secret>, token_type: impl Into<String>) -> Self {
        Self {
            token: token.into(),
            token_type: token_type.into(),
            expires_at: None,
        }
    }

    /// With the time when it ends.
    #[must_use]
    pub fn expires_at(mut self, expires_at: Timestamp) -> Self {
        self.expires_at = Some(expires_at);
        self
    }
}

impl SubjectToken {
    pub(crate) fn has_ended(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Returns whether a token cached for the same subject, whose end was given otherwise, may be
    /// used for this one: it ends no later, and is not at its end already.
    fn covers(&self, before: &Self, now: impl FnOnce() -> Timestamp) -> bool {
        match (before.expires_at, self.expires_at) {
            (before, end) if before == end => true,
            (None, Some(_)) => false,
            (Some(before), Some(end)) if end < before => false,
            _ => !before.has_ended(now()),
        }
    }
}

/// The subject of a slot's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    Token(SubjectToken),
    Password(PasswordCredentials),
}

/// A user's name and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PasswordCredentials {
    pub(crate) username: String,
    pub(crate) password: Secret,
}

impl PasswordCredentials {
    pub(crate) fn request(&self) -> GrantParameters {
        GrantParameters::Password {
            username: self.username.clone(),
            password: self.password.clone(),
        }
    }
}

impl Subject {
    /// Returns whether a token cached for `before`, which has the same fingerprint, may be used for
    /// this one.
    pub(crate) fn covers(&self, before: &Self, now: impl FnOnce() -> Timestamp) -> bool {
        match (self, before) {
            (Self::Token(subject), Self::Token(before)) => subject.covers(before, now),
            _ => true,
        }
    }

    /// The cache key of a per-request token. Nobody can make those of two subjects equal.
    pub(crate) fn fingerprint(&self, parameters: &TokenParameters) -> [u8; 32] {
        let (kind, first, second) = match self {
            Self::Token(subject) => ("token", &*subject.token_type, subject.token.expose()),
            Self::Password(user) => ("user", &*user.username, user.password.expose()),
        };
        let text = format!(
            "{kind}{first:?}{second:?}{}",
            crate::token::parameters::canonical(parameters)
        );
        sha256(Secret::new(text).expose().as_bytes())
    }
}

/// Where the subject of a request comes from.
#[derive(Clone)]
pub(crate) enum SubjectSource {
    /// A callable of the user's.
    Called(Arc<dyn Fn() -> BoxFuture<'static, Option<SubjectToken>> + Send + Sync>),
    /// The name and password in the request's own Basic header.
    Basic,
}

impl fmt::Debug for SubjectSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Called(_) => "Called",
            Self::Basic => "Basic",
        })
    }
}
