//! The reasons why a client did not authenticate.

use std::borrow::Cow;

use grantor_core::ErrorCode;
use http::{HeaderValue, StatusCode, header};

use crate::error::{Error, Refusal};

/// The reason why a client did not authenticate. The peer gets one answer for all of them; the log gets this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthenticationFailure {
    /// No client has this identifier.
    UnknownClient,
    /// The secret is not one of the client's.
    WrongSecret,
    /// The client is registered for another way to authenticate.
    WrongMethod,
    /// Too many wrong secrets came from this address.
    TooManyAttempts,
    /// The assertion is not one of the client's for this server.
    WrongAssertion(grantor_jose::Error),
    /// The assertion was used before.
    AssertionReplayed,
}

impl AuthenticationFailure {
    /// Its description in events and logs.
    pub(crate) fn describe(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::UnknownClient => "unknown client",
            Self::WrongSecret => "wrong secret",
            Self::WrongMethod => "wrong authentication method",
            Self::TooManyAttempts => "too many wrong secrets",
            Self::WrongAssertion(error) => return format!("wrong assertion: {error}").into(),
            Self::AssertionReplayed => "the assertion was used before",
        })
    }
}

/// A request whose client did not authenticate.
#[derive(Debug)]
pub(crate) struct Unauthenticated {
    /// The registered client that it claims to be.
    pub(crate) client_id: Option<String>,
    pub(crate) failure: Option<AuthenticationFailure>,
    pub(crate) error: Error,
}

impl Unauthenticated {
    pub(super) fn new(client_id: Option<&str>, failure: AuthenticationFailure) -> Self {
        let error = match failure {
            AuthenticationFailure::TooManyAttempts => {
                let description = "too many wrong secrets; try again in a minute";
                let refusal = Refusal::new(ErrorCode::TemporarilyUnavailable, description);
                let wait = HeaderValue::from_static("60");
                let refusal = refusal.with_header(header::RETRY_AFTER, wait);
                refusal.with_status(StatusCode::TOO_MANY_REQUESTS).into()
            }
            _ => Error::refused(
                ErrorCode::InvalidClient,
                "the client is unknown, or its authentication is wrong",
            ),
        };
        Self {
            client_id: client_id.map(str::to_owned),
            failure: Some(failure),
            error,
        }
    }
}

impl From<Error> for Unauthenticated {
    fn from(error: Error) -> Self {
        Self {
            client_id: None,
            failure: None,
            error,
        }
    }
}
