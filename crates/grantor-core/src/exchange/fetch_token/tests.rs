//! Tests of the exchange, event by event.

use super::*;
use crate::exchange::FailureKind;
use http::{Response, StatusCode};

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
    Event::NoAnswer(NoAnswer::Unknown.into())
}

fn unsent() -> Event {
    Event::NoAnswer(NoAnswer::Unsent.into())
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

fn jwt(claims: &str) -> GrantParameters {
    let assertion = format!("e30.{}.sig", base64url::encode(claims));
    GrantParameters::JwtBearer {
        assertion: assertion.into(),
    }
}

#[test]
fn every_grant_is_repeated_as_it_bears_it() {
    let password = GrantParameters::Password {
        username: "ada".into(),
        password: "p".into(),
    };
    let exchange = GrantParameters::TokenExchange {
        subject_token: "t".into(),
        subject_token_type: crate::token_type::JWT.into(),
        actor: None,
        requested_token_type: None,
    };
    let code = GrantParameters::AuthorizationCode {
        code: "c".into(),
        redirect_uri: None,
        code_verifier: None,
    };
    let refresh = GrantParameters::RefreshToken {
        refresh_token: "r".into(),
    };
    let other = GrantParameters::Other {
        grant_type: "urn:x".into(),
    };
    let unreadable = GrantParameters::JwtBearer {
        assertion: "a.b.c.d.e".into(),
    };
    // After two lost answers, after a 503, and when it could not be sent.
    for (grant, after_lost, after_503, unsent_seen) in [
        (
            GrantParameters::ClientCredentials,
            "swsws",
            "swsws",
            "swsws",
        ),
        (password, "swsws", "swsws", "swsws"),
        (exchange, "swsws", "swsws", "swsws"),
        (jwt("{}"), "swsws", "swsws", "swsws"),
        (jwt(r#"{"jti":"1"}"#), "sd", "sd", "swsws"),
        (unreadable, "sd", "sd", "swsws"),
        (other, "sd", "sd", "swsws"),
        (refresh, "ssd", "swsws", "swsws"),
        (code, "sd", "sd", "sd"),
    ] {
        let new = || FetchToken::for_grant(&grant, request(), Retry::default(), 0.5);
        assert_eq!(play(new(), [lost(), lost()]), after_lost, "{grant:?}");
        assert_eq!(
            play(new(), [answer(503), answer(503)]),
            after_503,
            "{grant:?}"
        );
        assert_eq!(play(new(), [unsent(), unsent()]), unsent_seen, "{grant:?}");
    }
}

#[test]
fn what_is_not_the_networks_fault_is_not_repeated_and_said() {
    for (kind, message, text) in [
        (
            FailureKind::Configuration,
            "the certificate is not trusted",
            "the token endpoint can't be reached: the certificate is not trusted",
        ),
        (
            FailureKind::Peer,
            "it is longer than 1 MiB",
            "the token endpoint gave an answer that can't be read: it is longer than 1 MiB",
        ),
    ] {
        let failure = Failure {
            no_answer: NoAnswer::Unsent,
            kind,
            message: message.to_owned(),
        };
        let mut exchange = FetchToken::repeatable(request(), Retry::default(), 0.5);
        let _ = exchange.step(Event::Continue, Duration::ZERO);
        let step = exchange.step(Event::NoAnswer(failure), Duration::ZERO);
        let Step::Done(Err(error)) = step else {
            panic!("not over");
        };
        assert!(!error.is_transient());
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn only_listed_statuses_are_repeated() {
    let default = || FetchToken::repeatable(request(), Retry::default(), 0.5);
    for status in [408, 429, 500, 502, 503, 504] {
        assert_eq!(play(default(), [answer(status)]), "sws", "{status}");
    }
    for status in [200, 400, 401, 404, 501, 505, 521] {
        assert_eq!(play(default(), [answer(status)]), "sd", "{status}");
    }
    let retry = Retry {
        statuses: vec![StatusCode::CONFLICT],
        ..Retry::default()
    };
    let own = || FetchToken::repeatable(request(), retry.clone(), 0.5);
    assert_eq!(play(own(), [answer(409)]), "sws");
    assert_eq!(play(own(), [answer(503)]), "sd");
}

#[test]
fn a_server_that_says_it_failed_with_another_status_counts_as_503() {
    let failed = |code: &str| {
        let body = format!(r#"{{"error":"{code}"}}"#);
        let response = Response::builder().status(400);
        Event::Answer(response.body(Bytes::from(body)).unwrap())
    };
    let default = || FetchToken::repeatable(request(), Retry::default(), 0.5);
    assert_eq!(play(default(), [failed("server_error")]), "sws");
    assert_eq!(play(default(), [failed("temporarily_unavailable")]), "sws");
    assert_eq!(play(default(), [failed("invalid_grant")]), "sd");
    let retry = Retry {
        statuses: Vec::new(),
        ..Retry::default()
    };
    let none = FetchToken::repeatable(request(), retry, 0.5);
    assert_eq!(play(none, [failed("server_error")]), "sd");
}

#[test]
fn the_answer_is_read_as_this_server_writes_it() {
    let mut quirks = Quirks::NONE;
    quirks.token_at = Some("/inner");
    let exchange = FetchToken::repeatable(request(), Retry::never(), 0.5);
    let mut exchange = exchange.with_quirks(quirks);
    let _ = exchange.step(Event::Continue, Duration::ZERO);
    let body = Bytes::from_static(br#"{"inner":{"access_token":"t"}}"#);
    let step = exchange.step(Event::Answer(Response::new(body)), Duration::ZERO);
    assert!(matches!(step, Step::Done(Ok(token)) if token.access_token == "t".into()));
}

#[test]
fn waits_as_long_as_the_server_asks_but_not_past_the_limit() {
    let ask = |seconds: u32, longest: u64| {
        let retry = Retry {
            longest_retry_after: Duration::from_secs(longest),
            ..Retry::default()
        };
        let mut exchange = FetchToken::repeatable(request(), retry, 0.5);
        let _ = exchange.step(Event::Continue, Duration::ZERO);
        let response = Response::builder().status(429);
        let response = response.header("retry-after", seconds);
        let event = Event::Answer(response.body(Bytes::new()).unwrap());
        exchange.step(event, Duration::ZERO)
    };
    let three = Duration::from_secs(3);
    assert!(matches!(ask(3, 20), Step::Wait(pause) if pause == three));
    assert!(matches!(ask(3, 3), Step::Wait(pause) if pause == three));
    assert!(matches!(ask(60, 90), Step::Done(Err(_))));
    let Step::Done(Err(FetchError::Answer(error))) = ask(3, 2) else {
        panic!("not over")
    };
    assert_eq!(error.retry_after(), Some(three));
}
