//! The contents of an access token.

use std::time::Duration;

use grantor_core::Scope;
use grantor_jose::ObjectWriter;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::identifier::Identifier;

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
    /// Further members of the token response.
    pub response_members: Map<String, Value>,
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
            response_members: Map::new(),
        }
    }

    /// For a user.
    #[must_use]
    pub fn for_subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// With a further member of the token response.
    #[must_use]
    pub fn with_response_member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.response_members.insert(name.to_owned(), value.into());
        self
    }
}

/// The thing that an access token depends on: the token is valid only while it is. A JWT carries it as the claim
/// `anchor`, which introspection reads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Anchor {
    /// A grant.
    Grant(Identifier),
    /// The client, by its epoch.
    Client(String),
    /// The client and a user for whom there is no grant, by their epochs.
    ClientAndSubject { client: String, subject: String },
}

impl Anchor {
    /// Adds the member that says what it is.
    pub(super) fn write(&self, claim: &mut ObjectWriter) {
        match self {
            Self::Grant(id) => claim.text("grant", &String::from(*id)),
            Self::Client(epoch) => claim.text("client", epoch),
            Self::ClientAndSubject { client, subject } => {
                claim.object("client_and_subject", |epochs| {
                    epochs.text("client", client);
                    epochs.text("subject", subject);
                });
            }
        }
    }
}
