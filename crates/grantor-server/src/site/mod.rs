//! The seam to the application: who the user is, what they see, what they decided.

mod interaction;
mod page;

use std::fmt;
use std::fmt::Debug;

use grantor_core::{BoxFuture, ErrorResponse, Scope, Timestamp};
use http::{HeaderValue, StatusCode};

pub(crate) use interaction::cookie;
pub use interaction::{Interaction, Need};
pub use page::Page;

/// Who the user is, what they see, and what they decided: the part of an authorization server that
/// belongs to the application.
///
/// It is asked again at every step of an interaction, a page at a time. A form of its pages goes to
/// [`Interaction::action`] by POST, with the hidden inputs `interaction`
/// ([`Interaction::ticket`]) and `csrf` ([`Interaction::csrf`]). The site sees a form only if its
/// CSRF token was right, and a decision without such a form is refused.
pub trait Site: Debug + Send + Sync + 'static {
    /// Who the user is, to the measure of [`Interaction::need`]; or the page to find it out.
    fn login<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
    ) -> BoxFuture<'a, Result<Answer, SiteError>>;

    /// What the user decided; or the page to ask them.
    fn consent<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
        login: &'a Login,
    ) -> BoxFuture<'a, Result<Decision, SiteError>>;

    /// The page for an error that goes to no client.
    fn error(&self, status: StatusCode, error: &ErrorResponse) -> Page {
        crate::built_in_site::error_page(status, error)
    }
}

/// The site's answer to "who is it".
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// They were signed in already.
    Is(Login),
    /// They have just signed in; the browser is to keep this cookie. The interaction goes on with a
    /// redirect, so that the password is not sent again.
    SignedIn(Login, HeaderValue),
    /// They must see this first.
    Page(Page),
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Who: an identifier that is never given to somebody else.
    pub subject: String,
    /// When they last proved it.
    pub auth_time: Timestamp,
    /// The site's session. It binds CSRF tokens; ending it ends what hangs on it.
    pub session: Option<String>,
}

/// What the user wants.
#[derive(Debug)]
#[non_exhaustive]
pub enum Decision {
    /// The client may have this much, which lies within what it asked for.
    Allow(Scope),
    /// The client may not.
    Deny,
    /// The user allowed it before ([`Interaction::remembered`]); they need not be asked again.
    Remembered,
    /// They must see this first.
    Page(Page),
}

/// The site can't answer now.
#[derive(Debug)]
pub struct SiteError(Box<dyn std::error::Error + Send + Sync>);

impl SiteError {
    /// Wraps the cause; the user hears only that it failed.
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

impl fmt::Display for SiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the site failed: {}", self.0)
    }
}

impl std::error::Error for SiteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

impl From<crate::Error> for SiteError {
    fn from(error: crate::Error) -> Self {
        Self::new(error)
    }
}

impl From<grantor_store::Error> for SiteError {
    fn from(error: grantor_store::Error) -> Self {
        Self::new(error)
    }
}
