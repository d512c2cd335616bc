//! One token request, and when it may be sent again.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use grantor_jose::base64url;
use http::Request;
use serde_json::{Map, Value};

use super::{Event, Exchange, Failure, NoAnswer, Retry, Step};
use crate::quirks::Quirks;
use crate::secret::Secret;
use crate::token::{GrantParameters, TokenError, TokenResponse};

/// The reason why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchError {
    /// The token endpoint answered, and gave none.
    Answer(TokenError),
    /// The token endpoint gave no answer that can be read.
    NoAnswer(Failure),
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(error) => error.fmt(f),
            Self::NoAnswer(failure) => failure.describe("the token endpoint", f),
        }
    }
}

impl std::error::Error for FetchError {}

impl FetchError {
    /// Returns whether the same request may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Answer(error) => error.is_transient(),
            Self::NoAnswer(failure) => failure.is_transient(),
        }
    }
}

/// The repetitions that are safe when the answer to a request is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeatable {
    /// Repeating the request does no harm.
    Freely,
    /// Once, and without a pause.
    OnceAtOnce,
    /// Only as long as the server can't have seen it.
    UntilSeen,
    /// Not even then.
    Never,
}

/// One token request, repeated as its grant bears it.
///
/// An answer with a status that [`Retry`] lists is retried with pauses, and `Retry-After` is
/// honoured. A request that never left is retried freely. One that left and got no answer is
/// repeated freely for client credentials, once and at once for a refresh token (still inside the
/// server's grace), and never for a code; [`for_grant`](Self::for_grant) knows the others.
#[derive(Debug)]
pub struct FetchToken {
    request: Request<Bytes>,
    repeatable: Repeatable,
    retry: Retry,
    quirks: Quirks,
    jitter: f64,
    sent: u32,
    lost: u32,
    began: Option<Duration>,
}

impl FetchToken {
    /// A request with this grant.
    ///
    /// Client credentials, a password and a token exchange are repeated freely: nothing that they
    /// present is used up, and a second token harms nobody (RFC 6749 sections 4.3 and 4.4, RFC 8693
    /// section 2.1). So is a JWT without `jti`, which is good for as many requests as fit in its
    /// lifetime (RFC 7521 section 4.1). One with `jti` may be remembered and refused as a replay
    /// (RFC 7523 section 3, item 7), so it is repeated only as long as the server can't have seen it:
    /// sign another one then. The same goes for a JWT that can't be read and for grants that are not
    /// known here. A code is never sent twice, and a device code by
    /// [`Polling`](super::Polling).
    #[must_use]
    pub fn for_grant(
        grant: &GrantParameters,
        request: Request<Bytes>,
        retry: Retry,
        jitter: f64,
    ) -> Self {
        let repeatable = match grant {
            GrantParameters::AuthorizationCode { .. } => return Self::code(request),
            GrantParameters::ClientCredentials
            | GrantParameters::Password { .. }
            | GrantParameters::TokenExchange { .. } => Repeatable::Freely,
            GrantParameters::JwtBearer { assertion } if !may_have_jti(assertion) => {
                Repeatable::Freely
            }
            GrantParameters::RefreshToken { .. } => Repeatable::OnceAtOnce,
            GrantParameters::Ciba { .. }
            | GrantParameters::DeviceCode { .. }
            | GrantParameters::JwtBearer { .. }
            | GrantParameters::Other { .. } => Repeatable::UntilSeen,
        };
        Self::new(request, repeatable, retry, jitter)
    }

    /// A request that may be repeated freely: client credentials.
    #[must_use]
    pub fn repeatable(request: Request<Bytes>, retry: Retry, jitter: f64) -> Self {
        Self::new(request, Repeatable::Freely, retry, jitter)
    }

    /// A request with a refresh token.
    #[must_use]
    pub fn refresh(request: Request<Bytes>, retry: Retry, jitter: f64) -> Self {
        Self::new(request, Repeatable::OnceAtOnce, retry, jitter)
    }

    /// A request with a code, which is never sent twice.
    #[must_use]
    pub fn code(request: Request<Bytes>) -> Self {
        Self::new(request, Repeatable::Never, Retry::never(), 0.0)
    }

    /// Reads the answer as this server writes it.
    #[must_use]
    pub fn with_quirks(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self
    }

    /// `jitter`, between 0 and 1, is drawn by the caller and spreads the pauses.
    fn new(request: Request<Bytes>, repeatable: Repeatable, retry: Retry, jitter: f64) -> Self {
        Self {
            request,
            repeatable,
            retry,
            quirks: Quirks::NONE,
            jitter: jitter.clamp(0.0, 1.0),
            sent: 0,
            lost: 0,
            began: None,
        }
    }

    fn send<T>(&mut self) -> Step<T> {
        self.sent += 1;
        Step::Send(self.request.clone())
    }

    /// Returns whether the request bears to be sent again after this answer, and the answer asks
    /// for it.
    fn may_repeat(&self, error: &TokenError) -> bool {
        // The server has seen it: a second try would look like a replay.
        let seen = matches!(self.repeatable, Repeatable::Never | Repeatable::UntilSeen);
        !seen && self.retry.covers(error)
    }

    /// Waits and tries again, or gives up with `error`.
    fn again<T>(
        &self,
        error: FetchError,
        retry_after: Option<Duration>,
        elapsed: Duration,
    ) -> Step<Result<T, FetchError>> {
        let doubled = self
            .retry
            .first_pause
            .saturating_mul(2u32.saturating_pow(self.sent.min(16) - 1));
        let pause = doubled
            .min(self.retry.longest_pause)
            .mul_f64(0.5 + self.jitter / 2.0);
        let pause = pause.max(retry_after.unwrap_or_default());
        let began = self.began.unwrap_or(elapsed);
        let too_long = retry_after.is_some_and(|asked| asked > self.retry.longest_retry_after);
        let too_late = elapsed.saturating_sub(began) + pause > self.retry.limit;
        if self.sent >= self.retry.attempts || too_long || too_late {
            return Step::Done(Err(error));
        }
        Step::Wait(pause)
    }
}

impl Exchange for FetchToken {
    type Output = Result<TokenResponse, FetchError>;

    fn step(&mut self, event: Event, elapsed: Duration) -> Step<Self::Output> {
        self.began.get_or_insert(elapsed);
        match event {
            Event::Continue => self.send(),
            Event::Answer(answer) => {
                match TokenResponse::from_response_with(&answer, &self.quirks) {
                    Ok(token) => Step::Done(Ok(token)),
                    Err(error) if self.may_repeat(&error) => {
                        let retry_after = error.retry_after();
                        self.again(FetchError::Answer(error), retry_after, elapsed)
                    }
                    Err(error) => Step::Done(Err(FetchError::Answer(error))),
                }
            }
            Event::NoAnswer(failure) => {
                let (no_answer, is_transient) = (failure.no_answer, failure.is_transient());
                let error = FetchError::NoAnswer(failure);
                if !is_transient {
                    return Step::Done(Err(error));
                }
                let freely = no_answer == NoAnswer::Unsent || self.repeatable == Repeatable::Freely;
                if freely {
                    return self.again(error, None, elapsed);
                }
                self.lost += 1;
                if self.repeatable == Repeatable::OnceAtOnce && self.lost == 1 {
                    return self.send();
                }
                Step::Done(Err(error))
            }
        }
    }
}

/// Returns whether a JWT has the claim `jti`; also if nobody can tell.
fn may_have_jti(assertion: &Secret) -> bool {
    let read = || {
        let payload = assertion.expose().split('.').nth(1)?;
        let payload = base64url::decode(payload).ok()?;
        serde_json::from_slice::<Map<String, Value>>(&payload).ok()
    };
    read().is_none_or(|claims| claims.contains_key("jti"))
}

#[cfg(test)]
mod tests;
