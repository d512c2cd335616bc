//! The contents of an access token.

use std::time::Duration;

use grantor_core::Scope;
use serde_json::{Map, Value};

use super::Parent;

/// The contents of an access token, as a grant type decides them. The server adds the client, the times and
/// the grant.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TokenContents {
    /// The user for whom the client acts; the client itself, if absent.
    pub subject: Option<String>,
    /// The scope of the token.
    pub scope: Scope,
    /// Where it is accepted.
    pub audience: Vec<String>,
    /// How long it is valid, if that is shorter than the policy's lifetime.
    pub lifetime: Option<Duration>,
    /// Further claims, which introspection and resource servers read. Those that the server writes
    /// itself, such as `sub`, are not among them: a request that sets one fails.
    pub claims: Map<String, Value>,
    /// Further members of the token response.
    pub response_members: Map<String, Value>,
    /// The token in exchange for which it is issued.
    pub(crate) parent: Option<Box<Parent>>,
}

impl TokenContents {
    /// A token for the client itself.
    #[must_use]
    pub fn new(scope: Scope, audience: Vec<String>) -> Self {
        Self {
            subject: None,
            scope,
            audience,
            lifetime: None,
            claims: Map::new(),
            parent: None,
            response_members: Map::new(),
        }
    }

    /// For a user.
    #[must_use]
    pub fn for_subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// With a further claim.
    #[must_use]
    pub fn with_claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// With further claims.
    #[must_use]
    pub fn with_claims(mut self, claims: Map<String, Value>) -> Self {
        self.claims.extend(claims);
        self
    }

    /// With a further member of the token response.
    #[must_use]
    pub fn with_response_member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.response_members.insert(name.to_owned(), value.into());
        self
    }
}
