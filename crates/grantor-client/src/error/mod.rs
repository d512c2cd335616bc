//! The error of tokens.

pub(crate) mod convert;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use grantor_core::{ErrorCode, ErrorResponse, TokenError};

use self::convert::{answered, code_of};

/// The error of a [`TokenSource`](crate::TokenSource).
pub type SourceError = Box<dyn std::error::Error + Send + Sync>;

/// The reason why there is no token, or why a request can't carry one. Cheap to clone, since all
/// who wait for one renewal get the same.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    retry_after: Option<Duration>,
    /// The code of RFC 6749 section 5.2 with which the server refused.
    oauth_error: Option<ErrorCode>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// The error without its step.
    stepless: Option<Error>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ErrorKind {
    /// The set-up can't work.
    Configuration,
    /// The login is over.
    NeedsLogin,
    /// It may work later.
    Transient,
    /// The server answered something that will not get better by itself.
    Refused,
}

impl Error {
    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, message)
    }

    /// Everything that is wrong with a configuration, in one message.
    pub(crate) fn problems(problems: &[String]) -> Self {
        Self::configuration(problems.join("; "))
    }

    pub(crate) fn needs_login_because(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NeedsLogin, message)
    }

    pub(crate) fn transient(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Transient, message)
    }

    /// The failure of a source of the user's.
    pub(crate) fn from_source(error: SourceError) -> Self {
        let message = format!("the source gave no token: {error}");
        Self::with(ErrorKind::Transient, message, None, error)
    }

    /// The error response of an endpoint that gives no tokens.
    pub(crate) fn at_endpoint(name: &str, error: &TokenError) -> Self {
        let (kind, retry_after) = answered(error);
        let message = match error {
            TokenError::Refused { error, .. } => format!("the {name} refused: {error}"),
            TokenError::Unexpected { status, .. } => {
                format!("the {name} answered {}", status.as_u16())
            }
            _ => format!("the {name} refused"),
        };
        let built = Self(Arc::new(Inner {
            kind,
            message,
            retry_after,
            oauth_error: None,
            source: None,
            stepless: None,
        }));
        built.with_code(code_of(error))
    }

    /// The server asked to be left alone for so long.
    pub(crate) fn throttled(endpoint: &str, left: Duration) -> Self {
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        let message = format!("the {endpoint} asked to be left alone for another {seconds} s");
        Self(Arc::new(Inner {
            kind: ErrorKind::Transient,
            message,
            retry_after: Some(left),
            oauth_error: None,
            source: None,
            stepless: None,
        }))
    }

    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused, message)
    }

    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            message: message.into(),
            retry_after: None,
            oauth_error: None,
            source: None,
            stepless: None,
        }))
    }

    fn with(
        kind: ErrorKind,
        message: impl Into<String>,
        retry_after: Option<Duration>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self(Arc::new(Inner {
            kind,
            message: message.into(),
            retry_after,
            oauth_error: None,
            source: Some(source.into()),
            stepless: None,
        }))
    }

    /// With the code of an error response.
    pub(crate) fn with_oauth_error(self, error: &ErrorResponse) -> Self {
        self.with_code(Some(error.error.clone()))
    }

    /// With the code that another error has.
    pub(crate) fn with_code_of(self, error: &Self) -> Self {
        self.with_code(error.0.oauth_error.clone())
    }

    fn with_code(mut self, code: Option<ErrorCode>) -> Self {
        // It was just made, and nobody else has it.
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.oauth_error = code;
        }
        self
    }

    /// The same error at a step of several, which its message names first.
    pub(crate) fn at_step(self, step: impl fmt::Display) -> Self {
        Self(Arc::new(Inner {
            kind: self.0.kind,
            message: format!("{step}: {}", self.0.message),
            retry_after: self.0.retry_after,
            oauth_error: self.0.oauth_error.clone(),
            source: None,
            stepless: Some(self),
        }))
    }

    /// Its kind, for the log.
    pub(crate) fn kind(&self) -> &'static str {
        match self.0.kind {
            ErrorKind::Configuration => "configuration",
            ErrorKind::NeedsLogin => "needs_login",
            ErrorKind::Transient => "transient",
            ErrorKind::Refused => "refused",
        }
    }

    /// Returns whether the same call may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.0.kind == ErrorKind::Transient
    }

    /// Returns whether the server refused, or answered something that will not get better by
    /// itself.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.0.kind == ErrorKind::Refused
    }

    /// The error code with which the authorization server refused (RFC 6749 section 5.2), whatever
    /// that means for this client.
    #[must_use]
    pub fn oauth_error(&self) -> Option<&ErrorCode> {
        self.0.oauth_error.as_ref()
    }

    /// How long the server asked to be left alone.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns whether the user has to sign in again: the refresh token is gone or was refused.
    #[must_use]
    pub fn needs_login(&self) -> bool {
        self.0.kind == ErrorKind::NeedsLogin
    }

    /// Returns whether something was set up wrongly, here or at the server; the message says what.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        self.0.kind == ErrorKind::Configuration
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("retry_after", &self.0.retry_after)
            .field("oauth_error", &self.0.oauth_error)
            .field("source", &self.0.source)
            .finish()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match (&self.0.source, &self.0.stepless) {
            (Some(source), _) => Some(&**source),
            (None, stepless) => stepless.as_ref()?.source(),
        }
    }
}
