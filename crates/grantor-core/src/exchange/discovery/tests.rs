//! Tests of discovery.

use super::*;
use http::Response;

fn issuer() -> Issuer {
    Issuer::parse("https://a.example").unwrap()
}

fn answer(status: u16, body: &'static str) -> Event {
    let response = Response::builder().status(status);
    Event::Answer(response.body(Bytes::from_static(body.as_bytes())).unwrap())
}

fn sent(step: Step<Result<ServerMetadata, DiscoveryError>>) -> String {
    match step {
        Step::Send(request) => request.uri().to_string(),
        _ => panic!("nothing was sent"),
    }
}

#[test]
fn tries_all_locations_in_order() {
    let with_path = Issuer::parse("https://a.example/x").unwrap();
    let paths = [
        "/.well-known/oauth-authorization-server/x",
        "/.well-known/openid-configuration/x",
        "/x/.well-known/openid-configuration",
    ];
    let of_root = [
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
    ];
    for (issuer, paths) in [(with_path, &paths[..]), (issuer(), &of_root)] {
        let good = format!(r#"{{"issuer":"{issuer}"}}"#);
        let mut discovery = Discovery::new(issuer);
        let mut step = discovery.step(Event::Continue, Duration::ZERO);
        for path in &paths[1..] {
            sent(step);
            step = discovery.step(answer(404, ""), Duration::ZERO);
            let expected = format!("https://a.example{path}");
            let Step::Send(request) = &step else {
                panic!("nothing was sent");
            };
            assert_eq!(request.uri(), &*expected);
        }
        let found = Event::Answer(Response::new(good.into()));
        let found = discovery.step(found, Duration::ZERO);
        assert!(matches!(found, Step::Done(Ok(_))));
    }
}

/// Runs the exchange with the answers of both locations and returns its output.
fn play(answers: impl IntoIterator<Item = Event>) -> Result<ServerMetadata, DiscoveryError> {
    let mut discovery = Discovery::new(issuer());
    let mut step = discovery.step(Event::Continue, Duration::ZERO);
    for answer in answers {
        assert!(matches!(step, Step::Send(_)), "one answer too many");
        step = discovery.step(answer, Duration::ZERO);
    }
    match step {
        Step::Done(output) => output,
        _ => panic!("not over"),
    }
}

fn compressed() -> Event {
    let response = Response::builder().header("content-encoding", "br");
    Event::Answer(response.body(Bytes::from_static(b"\x1b")).unwrap())
}

const GOOD: &str = r#"{"issuer":"https://a.example"}"#;

#[test]
fn does_not_look_further_when_the_first_lies() {
    let error = play([answer(200, r#"{"issuer":"https://b.example"}"#)]).unwrap_err();
    assert!(error.is_other_issuer() && !error.is_transient());
    assert!(error.to_string().contains("https://b.example"), "{error}");
}

#[test]
fn what_is_wrong_with_the_first_does_not_hide_the_second() {
    for first in [
        answer(200, "<html>"),
        answer(200, "{}"),
        answer(200, r#"{"issuer":"https://a.example","token_endpoint":7}"#),
        answer(302, ""),
        answer(503, ""),
        compressed(),
    ] {
        assert!(play([first, answer(200, GOOD)]).is_ok());
    }
}

#[test]
fn what_may_pass_counts_more_than_what_will_not() {
    for status in [408, 429, 500, 503] {
        let busy = || {
            let response = Response::builder().status(status).header("retry-after", 7);
            Event::Answer(response.body(Bytes::new()).unwrap())
        };
        for answers in [
            [busy(), answer(404, "")],
            [answer(404, ""), busy()],
            [busy(), answer(200, "<html>")],
            [answer(200, "{}"), busy()],
        ] {
            let error = play(answers).unwrap_err();
            assert!(error.is_transient(), "{status}: {error}");
            assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        }
    }
}

#[test]
fn the_more_telling_failure_is_the_error() {
    let page = || answer(200, "<html>");
    let member = || answer(200, r#"{"issuer":"https://a.example","jwks_uri":7}"#);
    for answers in [[page(), answer(404, "")], [answer(404, ""), page()]] {
        let malformed = DiscoveryError::Invalid(InvalidMetadata::Malformed);
        assert_eq!(play(answers), Err(malformed));
    }
    let error = play([compressed(), answer(404, "")]).unwrap_err();
    assert!(error.to_string().contains("\"br\""), "{error}");
    for answers in [[page(), member()], [member(), page()]] {
        let error = play(answers).unwrap_err();
        assert!(error.to_string().contains("jwks_uri"), "{error}");
    }
}

#[test]
fn a_redirect_says_where_to() {
    let response = Response::builder().status(301);
    let location = "https://login.example/x?code=hunter2";
    let response = response.header("location", location);
    let moved = Event::Answer(response.body(Bytes::new()).unwrap());
    let error = play([moved, answer(404, "")]).unwrap_err().to_string();
    assert!(
        error.contains("301") && error.contains("login.example"),
        "{error}"
    );
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn says_what_the_last_location_answered() {
    let forbidden = DiscoveryError::NotFound(StatusCode::FORBIDDEN);
    assert_eq!(play([answer(404, ""), answer(403, "")]), Err(forbidden));
    let error = play([answer(404, ""), answer(503, "")]).unwrap_err();
    assert!(error.to_string().contains("503"), "{error}");
    assert!(error.is_transient());
}
