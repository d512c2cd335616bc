//! What an access token depends on.

use grantor_jose::ObjectWriter;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::identifier::Identifier;

/// The thing that an access token depends on: the token is valid only while it is. A JWT carries it as the claim
/// `anchor`, which introspection reads.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[serde(try_from = "Value", into = "Value")]
pub(crate) struct Parent {
    pub(crate) token: ParentToken,
    pub(crate) client_id: String,
    /// The user; none if the token was the client's own.
    pub(crate) subject: Option<String>,
    pub(crate) anchor: Anchor,
}

/// How it is found out whether a token was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
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
                token.object("parent", |written| parent.write(written));
            }),
        }
    }

    /// Reads what [`write`](Self::write) wrote.
    pub(super) fn read(claim: &Value) -> Option<Self> {
        let (name, value) = only_member(claim)?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Some(match name {
            "grant" => Self::Grant(Identifier::parse(value.as_str()?)?),
            "client" => Self::Client(text(value)?),
            "client_and_subject" => Self::ClientAndSubject {
                client: text(value.get("client")?)?,
                subject: text(value.get("subject")?)?,
            },
            "token" => Self::Token {
                client: text(value.get("client")?)?,
                parent: Box::new(Parent::read(value.get("parent")?)?),
            },
            _ => return None,
        })
    }
}

impl Parent {
    fn write(&self, object: &mut ObjectWriter) {
        object.object("token", |token| match &self.token {
            ParentToken::Opaque(id) => token.text("opaque", &String::from(*id)),
            ParentToken::Jwt(id) => token.text("jwt", id),
        });
        object.text("client_id", &self.client_id);
        if let Some(subject) = &self.subject {
            object.text("subject", subject);
        }
        object.object("anchor", |anchor| self.anchor.write(anchor));
    }

    /// The text of a JSON object.
    pub(super) fn to_json(&self) -> String {
        let mut object = ObjectWriter::with_capacity(TYPICAL_BYTES);
        self.write(&mut object);
        object.finish()
    }

    /// Reads what [`write`](Self::write) wrote.
    fn read(object: &Value) -> Option<Self> {
        let (kind, id) = only_member(object.get("token")?)?;
        let id = id.as_str()?;
        Some(Self {
            token: match kind {
                "opaque" => ParentToken::Opaque(Identifier::parse(id)?),
                "jwt" => ParentToken::Jwt(id.to_owned()),
                _ => return None,
            },
            client_id: object.get("client_id")?.as_str()?.to_owned(),
            subject: match object.get("subject") {
                None => None,
                Some(subject) => Some(subject.as_str()?.to_owned()),
            },
            anchor: Anchor::read(object.get("anchor")?)?,
        })
    }
}

impl From<Parent> for Value {
    fn from(parent: Parent) -> Self {
        // The text is JSON.
        serde_json::from_str(&parent.to_json()).unwrap_or_default()
    }
}

impl TryFrom<Value> for Parent {
    type Error = &'static str;

    fn try_from(object: Value) -> Result<Self, &'static str> {
        Self::read(&object)
            .ok_or("the token in exchange for which this one was issued is malformed")
    }
}

/// The name and the value of an object that has one member.
fn only_member(object: &Value) -> Option<(&str, &Value)> {
    let object = object.as_object().filter(|object| object.len() == 1)?;
    object.iter().next().map(|(name, value)| (&**name, value))
}

/// Room for most parents.
const TYPICAL_BYTES: usize = 256;
