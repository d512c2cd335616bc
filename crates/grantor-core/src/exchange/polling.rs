//! Polling for the token of a user who decides elsewhere (RFC 8628 section 3.4).

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::Request;

use super::{Event, Exchange, Failure, Step};
use crate::backchannel_authentication::BackchannelAuthenticationResponse;
use crate::device_authorization::DeviceAuthorizationResponse;
use crate::error_response::ErrorCode;
use crate::quirks::Quirks;
use crate::token::{TokenError, TokenResponse};

/// The reason why polling gave no token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PollingError {
    /// The user said no.
    Denied,
    /// The user did not decide in time: begin again.
    Expired,
    /// The token endpoint answered something that waiting does not mend.
    Answer(TokenError),
    /// The token endpoint gave no answer that can be read until the code had expired, or gave one
    /// that waiting does not mend.
    NoAnswer(Failure),
}

impl fmt::Display for PollingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied => f.write_str("the user did not allow it"),
            Self::Expired => {
                f.write_str("the time was over before the user decided; ask for another one")
            }
            Self::Answer(error) => error.fmt(f),
            Self::NoAnswer(failure) => failure.describe("the token endpoint", f),
        }
    }
}

impl std::error::Error for PollingError {}

/// Asks for a token until the user has decided who has to allow it (RFC 8628 sections 3.4 and 3.5).
///
/// The server sets the pace: its interval, five seconds more after each `slow_down`, `Retry-After`
/// where it is overloaded. Without an answer the interval doubles, up to a minute. It ends when the
/// code does, whatever the server says.
#[derive(Debug)]
pub struct Polling {
    request: Request<Bytes>,
    interval: Duration,
    expires_in: Duration,
    quirks: Quirks,
    began: Option<Duration>,
    silent: Option<Failure>,
}

const SLOWER: Duration = Duration::from_secs(5);
const LONGEST_INTERVAL: Duration = Duration::from_secs(60);

impl Polling {
    /// `request` is the token request with the device code of `response`. The code's lifetime begins
    /// with the first step.
    #[must_use]
    pub fn of_device(request: Request<Bytes>, response: &DeviceAuthorizationResponse) -> Self {
        Self::new(request, response.interval, response.expires_in)
    }

    /// `request` is the token request with the identifier of `response`. The lifetime begins with the first
    /// step.
    #[must_use]
    pub fn of_backchannel(
        request: Request<Bytes>,
        response: &BackchannelAuthenticationResponse,
    ) -> Self {
        Self::new(request, response.interval, response.expires_in)
    }

    /// Asks at most once in this time, or in the server's interval if that is longer: for a client that is
    /// notified, and asks only in case the notification is lost.
    #[must_use]
    pub fn seldom(mut self, interval: Duration) -> Self {
        self.interval = self.interval.max(interval);
        self
    }

    fn new(request: Request<Bytes>, interval: Duration, expires_in: Duration) -> Self {
        Self {
            request,
            interval,
            expires_in,
            quirks: Quirks::NONE,
            began: None,
            silent: None,
        }
    }

    /// Reads answers as this server writes them.
    #[must_use]
    pub fn with_quirks(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self
    }

    /// Waits for `pause`, unless the code ends before.
    fn wait<T>(&self, pause: Duration, lived: Duration) -> Step<Result<T, PollingError>> {
        if lived + pause < self.expires_in {
            return Step::Wait(pause);
        }
        let silent = self.silent.clone();
        Step::Done(Err(
            silent.map_or(PollingError::Expired, PollingError::NoAnswer)
        ))
    }
}

impl Exchange for Polling {
    type Output = Result<TokenResponse, PollingError>;

    fn step(&mut self, event: Event, elapsed: Duration) -> Step<Self::Output> {
        let Some(began) = self.began else {
            self.began = Some(elapsed);
            // No user is so fast.
            return self.wait(self.interval, Duration::ZERO);
        };
        let lived = elapsed.saturating_sub(began);
        let answer = match event {
            Event::Continue => return Step::Send(self.request.clone()),
            Event::Answer(answer) => answer,
            Event::NoAnswer(failure) if !failure.is_transient() => {
                return Step::Done(Err(PollingError::NoAnswer(failure)));
            }
            Event::NoAnswer(failure) => {
                self.silent = Some(failure);
                // RFC 8628 section 3.5: "clients MUST unilaterally reduce their polling frequency".
                let doubled = (self.interval * 2).min(LONGEST_INTERVAL);
                self.interval = self.interval.max(doubled);
                return self.wait(self.interval, lived);
            }
        };
        self.silent = None;
        let error = match TokenResponse::from_response_with(&answer, &self.quirks) {
            Ok(token) => return Step::Done(Ok(token)),
            Err(error) => error,
        };
        match error.code() {
            Some(ErrorCode::AuthorizationPending) => self.wait(self.interval, lived),
            Some(ErrorCode::SlowDown) => {
                self.interval += SLOWER;
                self.wait(self.interval, lived)
            }
            Some(code) if code.is_denied() => Step::Done(Err(PollingError::Denied)),
            Some(ErrorCode::ExpiredToken) => Step::Done(Err(PollingError::Expired)),
            _ if error.is_transient() => {
                let asked = error.retry_after().unwrap_or_default();
                self.wait(self.interval.max(asked), lived)
            }
            _ => Step::Done(Err(PollingError::Answer(error))),
        }
    }
}

#[cfg(test)]
mod tests;
