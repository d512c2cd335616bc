//! Requests of OAuth 1.0a that the fake server refuses, and the words in which it does.

use bytes::Bytes;
use grantor_core::Clock;
use grantor_core::oauth1::{Callback, Placement, SignatureMethod, Signing};
use grantor_http::Transport;
use grantor_testkit::{FakeClock, FakeServer};
use http::{Request, Response, header};

use crate::oauth1::{CALLBACK, flow, signing};
use crate::{seconds, server, with_clock};

fn problem(answer: &Response<Bytes>) -> String {
    let body = std::str::from_utf8(answer.body()).unwrap();
    let word = body.strip_prefix("oauth_problem=").unwrap();
    let word = word.split('&').next().unwrap().to_owned();
    let challenge = answer.headers().contains_key(header::WWW_AUTHENTICATE);
    assert_eq!(challenge, answer.status() == 401, "RFC 9110 section 15.5.2");
    format!("{} {word}", answer.status().as_u16())
}

fn known() -> (FakeServer, FakeClock) {
    let (server, clock) = with_clock();
    server.add_client("app", "s3cret & more");
    (server, clock)
}

fn signed(signing: &Signing, nonce: &str, clock: &FakeClock) -> Request<Bytes> {
    let request = Request::post("https://api.example/things");
    let mut request = request.body(Bytes::new()).unwrap();
    signing.sign(&mut request, nonce, clock.now()).unwrap();
    request
}

/// The word for a call with a header that was changed after it was signed.
async fn with_header(change: impl FnOnce(String) -> String) -> String {
    let (server, clock) = known();
    let mut request = signed(&signing(), "n", &clock);
    let header = request.headers()["authorization"].to_str().unwrap();
    let changed = change(header.to_owned());
    assert_ne!(changed, header);
    let changed = changed.parse().unwrap();
    request.headers_mut().insert(header::AUTHORIZATION, changed);
    problem(&server.send(request).await.unwrap())
}

#[tokio::test]
async fn malformed_and_wrong_requests_are_told_apart() {
    let check = async |from: &str, to: &str, expected: &str| {
        let word = with_header(|header| header.replacen(from, to, 1)).await;
        assert_eq!(word, expected, "{from} {to}");
    };
    check("oauth_nonce", "no_nonce", "400 parameter_absent").await;
    check("oauth_timestamp", "no_timestamp", "400 parameter_absent").await;
    check("oauth_consumer_key", "no_key", "400 parameter_absent").await;
    check("oauth_signature=", "no_signature=", "400 parameter_absent").await;
    check(
        "oauth_signature_method",
        "no_method",
        "400 parameter_absent",
    )
    .await;
    check(
        "OAuth ",
        "OAuth oauth_version=\"2.0\", ",
        "400 version_rejected",
    )
    .await;
    check(
        "OAuth ",
        "OAuth oauth_nonce=\"2\", ",
        "400 parameter_rejected",
    )
    .await;
    check("timestamp=\"", "timestamp=\"-", "400 parameter_rejected").await;
    check("timestamp=\"1", "timestamp=\"9", "401 timestamp_refused").await;
    check("HMAC-SHA1", "HMAC-MD5", "400 signature_method_rejected").await;
    check("key=\"app", "key=\"other", "401 consumer_key_unknown").await;
    check(
        "OAuth ",
        "OAuth oauth_token=\"other\", ",
        "401 token_rejected",
    )
    .await;
    check("OAuth ", "OAuth x=\"y\", ", "401 signature_invalid").await;
    check("nonce=\"n", "nonce=\"m", "401 signature_invalid").await;
}

#[tokio::test]
async fn a_nonce_is_good_once_for_its_time_and_its_time_ends() {
    let (server, clock) = known();
    let send = async |request: &Request<Bytes>| server.send(request.clone()).await.unwrap();
    let request = signed(&signing(), "n", &clock);
    assert_eq!(send(&request).await.status(), 200);
    assert_eq!(problem(&send(&request).await), "401 nonce_used");
    let later = signed(&signing(), "other", &clock);
    clock.advance(seconds(1));
    assert_eq!(send(&signed(&signing(), "n", &clock)).await.status(), 200);
    clock.advance(seconds(300));
    assert_eq!(problem(&send(&later).await), "401 timestamp_refused");
}

#[tokio::test]
async fn parameters_in_two_places_and_methods_that_are_not_taken_are_refused() {
    let (server, clock) = known();
    server.set_oauth1_signature_methods(&["HMAC-SHA256"]);
    let answer = server.send(signed(&signing(), "n", &clock)).await.unwrap();
    assert_eq!(problem(&answer), "400 signature_method_rejected");
    let mut signing = signing();
    signing.method = SignatureMethod::HmacSha256;
    signing.placement = Placement::Query;
    let mut request = signed(&signing, "n", &clock);
    let header = "OAuth oauth_token=\"t\"".parse().unwrap();
    request.headers_mut().insert(header::AUTHORIZATION, header);
    let answer = server.send(request).await.unwrap();
    assert_eq!(problem(&answer), "400 parameter_rejected");
}

#[tokio::test]
async fn a_body_is_that_of_its_hash() {
    let (server, clock) = known();
    let sign = |signing: &Signing, nonce: &str| {
        let request = Request::post("https://api.example/").header("content-type", "text/plain");
        let mut request = request.body(Bytes::from_static(b"body")).unwrap();
        signing.sign(&mut request, nonce, clock.now()).unwrap();
        request
    };
    let mut other = sign(&signing(), "1");
    *other.body_mut() = Bytes::from_static(b"other");
    let answer = server.send(other).await.unwrap();
    assert_eq!(problem(&answer), "401 signature_invalid");
    let mut without = signing();
    without.body_hash = grantor_core::oauth1::BodyHash::Omitted;
    let answer = server.send(sign(&without, "2")).await.unwrap();
    assert_eq!(answer.status(), 200);
    server.require_oauth1_body_hash();
    let answer = server.send(sign(&without, "3")).await.unwrap();
    assert_eq!(problem(&answer), "400 parameter_absent");
    without.extra = vec![("oauth_body_hash".to_owned(), "x".to_owned())];
    let request = Request::post("https://api.example/");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let mut request = request.body(Bytes::from_static(b"a=b")).unwrap();
    without.sign(&mut request, "4", clock.now()).unwrap();
    let answer = server.send(request).await.unwrap();
    assert_eq!(problem(&answer), "400 parameter_rejected");
}

#[tokio::test]
async fn temporary_credentials_are_redeemed_once_by_their_client_with_their_verifier() {
    let server = server();
    let flow = flow(&server, signing(), CALLBACK);
    let started = flow.start().await.unwrap();
    let finish = async |verifier: &str| {
        let redirect = format!("oauth_token=temporary-1&oauth_verifier={verifier}");
        let error = flow.finish(started.pending.clone(), &redirect).await;
        error.map_err(|error| error.to_string())
    };
    let refused = async |verifier: &str, word: &str| {
        let error = finish(verifier).await.unwrap_err();
        assert!(error.contains(word), "{error}");
    };
    refused("verifier-1", "permission_unknown").await;
    let redirect = server.approve_oauth1(&started.url);
    assert!(redirect.as_str().ends_with("oauth_verifier=verifier-1"));
    refused("verifier-2", "verifier_invalid").await;
    assert!(finish("verifier-1").await.is_ok());
    refused("verifier-1", "token_used").await;
}

#[tokio::test]
async fn a_user_who_refuses_gives_no_token() {
    let server = server();
    let flow = flow(&server, signing(), CALLBACK);
    let started = flow.start().await.unwrap();
    let redirect = server.deny_oauth1(&started.url);
    let finish = |redirect: String| {
        let (flow, pending) = (&flow, started.pending.clone());
        async move { flow.finish(pending, &redirect).await.unwrap_err() }
    };
    assert!(finish(redirect.to_string()).await.needs_login());
    let forged = "oauth_token=temporary-1&oauth_verifier=verifier-1".to_owned();
    let error = finish(forged).await.to_string();
    assert!(error.contains("permission_denied"), "{error}");
}

#[tokio::test]
async fn temporary_credentials_take_a_callback() {
    let (server, clock) = known();
    let endpoint = server.temporary_credentials_endpoint();
    let now = clock.now();
    let request = Request::post(endpoint.as_str());
    let mut request = request.body(Bytes::new()).unwrap();
    signing().sign(&mut request, "1", now).unwrap();
    let answer = server.send(request).await.unwrap();
    assert_eq!(problem(&answer), "400 parameter_absent");
    let mut wrong = signing();
    wrong.client.secret = "other".into();
    let request = wrong.temporary_credentials_request(&endpoint, &Callback::OutOfBand, "2", now);
    let answer = server.send(request.unwrap()).await.unwrap();
    assert_eq!(problem(&answer), "401 signature_invalid");
}
