//! Polling for the token of a device (RFC 8628 section 3.4).

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::Request;

use super::{Event, Exchange, Failure, Step};
use crate::device_authorization::DeviceAuthorizationResponse;
use crate::error_response::ErrorCode;
use crate::quirks::Quirks;
use crate::token::{TokenError, TokenResponse};

/// The reason why a device has no token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceError {
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

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied => f.write_str("the user did not allow it"),
            Self::Expired => {
                f.write_str("the code has expired before the user decided; ask for another one")
            }
            Self::Answer(error) => error.fmt(f),
            Self::NoAnswer(failure) => failure.describe("the token endpoint", f),
        }
    }
}

impl std::error::Error for DeviceError {}

/// Asks for the token of a device until its user has decided (RFC 8628 sections 3.4 and 3.5).
///
/// The server sets the pace: its interval, five seconds more after each `slow_down`, `Retry-After`
/// where it is overloaded. Without an answer the interval doubles, up to a minute. It ends when the
/// code does, whatever the server says.
#[derive(Debug)]
pub struct DeviceAuthorization {
    request: Request<Bytes>,
    interval: Duration,
    expires_in: Duration,
    quirks: Quirks,
    began: Option<Duration>,
    silent: Option<Failure>,
}

const SLOWER: Duration = Duration::from_secs(5);
const LONGEST_INTERVAL: Duration = Duration::from_secs(60);

impl DeviceAuthorization {
    /// `request` is the token request with the device code of `response`. The code's lifetime begins
    /// with the first step.
    #[must_use]
    pub fn new(request: Request<Bytes>, response: &DeviceAuthorizationResponse) -> Self {
        Self {
            request,
            interval: response.interval,
            expires_in: response.expires_in,
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
    fn wait<T>(&self, pause: Duration, lived: Duration) -> Step<Result<T, DeviceError>> {
        if lived + pause < self.expires_in {
            return Step::Wait(pause);
        }
        let silent = self.silent.clone();
        Step::Done(Err(
            silent.map_or(DeviceError::Expired, DeviceError::NoAnswer)
        ))
    }
}

impl Exchange for DeviceAuthorization {
    type Output = Result<TokenResponse, DeviceError>;

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
                return Step::Done(Err(DeviceError::NoAnswer(failure)));
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
            Some(code) if code.is_denied() => Step::Done(Err(DeviceError::Denied)),
            Some(ErrorCode::ExpiredToken) => Step::Done(Err(DeviceError::Expired)),
            _ if error.is_transient() => {
                let asked = error.retry_after().unwrap_or_default();
                self.wait(self.interval.max(asked), lived)
            }
            _ => Step::Done(Err(DeviceError::Answer(error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{FailureKind, NoAnswer};
    use http::Response;

    fn exchange(expires_in: u64) -> DeviceAuthorization {
        let response = DeviceAuthorizationResponse {
            device_code: "d".into(),
            user_code: "WDJB-MJHT".into(),
            verification_uri: "https://example.com/device".parse().unwrap(),
            verification_uri_complete: None,
            expires_in: Duration::from_secs(expires_in),
            interval: Duration::from_secs(5),
        };
        DeviceAuthorization::new(Request::new(Bytes::new()), &response)
    }

    fn answer(status: u16, body: &'static str) -> Event {
        let response = Response::builder().status(status);
        Event::Answer(response.body(Bytes::from_static(body.as_bytes())).unwrap())
    }

    fn refusal(code: &str) -> Event {
        let response = Response::builder().status(400);
        let body = format!(r#"{{"error":"{code}"}}"#);
        Event::Answer(response.body(body.into()).unwrap())
    }

    /// Plays what each request is met with; gives the pauses in seconds, and the end.
    fn play(
        expires_in: u64,
        events: impl IntoIterator<Item = Event>,
    ) -> (Vec<u64>, Option<Result<TokenResponse, DeviceError>>) {
        let mut exchange = exchange(expires_in);
        let (mut pauses, mut elapsed) = (Vec::new(), Duration::from_secs(1000));
        let mut events = events.into_iter();
        let mut event = Event::Continue;
        loop {
            event = match exchange.step(event, elapsed) {
                Step::Wait(pause) => {
                    pauses.push(pause.as_secs());
                    elapsed += pause;
                    Event::Continue
                }
                Step::Send(_) => match events.next() {
                    Some(event) => event,
                    None => return (pauses, None),
                },
                Step::Done(output) => return (pauses, Some(output)),
            };
        }
    }

    fn token() -> Event {
        answer(200, r#"{"access_token":"t","token_type":"Bearer"}"#)
    }

    #[test]
    fn asks_at_the_servers_pace_until_the_user_has_decided() {
        let pending = || refusal("authorization_pending");
        // Some servers answer with status 200.
        let with_200 = answer(200, r#"{"error":"authorization_pending","interval":5}"#);
        let (pauses, end) = play(600, [pending(), with_200, token()]);
        assert_eq!(pauses, [5, 5, 5]);
        assert_eq!(end.unwrap().unwrap().access_token, "t".into());
    }

    #[test]
    fn slow_down_adds_five_seconds_for_good() {
        let (pauses, _) = play(
            600,
            ["slow_down", "authorization_pending", "slow_down"].map(refusal),
        );
        assert_eq!(pauses, [5, 10, 10, 15]);
    }

    #[test]
    fn the_end_is_told_apart() {
        for (event, error) in [
            (refusal("access_denied"), DeviceError::Denied),
            (refusal("authorization_declined"), DeviceError::Denied),
            (
                answer(200, r#"{"error":"access_denied"}"#),
                DeviceError::Denied,
            ),
            (refusal("expired_token"), DeviceError::Expired),
        ] {
            assert_eq!(play(600, [event]).1, Some(Err(error)));
        }
        for event in [refusal("invalid_grant"), answer(404, "<html>")] {
            let end = play(600, [event]).1;
            assert!(matches!(end, Some(Err(DeviceError::Answer(_)))), "{end:?}");
        }
    }

    #[test]
    fn lost_answers_are_borne_ever_more_slowly() {
        let lost = || Event::NoAnswer(NoAnswer::Unknown.into());
        let (pauses, end) = play(600, [lost(), lost(), lost(), lost(), lost(), token()]);
        assert_eq!(pauses, [5, 10, 20, 40, 60, 60]);
        assert!(end.unwrap().is_ok());
    }

    #[test]
    fn what_waiting_does_not_mend_ends_it() {
        let failure = Failure {
            kind: FailureKind::Configuration,
            ..NoAnswer::Unsent.into()
        };
        let end = play(600, [Event::NoAnswer(failure.clone())]).1;
        assert_eq!(end, Some(Err(DeviceError::NoAnswer(failure))));
    }

    #[test]
    fn an_overloaded_server_is_asked_again_when_it_wants() {
        let busy = Response::builder().status(503).header("retry-after", 30);
        let busy = Event::Answer(busy.body(Bytes::new()).unwrap());
        let (pauses, _) = play(600, [busy, refusal("authorization_pending")]);
        assert_eq!(pauses, [5, 30, 5]);
    }

    #[test]
    fn nothing_is_asked_once_the_code_has_expired() {
        let pending = || refusal("authorization_pending");
        let (pauses, end) = play(15, [pending(), pending(), pending()]);
        assert_eq!(pauses, [5, 5]);
        assert_eq!(end, Some(Err(DeviceError::Expired)));
        assert_eq!(play(5, []).1, Some(Err(DeviceError::Expired)));
        let lost = Event::NoAnswer(NoAnswer::Unsent.into());
        let silent = DeviceError::NoAnswer(NoAnswer::Unsent.into());
        assert_eq!(play(12, [lost]).1, Some(Err(silent)));
    }
}
