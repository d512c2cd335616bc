//! Tests of polling for a device's token.

use super::*;
use crate::exchange::{FailureKind, NoAnswer};
use http::Response;

fn exchange(expires_in: u64) -> Polling {
    let response = DeviceAuthorizationResponse {
        device_code: "d".into(),
        user_code: "WDJB-MJHT".into(),
        verification_uri: "https://example.com/device".parse().unwrap(),
        verification_uri_complete: None,
        expires_in: Duration::from_secs(expires_in),
        interval: Duration::from_secs(5),
    };
    Polling::of_device(Request::new(Bytes::new()), &response)
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
) -> (Vec<u64>, Option<Result<TokenResponse, PollingError>>) {
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
        (refusal("access_denied"), PollingError::Denied),
        (refusal("authorization_declined"), PollingError::Denied),
        (
            answer(200, r#"{"error":"access_denied"}"#),
            PollingError::Denied,
        ),
        (refusal("expired_token"), PollingError::Expired),
    ] {
        assert_eq!(play(600, [event]).1, Some(Err(error)));
    }
    for event in [refusal("invalid_grant"), answer(404, "<html>")] {
        let end = play(600, [event]).1;
        assert!(matches!(end, Some(Err(PollingError::Answer(_)))), "{end:?}");
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
    assert_eq!(end, Some(Err(PollingError::NoAnswer(failure))));
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
    assert_eq!(end, Some(Err(PollingError::Expired)));
    assert_eq!(play(5, []).1, Some(Err(PollingError::Expired)));
    let lost = Event::NoAnswer(NoAnswer::Unsent.into());
    let silent = PollingError::NoAnswer(NoAnswer::Unsent.into());
    assert_eq!(play(12, [lost]).1, Some(Err(silent)));
}
