//! The policy of an application on assertions.

use std::fmt::Debug;
use std::time::Duration;

use grantor_core::{BoxFuture, Scope};
use serde_json::{Map, Value};

use super::AssertionRequest;
use crate::error::Error;

/// Which user of this server the subject of an assertion is, and what a client may have for them. There is
/// no default: the subjects of an issuer are users of its own.
pub trait AssertionPolicy: Debug + Send + Sync + 'static {
    /// Allows a token, or refuses it. A user who may not sign in gets none here either.
    ///
    /// # Errors
    /// It can't be decided now; or a refusal with an error of its own.
    fn decide<'a>(
        &'a self,
        request: &'a AssertionRequest<'a>,
    ) -> BoxFuture<'a, Result<AssertionDecision, Error>>;
}

/// The decision of an [`AssertionPolicy`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AssertionDecision {
    /// The client may have this.
    Allow(Asserted),
    /// It may not: `invalid_grant`.
    Refuse,
}

/// The extent of a token for an assertion: all that was asked for, or less.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Asserted {
    /// The user of this server.
    pub subject: String,
    /// The scope of the token.
    pub scope: Scope,
    /// Where it is accepted.
    pub audience: Vec<String>,
    /// How long it is valid, if that is shorter than the policy's lifetime.
    pub lifetime: Option<Duration>,
    /// Further claims of the token.
    pub claims: Map<String, Value>,
}

impl Asserted {
    /// A token of `subject` with this scope, at these of the requested resources.
    #[must_use]
    pub fn new(subject: impl Into<String>, scope: Scope, audience: Vec<String>) -> Self {
        Self {
            subject: subject.into(),
            scope,
            audience,
            lifetime: None,
            claims: Map::new(),
        }
    }

    /// With this scope.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Valid for no longer than this.
    #[must_use]
    pub fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// With a further claim.
    #[must_use]
    pub fn with_claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }
}
