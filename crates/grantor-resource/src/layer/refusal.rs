//! The answers to requests that are not admitted (RFC 6750 section 3, RFC 9449 section 7, RFC 9470).

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use grantor_core::{ErrorCode, ErrorResponse, Scope};
use http::{HeaderName, HeaderValue, Response, StatusCode, header};

use super::authentication::Authentication;
use super::challenge::Challenges;
use super::credentials::Scheme;
use crate::{AccessToken, VerifyError};

/// The reason why a request is refused, and by which scheme it came.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    /// None if the request named no scheme, or several.
    pub(super) scheme: Option<Scheme>,
    pub(super) reason: Reason,
}

#[derive(Debug, Clone)]
pub(crate) enum Reason {
    /// It carries no token.
    Missing,
    /// It carries one in a form that is not allowed.
    Malformed(&'static str),
    /// Its token is not good, or can't be checked.
    Token(VerifyError),
    /// Its token and its scheme do not fit.
    Unbound(&'static str),
    /// Its proof is missing or not good.
    Proof(String),
    /// Its proof needs a nonce, and this is one.
    Nonce(HeaderValue),
    /// The store can't tell whether its proof is new.
    ReplayUnknown(Arc<dyn std::error::Error + Send + Sync>),
    /// Its user was not authenticated as required.
    Authentication,
    /// Its token lacks a required scope value.
    Scope,
}

impl Refused {
    pub(super) const MISSING: Self = Self {
        scheme: None,
        reason: Reason::Missing,
    };

    pub(super) fn of(scheme: Scheme, reason: Reason) -> Self {
        Self {
            scheme: Some(scheme),
            reason,
        }
    }

    pub(super) fn ambiguous(description: &'static str) -> Self {
        Self {
            scheme: None,
            reason: Reason::Malformed(description),
        }
    }

    pub(super) fn answer(&self, challenges: &Challenges) -> Response<Bytes> {
        match &self.reason {
            Reason::Token(VerifyError::Undecided(cause)) | Reason::ReplayUnknown(cause) => {
                let cause = &**cause as &dyn std::error::Error;
                tracing::error!(cause, "it can't be decided whether a request is admitted");
            }
            reason => tracing::debug!(?reason, "a request is refused"),
        }
        let (status, error) = self.reason.meaning();
        let body = error.as_ref().map(ErrorResponse::to_json);
        let mut response = Response::new(Bytes::from(body.unwrap_or_default()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if error.is_some() {
            let json = HeaderValue::from_static("application/json");
            headers.insert(header::CONTENT_TYPE, json);
        }
        if let Reason::Nonce(nonce) = &self.reason {
            headers.insert(DPOP_NONCE, nonce.clone());
        }
        if !status.is_server_error() {
            for challenge in challenges.list(self.scheme, error.as_ref()) {
                headers.append(header::WWW_AUTHENTICATE, challenge.to_header());
            }
        }
        response
    }
}

impl Reason {
    /// The status, and the error to report with it: the one table of them.
    fn meaning(&self) -> (StatusCode, Option<ErrorResponse>) {
        use ErrorCode as Code;
        let unauthorized = StatusCode::UNAUTHORIZED;
        let (status, error, description) = match self {
            // RFC 6750 section 3.1: "SHOULD NOT include an error code or other error information".
            Self::Missing => return (unauthorized, None),
            Self::Malformed(text) => (StatusCode::BAD_REQUEST, Code::InvalidRequest, *text),
            Self::Token(error) if error.is_undecided() => {
                return unavailable(&error.to_string());
            }
            Self::ReplayUnknown(_) => {
                return unavailable("the proof can't be checked at the moment");
            }
            Self::Token(error) => {
                let error = ErrorResponse::new(Code::InvalidToken, error.to_string());
                return (unauthorized, Some(error));
            }
            Self::Unbound(text) => (unauthorized, Code::InvalidToken, *text),
            Self::Proof(text) => (unauthorized, Code::InvalidDpopProof, text.as_str()),
            Self::Nonce(_) => (
                unauthorized,
                Code::UseDpopNonce,
                "the proof needs the nonce of the header DPoP-Nonce",
            ),
            Self::Authentication => (
                unauthorized,
                Code::InsufficientUserAuthentication,
                "the user has to be authenticated anew or in another way",
            ),
            Self::Scope => (
                StatusCode::FORBIDDEN,
                Code::InsufficientScope,
                "the scope of the token does not reach this far",
            ),
        };
        (status, Some(ErrorResponse::new(error, description)))
    }
}

fn unavailable(description: &str) -> (StatusCode, Option<ErrorResponse>) {
    let error = ErrorResponse::new(ErrorCode::TemporarilyUnavailable, description);
    (StatusCode::SERVICE_UNAVAILABLE, Some(error))
}

/// RFC 9449 section 8.
pub(super) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The answer to a request whose token does not suffice, for a handler to return: see
/// [`AccessToken::require_scope`].
///
/// With the feature `axum` a handler returns it as it is.
#[derive(Clone)]
pub struct Refusal(Box<Response<Bytes>>);

impl Refusal {
    pub(crate) fn scope(token: &AccessToken, scope: &Scope) -> Self {
        Self::new(token, Reason::Scope, |challenges| {
            challenges.scope = scope.clone();
        })
    }

    pub(crate) fn authentication(token: &AccessToken, required: Authentication) -> Self {
        Self::new(token, Reason::Authentication, |challenges| {
            challenges.authentication = required;
        })
    }

    fn new(token: &AccessToken, reason: Reason, require: impl FnOnce(&mut Challenges)) -> Self {
        let mut challenges = Challenges::unprotected();
        require(&mut challenges);
        let admission = token.admission.as_ref();
        let refused = Refused {
            scheme: Some(admission.map_or(Scheme::Bearer, |admission| admission.scheme)),
            reason,
        };
        Self(Box::new(refused.answer(&challenges.within(admission))))
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// The answer, with a body of any type that is made of bytes.
    #[must_use]
    pub fn into_http<R: From<Bytes>>(self) -> Response<R> {
        self.0.map(R::from)
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Refusal").field(&self.0.status()).finish()
    }
}
