//! Blocking sessions, without a runtime and within one.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::time::Duration;

use grantor_client::blocking::{SendError, Session};
use grantor_client::{SubjectToken, Tokens};
use http::Response;
use support::web::{Answer, Web};
use support::{ISSUER, World};
use tokio::runtime::Runtime;

fn session(world: &World, web: &Web) -> Session {
    let tokens = world.thread(world.client()).build().unwrap();
    tokens.blocking_session(&web.url("/v1/")).unwrap()
}

fn text(mut response: Response<ureq::Body>) -> String {
    response.body_mut().read_to_string().unwrap()
}

/// The web server has a runtime; who calls it has none.
fn serve(handler: impl Fn(&str) -> Answer + Send + Sync + 'static) -> (Runtime, Web) {
    let runtime = Runtime::new().unwrap();
    let web = runtime.block_on(Web::start(handler));
    (runtime, web)
}

fn echo(request: &str) -> Answer {
    Answer::text(200, request)
}

#[test]
fn needs_no_runtime() {
    let world = World::new();
    let (_runtime, web) = serve(echo);
    let api = session(&world, &web);
    let seen = text(api.get("things").query([("page", "1 2")]).send().unwrap());
    assert!(
        seen.starts_with("GET /v1/things?page=1+2 HTTP/1.1"),
        "{seen}"
    );
    assert!(seen.contains("authorization: Bearer access-1"), "{seen}");
    assert_eq!(web.connections(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_a_thread_of_a_runtime() {
    let world = World::new();
    let web = Web::start(echo).await;
    let seen = text(session(&world, &web).get("things").send().unwrap());
    assert!(seen.contains("authorization: Bearer access-1"), "{seen}");
}

#[test]
fn every_method_sends_what_it_is_given() {
    let world = World::new();
    let (_runtime, web) = serve(echo);
    let api = session(&world, &web);
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"] {
        let request = api.request(method.parse().unwrap(), "/x").body("b");
        let seen = text(request.send().unwrap());
        assert!(seen.starts_with(&format!("{method} /x ")), "{seen}");
        assert!(seen.ends_with("\r\n\r\nb"), "{seen}");
    }
    for request in [
        api.post("/x"),
        api.put("/x"),
        api.delete("/x"),
        api.options("/x"),
    ] {
        let seen = text(request.send().unwrap());
        assert!(seen.ends_with("\r\n\r\n"), "{seen}");
    }
    assert_eq!(text(api.head("/x").send().unwrap()), "");
    let seen = text(api.post("/x").form([("a", "b c")]).send().unwrap());
    assert!(seen.contains("content-type: application/x-www-form-urlencoded"));
    assert!(seen.ends_with("\r\n\r\na=b+c"), "{seen}");
    let seen = text(api.patch("/x").json(&["a"]).send().unwrap());
    assert!(seen.contains("content-type: application/json"), "{seen}");
    assert!(seen.ends_with("\r\n\r\n[\"a\"]"), "{seen}");
}

#[test]
fn a_wrong_request_is_an_error_when_it_is_sent() {
    let world = World::new();
    let (_runtime, web) = serve(echo);
    let api = session(&world, &web);
    for request in [api.get("http://[").header("a", "b"), api.get("mailto:a@b")] {
        let error = request.send().unwrap_err();
        assert!(matches!(error, SendError::InvalidUrl(_)), "{error:?}");
    }
    for request in [
        api.get("/x").header("a b", "c"),
        api.get("/x").header("a", "b\n").body("c"),
    ] {
        let error = request.send().unwrap_err();
        let as_expected = matches!(&error, SendError::Request(ureq::Error::Http(_)));
        assert!(as_expected, "{error:?}");
    }
    let keys_are_no_texts = std::collections::HashMap::from([((), ())]);
    let error = api.post("/x").json(&keys_are_no_texts).send().unwrap_err();
    let as_expected = matches!(&error, SendError::Request(ureq::Error::Other(_)));
    assert!(as_expected, "{error:?}");
    assert_eq!(web.requests(), 0);
}

#[test]
fn redirects_are_followed_by_the_rules_of_every_session() {
    let world = World::new();
    let (_other_runtime, other) = serve(echo);
    let elsewhere = other.url("/file");
    let (_runtime, web) = serve(move |request| {
        let path = request.split(' ').nth(1).unwrap();
        match path {
            "/v1/far" => Answer::redirect(307, &elsewhere),
            "/v1/loop" => Answer::redirect(302, "/v1/loop"),
            "/v1/insecure" => Answer::redirect(302, "http://other.example/"),
            "/v1/other" => Answer::redirect(303, "/v1/here"),
            _ => echo(request),
        }
    });
    let api = session(&world, &web);
    let far = api
        .get("far")
        .header("x-key", "mine")
        .header("accept", "a/b");
    let far = text(far.send().unwrap());
    assert!(far.contains("accept: a/b"), "{far}");
    assert!(!far.contains("access-1") && !far.contains("mine"), "{far}");
    let put = api.put("far").body("secret").send().unwrap();
    assert_eq!(put.status(), 307, "a body goes nowhere by itself");
    let own = api.get("far").header("authorization", "Bearer mine");
    let own = text(own.send().unwrap());
    assert!(!own.contains("mine"), "{own}");
    let other = text(api.post("other").json(&1).send().unwrap());
    assert!(other.starts_with("GET /v1/here "), "{other}");
    assert!(!other.contains("content-type"), "{other}");
    assert_eq!(api.get("insecure").send().unwrap().status(), 302);
    assert!(api.get("loop").send().is_err());
}

#[test]
fn gives_up_in_time_and_shows_no_query() {
    let world = World::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/", silent.local_addr().unwrap());
    let tokens = world.thread(world.client()).build().unwrap();
    let api = tokens.blocking_session(&base).unwrap();
    let request = api
        .get("x?secret=hunter2")
        .timeout(Duration::from_millis(50));
    let error = request.send().unwrap_err();
    let late = matches!(&error, SendError::Request(ureq::Error::Timeout(_)));
    assert!(late, "{error:?}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[test]
fn sessions_of_subjects_send_over_one_connection_each_with_its_own_token() {
    let world = World::new();
    let (_runtime, web) = serve(echo);
    let builder = Tokens::token_exchange(ISSUER, "app", "s3cret");
    let tokens = world.thread(builder).build().unwrap();
    let api = tokens.blocking_session(&web.url("/v1/")).unwrap();
    for (subject, token) in [("alice", "access-1"), ("bob", "access-2")] {
        world.server.trust_token(subject);
        let api = api
            .for_subject(SubjectToken::access_token(subject))
            .unwrap();
        let seen = text(api.get("x").send().unwrap());
        assert!(seen.contains(&format!("Bearer {token}\r\n")), "{seen}");
    }
    assert_eq!(web.connections(), 1);
}
