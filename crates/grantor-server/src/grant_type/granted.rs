//! The decision of a grant type.

use grantor_core::{ErrorCode, Scope, Timestamp};
use grantor_store::Version;
use serde_json::{Map, Value};

use crate::device_authorization::Poll;
use crate::error::Error;
use crate::event::EventKind;
use crate::grant::{EndReason, Grant};
use crate::identifier::Identifier;
use crate::token::TokenContents;

/// The decision of a grant type.
#[derive(Debug)]
#[non_exhaustive]
pub enum Granted {
    /// A token that depends on the client alone, or on the client and a user.
    Issue(TokenContents),
    /// The same, once for each name: the put that remembers the name decides.
    Once(Box<Once>),
    /// A new grant, and a token under it.
    Open(Box<NewGrant>, TokenContents),
    /// Moves a grant on, which decides, and issues a token under it: a redemption or a rotation.
    Change(Box<Change>),
    /// A token under a grant that stays as it is.
    Under(Box<Under>),
    /// Not yet: the client asks again later (RFC 8628 section 3.5).
    Wait(Wait),
    /// Not yet, and the server sees to the pace: `authorization_pending`, or `slow_down` if the client did
    /// not wait long enough since it last asked, by any process of the server.
    Poll(Poll),
    /// Ends a grant, and refuses. A grant type that decides again, since another request wrote first,
    /// ends none for a replay: the code or token was good when this request first read it.
    End(End),
}

/// A token that is issued once, for an assertion that may be used once.
#[derive(Debug)]
#[non_exhaustive]
pub struct Once {
    /// The name of what is used: the issuer and the identifier of an assertion. It is at most as secret as
    /// the assertion itself, and only its hash is stored.
    pub name: String,
    /// Until when its use is remembered. Later it must be refused for another reason, such as its age.
    pub remember_until: Timestamp,
    /// The token to issue.
    pub contents: TokenContents,
    /// The refusal that the client gets if it was used before.
    pub used: Error,
}

impl Once {
    /// A token for the thing of this name.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        remember_until: Timestamp,
        contents: TokenContents,
        used: Error,
    ) -> Self {
        Self {
            name: name.into(),
            remember_until,
            contents,
            used,
        }
    }
}

impl Granted {
    /// Returns whether a token is issued.
    pub(super) fn issues(&self) -> bool {
        !matches!(self, Self::Wait(_) | Self::Poll(_) | Self::End(_))
    }
}

/// A grant that is to be opened. It has a refresh token if the client may use the grant type
/// `refresh_token` and the server has it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewGrant {
    /// The user.
    pub subject: String,
    /// The most that its tokens may allow.
    pub scope: Scope,
    /// Where they may be used; the server's default audience, if empty.
    pub resources: Vec<String>,
    /// When the user proved who they are; now, if absent.
    pub auth_time: Option<Timestamp>,
    /// Further claims of its access tokens.
    pub access_token_claims: Map<String, Value>,
}

impl NewGrant {
    /// A grant of `subject`.
    #[must_use]
    pub fn new(subject: impl Into<String>, scope: Scope, resources: Vec<String>) -> Self {
        Self {
            subject: subject.into(),
            scope,
            resources,
            auth_time: None,
            access_token_claims: Map::new(),
        }
    }

    /// With a further claim of its access tokens, those of a refresh too.
    #[must_use]
    pub fn with_access_token_claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.access_token_claims
            .insert(name.to_owned(), value.into());
        self
    }
}

/// A grant that is to be moved on.
#[derive(Debug)]
#[non_exhaustive]
pub struct Change {
    /// Its identifier.
    pub id: Identifier,
    /// The version that was read: the put fails if another one is stored by then.
    pub read: Version,
    /// The grant as it becomes.
    pub next: Grant,
    /// The token to issue.
    pub contents: TokenContents,
    /// The reaction if another request wrote first.
    pub on_conflict: OnConflict,
    /// Further events, reported once the grant is stored.
    pub events: Vec<EventKind>,
    /// The refusal that the client gets if something that the grant depends on is no longer valid. The
    /// server looks while it writes the token; none, if the grant type has asked
    /// [`TokenCall::is_current`](super::TokenCall::is_current) itself.
    pub unless_current: Option<Error>,
}

/// The reaction if another request wrote first.
#[derive(Debug)]
#[non_exhaustive]
pub enum OnConflict {
    /// Decide again, by what is stored then.
    DecideAgain,
    /// Refuse, and change nothing.
    Refuse(Error),
    /// End the grant, and refuse.
    End(EndReason, Error),
}

impl Change {
    /// Moves the grant `id` on from the version that was read, and decides again after a conflict.
    #[must_use]
    pub fn new(id: Identifier, read: Version, next: Grant, contents: TokenContents) -> Self {
        Self {
            id,
            read,
            next,
            contents,
            on_conflict: OnConflict::DecideAgain,
            events: Vec::new(),
            unless_current: None,
        }
    }
}

/// A token under a grant that stays as it is.
#[derive(Debug)]
#[non_exhaustive]
pub struct Under {
    /// Its identifier.
    pub id: Identifier,
    /// The grant as it was read. Its refresh token goes with the access token.
    pub grant: Grant,
    /// The token to issue.
    pub contents: TokenContents,
    /// Further events.
    pub events: Vec<EventKind>,
    /// As of a [`Change`].
    pub unless_current: Option<Error>,
}

impl Under {
    /// A token under the grant `id`.
    #[must_use]
    pub fn new(id: Identifier, grant: Grant, contents: TokenContents) -> Self {
        Self {
            id,
            grant,
            contents,
            events: Vec::new(),
            unless_current: None,
        }
    }
}

/// The reason why a client has to ask again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait {
    /// The user has not decided yet.
    AuthorizationPending,
    /// The client asks too often.
    SlowDown,
}

impl From<Wait> for Error {
    fn from(wait: Wait) -> Self {
        match wait {
            Wait::AuthorizationPending => Self::refused(
                ErrorCode::AuthorizationPending,
                "the user has not decided yet",
            ),
            Wait::SlowDown => {
                Self::refused(ErrorCode::SlowDown, "ask less often, by 5 seconds more")
            }
        }
    }
}

/// A grant that is to be ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct End {
    /// Its identifier.
    pub id: Identifier,
    /// Why.
    pub reason: EndReason,
    /// The refusal that the client gets.
    pub error: Error,
}

impl End {
    /// Ends the grant `id`.
    #[must_use]
    pub fn new(id: Identifier, reason: EndReason, error: Error) -> Self {
        Self { id, reason, error }
    }
}
