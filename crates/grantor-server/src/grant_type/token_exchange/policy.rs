//! The policy of an application on token exchange.

use std::fmt::Debug;
use std::time::Duration;

use grantor_core::{BoxFuture, Scope};
use serde_json::{Map, Value};

use super::ExchangeRequest;
use crate::error::Error;

/// Which tokens may be exchanged for which others. There is no default: whoever may exchange any token
/// for one of another resource can act as every user everywhere.
///
/// A policy looks at the client first, then at where the subject's token came from
/// ([`PresentedToken::audience`](crate::PresentedToken::audience) should name a resource of the
/// client's), and then at what is asked for.
pub trait ExchangePolicy: Debug + Send + Sync + 'static {
    /// Allows an exchange, or refuses it.
    ///
    /// # Errors
    /// It can't be decided now; or a refusal with an error of its own.
    fn decide<'a>(
        &'a self,
        request: &'a ExchangeRequest<'a>,
    ) -> BoxFuture<'a, Result<ExchangeDecision, Error>>;
}

/// The decision of an [`ExchangePolicy`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ExchangeDecision {
    /// The client may have this.
    Allow(Exchange),
    /// It may not: `invalid_request` (RFC 8693 section 2.2.2).
    Refuse,
}

/// The extent of an exchange: all that was asked for, or less.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Exchange {
    /// The scope of the new token.
    pub scope: Scope,
    /// Where it is accepted.
    pub audience: Vec<String>,
    /// How long it is valid, if that is shorter than what is left of the tokens that were presented.
    pub lifetime: Option<Duration>,
    /// Further claims of the new token.
    pub claims: Map<String, Value>,
    /// Whether the new token says that the client acts for the subject, if no actor token does.
    pub(super) client_acts: bool,
    pub(super) danger_wider_scope: bool,
}

impl Exchange {
    /// This scope, at these of the requested resources.
    #[must_use]
    pub fn new(scope: Scope, audience: Vec<String>) -> Self {
        Self {
            scope,
            audience,
            lifetime: None,
            claims: Map::new(),
            client_acts: false,
            danger_wider_scope: false,
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

    /// The new token says that the client acts for the subject (`act`, RFC 8693 section 4.1), also without
    /// an actor token. Otherwise the client is indistinguishable from the subject.
    #[must_use]
    pub fn acting_as_client(mut self) -> Self {
        self.client_acts = true;
        self
    }

    /// With this scope, which may have values that the subject's token has not: the client gains what
    /// nobody gave the subject's token. It still lies within what the client may have.
    #[must_use]
    pub fn danger_with_wider_scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self.danger_wider_scope = true;
        self
    }
}
