//! The login of a user.

use grantor_core::{ErrorCode, Timestamp};
use http::HeaderValue;
use serde_json::{Map, Value};

use super::Page;
use crate::revocation::RevocationEpoch;

/// The site's answer to "who is it".
#[derive(Debug)]
#[non_exhaustive]
pub enum SignIn {
    /// They were signed in already.
    Is(Login),
    /// They have just signed in; the browser keeps these cookies. The interaction goes on with a
    /// redirect, so that the password is not sent again. The site is asked again after it, and has to
    /// know the user by a cookie then: without one it shows its login for ever.
    SignedIn(Login, Vec<HeaderValue>),
    /// Not signed in yet: show this page.
    Page(Page),
    /// They can't sign in; the client gets this error.
    Refused(ErrorCode),
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Login {
    /// The user: an identifier that is never given to somebody else.
    pub subject: String,
    /// When they last proved who they are.
    pub auth_time: Timestamp,
    /// The site's session. It binds CSRF tokens; revoking it revokes the tokens that were issued in
    /// it.
    pub session: Option<String>,
    /// The mark of what was revoked of the user before the session began, which
    /// [`Subjects::is_session_current`](crate::Subjects::is_session_current) compares. What the user
    /// allows in a session that was revoked meanwhile is then revoked too, though the site has not
    /// noticed yet. Without it, the mark is that of the time when they allow.
    pub since: Option<RevocationEpoch>,
    /// Further claims of the access tokens that are issued to clients of the user:
    /// [`TokenContents::claims`](crate::TokenContents::claims).
    pub access_token_claims: Map<String, Value>,
}

impl Login {
    /// A login without a session.
    #[must_use]
    pub fn new(subject: impl Into<String>, auth_time: Timestamp) -> Self {
        Self {
            subject: subject.into(),
            auth_time,
            session: None,
            since: None,
            access_token_claims: Map::new(),
        }
    }

    /// With a further claim of the access tokens that are issued.
    #[must_use]
    pub fn with_access_token_claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.access_token_claims
            .insert(name.to_owned(), value.into());
        self
    }

    /// In a session of the site.
    #[must_use]
    pub fn in_session(mut self, session: impl Into<String>) -> Self {
        self.session = Some(session.into());
        self
    }

    /// In a session that began with this mark of its user, and that is over once it was revoked.
    #[must_use]
    pub fn since(mut self, epoch: RevocationEpoch) -> Self {
        self.since = Some(epoch);
        self
    }
}
