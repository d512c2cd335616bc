//! The answers to requests that are not admitted (RFC 6750 section 3).

use bytes::Bytes;
use grantor_core::{AuthenticateChallenge, ErrorCode, ErrorResponse};
use http::{HeaderValue, Response, StatusCode, header};

use super::Rules;
use crate::VerifyError;

/// Why a request is refused.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It carries no bearer token.
    Missing,
    /// It carries one in a form that is not allowed.
    Malformed(&'static str),
    /// Its token is not good, or can't be checked.
    Token(VerifyError),
    /// Its token lacks a required scope value.
    Scope,
}

impl Refusal {
    /// The status, and the error to report with it.
    fn meaning(&self) -> (StatusCode, Option<ErrorResponse>) {
        let (status, error, description) = match self {
            // RFC 6750 section 3.1: "SHOULD NOT include an error code or other error information".
            Self::Missing => return (StatusCode::UNAUTHORIZED, None),
            Self::Malformed(description) => (
                StatusCode::BAD_REQUEST,
                ErrorCode::InvalidRequest,
                (*description).to_owned(),
            ),
            Self::Token(error) if error.is_undecided() => (
                StatusCode::SERVICE_UNAVAILABLE,
                ErrorCode::TemporarilyUnavailable,
                error.to_string(),
            ),
            Self::Token(error) => (
                StatusCode::UNAUTHORIZED,
                ErrorCode::InvalidToken,
                error.to_string(),
            ),
            Self::Scope => (
                StatusCode::FORBIDDEN,
                ErrorCode::InsufficientScope,
                "the scope of the token does not reach this far".to_owned(),
            ),
        };
        (status, Some(ErrorResponse::new(error, description)))
    }
}

impl Rules {
    pub(super) fn answer<R: From<Bytes>>(&self, refusal: &Refusal) -> Response<R> {
        if let Refusal::Token(VerifyError::Undecided(cause)) = refusal {
            tracing::error!(
                cause = &**cause as &dyn std::error::Error,
                "a token is undecided"
            );
        } else {
            tracing::debug!(?refusal, "a request is refused");
        }
        let (status, error) = refusal.meaning();
        let body = error.as_ref().map(ErrorResponse::to_json);
        let mut response = Response::new(R::from(Bytes::from(body.unwrap_or_default())));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if error.is_some() {
            let json = HeaderValue::from_static("application/json");
            headers.insert(header::CONTENT_TYPE, json);
        }
        if !status.is_server_error() {
            let challenge = self.challenge(error.as_ref());
            headers.insert(header::WWW_AUTHENTICATE, challenge.to_header());
        }
        response
    }

    fn challenge(&self, error: Option<&ErrorResponse>) -> AuthenticateChallenge {
        let mut challenge = AuthenticateChallenge::new("Bearer").with("realm", self.realm.as_str());
        if let Some(error) = error {
            challenge = challenge.with("error", error.error.as_str());
            if let Some(description) = &error.description {
                // RFC 6750 section 3 allows neither quotation marks nor backslashes here.
                let plain = description.replace(['"', '\\'], "'");
                challenge = challenge.with("error_description", plain);
            }
        }
        if !self.scope.is_empty() {
            challenge = challenge.with("scope", self.scope.as_str());
        }
        if let Some(url) = &self.resource_metadata {
            challenge = challenge.with("resource_metadata", url.as_str());
        }
        challenge
    }
}
