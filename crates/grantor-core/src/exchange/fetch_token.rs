use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::Request;

use super::{Event, Exchange, NoAnswer, Step};
use crate::{TokenError, TokenResponse};

/// When a token request is repeated.
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// How often the request is sent at most. 3 by default.
    pub attempts: u32,
    /// The first pause; it doubles from try to try. 200 ms by default.
    pub first_pause: Duration,
    /// The longest pause. 5 s by default.
    pub longest_pause: Duration,
    /// No try begins later than this after the first. 20 s by default.
    pub limit: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 3,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(5),
            limit: Duration::from_secs(20),
        }
    }
}

impl Retry {
    /// One try and no more.
    #[must_use]
    pub fn never() -> Self {
        Self {
            attempts: 1,
            ..Self::default()
        }
    }
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchError {
    /// The token endpoint answered, and gave none.
    Answer(TokenError),
    /// The token endpoint did not answer.
    NoAnswer(NoAnswer),
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(error) => error.fmt(f),
            Self::NoAnswer(NoAnswer::Unsent) => f.write_str("the token endpoint can't be reached"),
            Self::NoAnswer(_) => f.write_str("the token endpoint did not answer"),
        }
    }
}

impl std::error::Error for FetchError {}

/// What a request may bear when its answer is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeatable {
    Freely,
    OnceAtOnce,
    Never,
}

/// One token request, repeated as its grant bears it.
///
/// An answer of 5xx or 429 is retried with pauses, and `Retry-After` is honoured. A request that
/// never left is retried freely. One that left and got no answer is repeated freely for client
/// credentials, once and at once for a refresh token (still inside the server's grace), and never for
/// a code.
#[derive(Debug)]
pub struct FetchToken {
    request: Request<Bytes>,
    repeatable: Repeatable,
    retry: Retry,
    jitter: f64,
    sent: u32,
    lost: u32,
    began: Option<Duration>,
}

impl FetchToken {
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

    /// `jitter`, between 0 and 1, is drawn by the caller and spreads the pauses.
    fn new(request: Request<Bytes>, repeatable: Repeatable, retry: Retry, jitter: f64) -> Self {
        Self {
            request,
            repeatable,
            retry,
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

    /// Waits and tries again, or gives up with `error`.
    fn again<T>(
        &self,
        error: FetchError,
        retry_after: Option<Duration>,
        elapsed: Duration,
    ) -> Step<Result<T, FetchError>> {
        let doubled = self.retry.first_pause * 2u32.saturating_pow(self.sent.min(16) - 1);
        let pause = doubled
            .min(self.retry.longest_pause)
            .mul_f64(0.5 + self.jitter / 2.0);
        let pause = pause.max(retry_after.unwrap_or_default());
        let began = self.began.unwrap_or(elapsed);
        let too_late = elapsed.saturating_sub(began) + pause > self.retry.limit;
        if self.sent >= self.retry.attempts || too_late {
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
            Event::Answer(answer) => match TokenResponse::from_response(&answer) {
                Ok(token) => Step::Done(Ok(token)),
                // The server has seen the code: a second try would look like a replay.
                Err(error) if error.is_transient() && self.repeatable != Repeatable::Never => {
                    let retry_after = error.retry_after();
                    self.again(FetchError::Answer(error), retry_after, elapsed)
                }
                Err(error) => Step::Done(Err(FetchError::Answer(error))),
            },
            Event::NoAnswer(no_answer) => {
                let error = FetchError::NoAnswer(no_answer);
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

#[cfg(test)]
mod tests {
    use super::*;
    use http::Response;

    fn request() -> Request<Bytes> {
        Request::new(Bytes::new())
    }

    fn answer(status: u16) -> Event {
        let response = Response::builder().status(status);
        Event::Answer(response.body(Bytes::from_static(b"{}")).unwrap())
    }

    /// Plays events and gives what was done: `s`end, `w`ait, `d`one.
    fn play(mut exchange: FetchToken, events: impl IntoIterator<Item = Event>) -> String {
        let mut seen = String::new();
        let mut elapsed = Duration::ZERO;
        for event in std::iter::once(Event::Continue).chain(events) {
            let mut step = exchange.step(event, elapsed);
            if let Step::Wait(pause) = step {
                seen.push('w');
                elapsed += pause;
                step = exchange.step(Event::Continue, elapsed);
            }
            match step {
                Step::Send(_) => seen.push('s'),
                Step::Wait(_) => seen.push('?'),
                Step::Done(_) => return seen + "d",
            }
        }
        seen
    }

    fn lost() -> Event {
        Event::NoAnswer(NoAnswer::Unknown)
    }

    fn unsent() -> Event {
        Event::NoAnswer(NoAnswer::Unsent)
    }

    #[test]
    fn a_failing_server_is_tried_three_times() {
        let exchange = FetchToken::repeatable(request(), Retry::default(), 0.5);
        assert_eq!(
            play(exchange, [answer(500), answer(429), answer(503)]),
            "swswsd"
        );
    }

    #[test]
    fn a_refusal_is_final() {
        let exchange = FetchToken::repeatable(request(), Retry::default(), 0.5);
        assert_eq!(play(exchange, [answer(400)]), "sd");
    }

    #[test]
    fn a_lost_answer_is_repeated_as_the_grant_bears_it() {
        let retry = Retry::default();
        let cc = FetchToken::repeatable(request(), retry.clone(), 0.5);
        assert_eq!(play(cc, [lost(), lost(), lost()]), "swswsd");
        let refresh = FetchToken::refresh(request(), retry.clone(), 0.5);
        assert_eq!(play(refresh, [lost(), lost()]), "ssd");
        let refresh = FetchToken::refresh(request(), retry, 0.5);
        assert_eq!(play(refresh, [unsent(), unsent(), unsent()]), "swswsd");
        assert_eq!(play(FetchToken::code(request()), [lost()]), "sd");
        assert_eq!(play(FetchToken::code(request()), [answer(503)]), "sd");
    }

    #[test]
    fn waits_as_long_as_the_server_asks_but_not_past_the_limit() {
        let ask = |seconds: u32| {
            let mut exchange = FetchToken::repeatable(request(), Retry::default(), 0.5);
            let _ = exchange.step(Event::Continue, Duration::ZERO);
            let response = Response::builder().status(429);
            let response = response.header("retry-after", seconds);
            let event = Event::Answer(response.body(Bytes::new()).unwrap());
            exchange.step(event, Duration::ZERO)
        };
        assert!(matches!(ask(3), Step::Wait(pause) if pause == Duration::from_secs(3)));
        assert!(matches!(ask(60), Step::Done(Err(_))));
    }
}
