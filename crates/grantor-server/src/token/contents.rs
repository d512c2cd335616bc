//! The contents of an access token.

use std::time::Duration;

use grantor_core::Scope;
use grantor_jose::ObjectWriter;
use serde::{Deserialize, Serialize};
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

/// The thing that an access token depends on: the token is valid only while it is. A JWT carries it as the claim
/// `anchor`, which introspection reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Anchor {
    /// A grant.
    Grant(Identifier),
    /// The client, by its epoch.
    Client(String),
    /// The client and a user for whom there is no grant, by their epochs.
    ClientAndSubject { client: String, subject: String },
    /// The client, by its epoch, and the token that it gave in exchange.
    Token { client: String, parent: Box<Parent> },
}

/// A token that another one was issued in exchange for. The other one is valid only while it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parent {
    pub(crate) token: ParentToken,
    pub(crate) client_id: String,
    /// The user; none if the token was the client's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    pub(crate) anchor: Anchor,
}

/// How it is found out whether a token was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ParentToken {
    /// Its record is gone.
    Opaque(Identifier),
    /// Its `jti` is on the list of revoked tokens.
    Jwt(String),
}

impl Parent {
    /// How many tokens were exchanged one for the other, this one included.
    pub(crate) fn depth(&self) -> usize {
        match &self.anchor {
            Anchor::Token { parent, .. } => 1 + parent.depth(),
            _ => 1,
        }
    }
}

impl Anchor {
    /// The anchor of a token of a client, by what it was issued under.
    pub(super) fn of(
        client: String,
        grant: Option<Identifier>,
        subject: Option<String>,
        parent: Option<Box<Parent>>,
    ) -> Self {
        match (parent, grant, subject) {
            (Some(parent), ..) => Self::Token { client, parent },
            (None, Some(grant), _) => Self::Grant(grant),
            (None, None, Some(subject)) => Self::ClientAndSubject { client, subject },
            (None, None, None) => Self::Client(client),
        }
    }

    /// Whether a user is behind it, and not a client alone.
    pub(super) fn is_of_user(&self) -> bool {
        match self {
            Self::Grant(_) | Self::ClientAndSubject { .. } => true,
            Self::Client(_) => false,
            Self::Token { parent, .. } => parent.subject.is_some(),
        }
    }

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
            Self::Token { client, parent } => claim.object("token", |token| {
                token.text("client", client);
                // A struct of texts is always JSON.
                let parent = serde_json::to_value(parent).unwrap_or_default();
                token.value("parent", &parent);
            }),
        }
    }
}
