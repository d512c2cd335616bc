//! The site's pages for the users of devices.

use std::fmt;

use http::StatusCode;
use http::request::Parts;

use super::{Form, FormKey, SiteError};

/// A user is to type in the code that a device shows (RFC 8628 section 3.3).
pub struct UserCodePrompt<'a> {
    forms: FormKey<'a>,
    user_code: Option<&'a str>,
    problem: Option<UserCodeProblem>,
    head: &'a Parts,
}

/// The reason why a code is asked for once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserCodeProblem {
    /// No device that waits has this code.
    Unknown,
    /// Too many codes were tried.
    TooManyAttempts,
    /// The CSRF token of the form was wrong or too old.
    FormExpired,
}

/// The answer that a user gave to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceAnswer {
    /// The device may have what it asked for.
    Allowed,
    /// It may not.
    Denied,
}

impl UserCodeProblem {
    /// A sentence for the user.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Unknown => {
                "No device is waiting with this code. Compare it with your device; if the code was \
                 used or is too old, let the device show a new one."
            }
            Self::TooManyAttempts => "There were too many attempts. Please wait a few minutes.",
            Self::FormExpired => {
                "This page was too old and is shown again. Please repeat your answer."
            }
        }
    }
}

impl DeviceAnswer {
    /// A sentence for the user.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Allowed => "Your device is signed in now. You can close this page.",
            Self::Denied => "Your device was not signed in. You can close this page.",
        }
    }
}

impl<'a> UserCodePrompt<'a> {
    /// The name of the input for the code, and of the parameter in `verification_uri_complete`.
    pub const INPUT: &'static str = "user_code";

    /// The warning that belongs on this page and on the one that asks for consent (RFC 8628 section 5.4).
    pub const WARNING: &'static str = "Go on only if you see this code on a device of your own, right \
        now. Whoever sends you a code or a link to this page wants to sign in as you.";

    pub(crate) fn new(
        forms: FormKey<'a>,
        user_code: Option<&'a str>,
        problem: Option<UserCodeProblem>,
        head: &'a Parts,
    ) -> Self {
        Self {
            forms,
            user_code,
            problem,
            head,
        }
    }

    /// The form of the page.
    ///
    /// # Errors
    /// It can't be sealed.
    pub fn form(&self) -> Result<Form, SiteError> {
        Ok(self.forms.make(Self::INPUT, &[])?)
    }

    /// The code to begin with, if the user came by `verification_uri_complete` or tried one. Whether a
    /// device has it is not known yet, and the user has to compare and send it (RFC 8628
    /// section 3.3.1).
    #[must_use]
    pub fn user_code(&self) -> Option<&str> {
        self.user_code
    }

    /// The reason why the page asks for the code once more; none at first.
    #[must_use]
    pub fn problem(&self) -> Option<UserCodeProblem> {
        self.problem
    }

    /// The status that the page should have.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self.problem {
            None => StatusCode::OK,
            Some(UserCodeProblem::Unknown) => StatusCode::UNPROCESSABLE_ENTITY,
            Some(UserCodeProblem::TooManyAttempts) => StatusCode::TOO_MANY_REQUESTS,
            Some(UserCodeProblem::FormExpired) => StatusCode::FORBIDDEN,
        }
    }

    /// The head of the request, with its headers and extensions.
    #[must_use]
    pub fn request(&self) -> &Parts {
        self.head
    }
}

impl fmt::Debug for UserCodePrompt<'_> {
    /// Leaves out the code, the cookies and the CSRF token, whose worth is that others don't know them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserCodePrompt")
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}
