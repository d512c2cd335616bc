//! Faults of the fake server.

use bytes::Bytes;
use grantor_core::exchange::{FetchToken, NoAnswer, Retry};
use grantor_core::{Clock, GrantParameters, Timestamp, TokenResponse};
use grantor_http::{Transport, TransportError};
use grantor_jose::base64url;
use grantor_testkit::{Endpoint, FakeClock, FakeServer, Fault, ScriptedAnswer, Waits, environment};
use http::{Request, Response};
use tokio::time::Instant;

use crate::{CLIENT_CREDENTIALS, ask, call, form_request, post, seconds, server, with_clock};

async fn send(server: &FakeServer) -> Result<Response<Bytes>, TransportError> {
    let request = form_request(&server.token_endpoint(), &CLIENT_CREDENTIALS);
    server.send(request).await
}

async fn answer(server: &FakeServer, fault: Fault) -> Response<Bytes> {
    server.fail_next(fault);
    send(server).await.unwrap()
}

/// Checks the sender's outcome, and whether the server saw the request and gave a token.
async fn check_on_the_way(fault: Fault, expected: NoAnswer, seen: usize, given: bool) {
    let server = server();
    server.fail_next(fault.clone());
    let error = send(&server).await.unwrap_err();
    assert_eq!(error.no_answer(), expected, "{fault:?}");
    assert_eq!(server.token_requests(), seen, "{fault:?}");
    assert_eq!(server.takes_access_token("access-1"), given, "{fault:?}");
}

#[tokio::test]
async fn what_happens_on_the_way() {
    check_on_the_way(Fault::Unsent, NoAnswer::Unsent, 0, false).await;
    check_on_the_way(Fault::RequestLost, NoAnswer::Unknown, 0, false).await;
    check_on_the_way(Fault::AnswerLost, NoAnswer::Unknown, 1, true).await;
    check_on_the_way(Fault::ConnectionDropped, NoAnswer::Unknown, 1, true).await;
    check_on_the_way(Fault::TooLarge, NoAnswer::Unknown, 1, false).await;
}

#[tokio::test]
async fn answers_that_are_none() {
    let server = server();
    assert_eq!(answer(&server, Fault::Status(502)).await.status(), 502);
    let parse = |answer: &Response<Bytes>| {
        serde_json::from_slice::<serde_json::Value>(answer.body()).is_ok()
    };
    for fault in [Fault::NotJson, Fault::HalfJson, Fault::Html] {
        let answer = answer(&server, fault.clone()).await;
        assert_eq!(answer.status(), 200);
        assert!(!parse(&answer), "{fault:?}");
        let html = answer.headers()["content-type"] != "application/json";
        assert_eq!(html, fault == Fault::Html);
    }
    let scripted = ScriptedAnswer::new(418)
        .header("x-tea", "green")
        .body("short");
    let answer = answer(&server, Fault::Answer(scripted)).await;
    assert_eq!(answer.status(), 418);
    assert_eq!(answer.headers()["x-tea"], "green");
    assert_eq!(answer.body(), "short");
    assert!(!server.takes_access_token("access-1"));
}

#[tokio::test]
async fn pauses_that_a_server_asks_for() {
    let server = server();
    let at = Timestamp::from_secs(784_111_777);
    for (fault, status, value) in [
        (Fault::TooManyRequests(7), 429, "7"),
        (Fault::Unavailable(8), 503, "8"),
        (
            Fault::RetryAt(503, at),
            503,
            "Sun, 06 Nov 1994 08:49:37 GMT",
        ),
    ] {
        let answer = answer(&server, fault).await;
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["retry-after"], value);
    }
}

#[tokio::test]
async fn a_date_to_come_back_at_is_beside_that_of_the_answer() {
    let (server, clock) = (server(), FakeClock::new());
    server.set_clock(&clock);
    let at = clock.now() + std::time::Duration::from_secs(7);
    let answer = answer(&server, Fault::RetryAt(503, at)).await;
    let (date, after) = (&answer.headers()["date"], &answer.headers()["retry-after"]);
    assert_ne!(date, after);
    let read = TokenResponse::from_response(&answer).unwrap_err();
    assert_eq!(read.retry_after(), Some(std::time::Duration::from_secs(7)));
}

#[tokio::test]
async fn refusals_in_words_of_oauth() {
    let server = server();
    let refused = answer(&server, Fault::Refused("invalid_grant")).await;
    assert_eq!(refused.status(), 400);
    let refused = answer(&server, Fault::Refused("invalid_client")).await;
    assert_eq!(refused.status(), 401);
    assert!(refused.headers().contains_key("www-authenticate"));
}

#[tokio::test]
async fn faults_are_counted_queue_up_and_are_cleared() {
    let server = server();
    server.fail_always(Endpoint::Token, Fault::Status(500));
    server.fail_times(Endpoint::Token, 2, Fault::Status(501));
    server.fail_next(Fault::Status(502));
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(send(&server).await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [501, 501, 502, 500, 500]);
    server.clear_faults();
    assert_eq!(ask(&server, &CLIENT_CREDENTIALS).await.0, 200);
}

#[tokio::test]
async fn every_endpoint_has_faults_of_its_own() {
    let server = server();
    let metadata = server.issuer().metadata_urls()[0].path().to_owned();
    for (endpoint, path) in [
        (Endpoint::Metadata, metadata.as_str()),
        (Endpoint::Introspection, "/introspect"),
        (Endpoint::Revocation, "/revoke"),
        (Endpoint::DeviceAuthorization, "/device_authorization"),
    ] {
        server.fail_next_at(endpoint, Fault::Status(500));
        assert_eq!(ask(&server, &CLIENT_CREDENTIALS).await.0, 200);
        assert_eq!(post(&server, path, &[]).await.status(), 500, "{path}");
        assert_eq!(post(&server, path, &[]).await.status(), 200, "{path}");
        assert_eq!(server.count(endpoint), 2);
    }
}

#[tokio::test]
async fn a_panic_leaves_the_server_as_it_was() {
    let server = server();
    server.fail_next(Fault::Panic);
    let copy = server.clone();
    assert!(
        tokio::spawn(async move { send(&copy).await })
            .await
            .is_err()
    );
    assert_eq!(ask(&server, &CLIENT_CREDENTIALS).await.0, 200);
}

#[tokio::test]
async fn what_is_never_answered_is_seen_waiting() {
    let server = server();
    server.fail_next(Fault::Never);
    let copy = server.clone();
    let asking = tokio::spawn(async move { send(&copy).await });
    server.holds(1).await;
    assert_eq!(server.token_requests(), 1);
    assert!(!asking.is_finished());
    assert!(server.last_token_request().unwrap().status().is_none());
    asking.abort();
    assert!(asking.await.is_err());
}

#[tokio::test]
async fn requests_are_held_until_they_are_released() {
    let server = server();
    server.hold();
    let copy = server.clone();
    let asking = tokio::spawn(async move { send(&copy).await });
    server.holds(1).await;
    assert!(!server.takes_access_token("access-1"));
    server.release();
    assert_eq!(asking.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn a_delay_is_over_when_the_clock_was_moved() {
    let (server, clock) = with_clock();
    server.fail_next(Fault::Delay(seconds(5)));
    let copy = server.clone();
    let asking = tokio::spawn(async move { send(&copy).await });
    server.holds(1).await;
    clock.advance(seconds(4));
    tokio::task::yield_now().await;
    assert!(!asking.is_finished());
    clock.advance(seconds(1));
    assert_eq!(asking.await.unwrap().unwrap().status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_delay_without_a_clock_is_on_tokios_time() {
    let server = server();
    server.fail_next(Fault::Delay(seconds(5)));
    let began = Instant::now();
    send(&server).await.unwrap();
    assert_eq!(began.elapsed(), seconds(5));
}

#[tokio::test]
async fn an_answer_takes_its_time_on_the_clock() {
    let (server, clock) = with_clock();
    let before = clock.now();
    server.fail_next(Fault::Takes(seconds(5)));
    send(&server).await.unwrap();
    assert_eq!(clock.now().since(before), seconds(5));
    assert_eq!(server.last_token_request().unwrap().at(), Some(before));
}

fn with_proof(mut request: Request<Bytes>, nonce: &str) -> Request<Bytes> {
    let payload = base64url::encode(format!(r#"{{"nonce":"{nonce}"}}"#));
    let proof = format!("e30.{payload}.x").parse().unwrap();
    request.headers_mut().insert("dpop", proof);
    request
}

#[tokio::test]
async fn a_nonce_is_wanted_until_a_proof_has_it() {
    let server = server();
    let demand = || Fault::UseDpopNonce("n1".into());
    server.fail_always(Endpoint::Token, demand());
    let bare = || form_request(&server.token_endpoint(), &CLIENT_CREDENTIALS);
    for request in [bare(), with_proof(bare(), "n0")] {
        let answer = server.send(request).await.unwrap();
        assert_eq!(answer.status(), 400);
        assert_eq!(answer.headers()["dpop-nonce"], "n1");
        assert!(answer.body().starts_with(br#"{"error":"use_dpop_nonce""#));
    }
    let answer = server.send(with_proof(bare(), "n1")).await.unwrap();
    assert_eq!(answer.status(), 200);
    server.fail_always(Endpoint::Api, demand());
    let request = call("https://api.example/", "access-1");
    let answer = server.api(&request);
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.headers()["dpop-nonce"], "n1");
    assert_eq!(
        answer.headers()["www-authenticate"],
        r#"DPoP error="use_dpop_nonce""#
    );
    assert_eq!(server.api(&with_proof(request, "n1")).status(), 200);
}

#[tokio::test]
async fn a_retry_waits_by_the_clock_alone() {
    let (server, clock) = with_clock();
    let fetch = || {
        let request = form_request(&server.token_endpoint(), &CLIENT_CREDENTIALS);
        let grant = GrantParameters::ClientCredentials;
        let exchange = FetchToken::for_grant(&grant, request, Retry::default(), 1.0);
        let (server, environment) = (server.clone(), environment(&clock));
        async move { grantor_http::drive(exchange, &server, &environment).await }
    };
    server.fail_next(Fault::Unavailable(5));
    let fetching = tokio::spawn(fetch());
    tokio::task::yield_now().await;
    server.assert_token_requests(1);
    clock.advance(seconds(4));
    tokio::task::yield_now().await;
    assert!(!fetching.is_finished());
    clock.advance(seconds(1));
    assert!(fetching.await.unwrap().is_ok());

    clock.set_waits(Waits::MoveTheClock);
    server.fail_next(Fault::Unavailable(5));
    let began = clock.elapsed();
    assert!(fetch().await.is_ok());
    assert_eq!(clock.elapsed() - began, seconds(5));
}
