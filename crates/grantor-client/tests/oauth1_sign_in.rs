//! Signing a user in by OAuth 1.0a: three steps against a server that verifies what it gets.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashMap;

use bytes::Bytes;
use grantor_client::{Error, OAuth1Endpoints, OAuth1Flow, PendingOAuth1Authorization, Tokens};
use grantor_core::Secret;
use grantor_core::oauth1::{Credentials, SignatureMethod, Signing, base_string};
use grantor_http::TransportError;
use grantor_testkit::{FakeClock, FakeTransport, environment};
use http::{HeaderMap, Request, Response};

const CALLBACK: &str = "https://app.example/callback?x=1";

fn endpoints() -> OAuth1Endpoints {
    OAuth1Endpoints::new(
        "https://api.example/oauth/request_token",
        "https://api.example/oauth/authorize?lang=en",
        "https://api.example/oauth/access_token",
    )
}

fn signing() -> Signing {
    Signing::new(Credentials::new("app", "s3cret"))
}

/// The parameters of the header, if the signature under the secret of these credentials is good.
fn verified(request: &Request<Bytes>, token_secret: &str) -> HashMap<String, String> {
    let header = request.headers()["authorization"].to_str().unwrap();
    let pairs = header.strip_prefix("OAuth ").unwrap().split(", ");
    let mut pairs: Vec<(String, String)> = pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            let value = percent_encoding::percent_decode_str(value.trim_matches('"'));
            (name.to_owned(), value.decode_utf8().unwrap().into_owned())
        })
        .collect();
    let at = pairs.iter().position(|(name, _)| name == "oauth_signature");
    let (_, signature) = pairs.remove(at.unwrap());
    let (method, uri) = (request.method(), request.uri());
    let base = base_string(method, uri, &HeaderMap::new(), b"", &pairs).unwrap();
    let method = SignatureMethod::HmacSha1ForLegacyUseOnly;
    let expected = method.signature(&base, &Secret::from("s3cret"), &Secret::from(token_secret));
    assert_eq!(signature, expected.unwrap().expose());
    pairs.into_iter().collect()
}

fn answer(status: u16, body: &'static str) -> Result<Response<Bytes>, TransportError> {
    let response = Response::builder().status(status);
    Ok(response.body(Bytes::from_static(body.as_bytes())).unwrap())
}

const TEMPORARY: &str = "oauth_token=hdk48&oauth_token_secret=tmp&oauth_callback_confirmed=true";

/// A server that answers the two requests for credentials so.
fn server(temporary: (u16, &'static str), token: (u16, &'static str)) -> FakeTransport {
    FakeTransport::new(move |request| {
        let (status, body) = match request.uri().path() {
            "/oauth/request_token" => temporary,
            "/oauth/access_token" => token,
            path => panic!("{path}"),
        };
        std::future::ready(answer(status, body))
    })
}

fn flow(transport: &FakeTransport, callback: &str) -> OAuth1Flow {
    Tokens::oauth1(signing())
        .transport(transport.clone())
        .environment(environment(&FakeClock::new()))
        .allow_origin("https://api.example")
        .oauth1_flow(endpoints(), callback)
        .unwrap()
}

fn good() -> FakeTransport {
    server(
        (200, TEMPORARY),
        (200, "oauth_token=nnch&oauth_token_secret=pfkk&user_id=7"),
    )
}

#[tokio::test]
async fn a_user_is_signed_in_in_three_steps() {
    let transport = good();
    let flow = flow(&transport, CALLBACK);
    let started = flow.start().await.unwrap();
    assert_eq!(
        started.url.as_str(),
        "https://api.example/oauth/authorize?lang=en&oauth_token=hdk48"
    );
    assert_eq!(started.pending.identifier().expose(), "hdk48");
    let kept = serde_json::to_string(&started.pending).unwrap();
    let pending: PendingOAuth1Authorization = serde_json::from_str(&kept).unwrap();
    let redirect = "https://app.example/callback?x=1&oauth_token=hdk48&oauth_verifier=473f";
    let signed_in = flow.finish(pending, redirect).await.unwrap();
    assert_eq!(signed_in.credentials, Credentials::new("nnch", "pfkk"));
    assert_eq!(signed_in.extra, [("user_id".to_owned(), "7".to_owned())]);

    let sent = transport.sent();
    let temporary = verified(&sent[0], "");
    assert_eq!(temporary["oauth_callback"], CALLBACK);
    assert!(!temporary.contains_key("oauth_token"));
    let token = verified(&sent[1], "tmp");
    assert_eq!(token["oauth_token"], "hdk48");
    assert_eq!(token["oauth_verifier"], "473f");
    assert!(!token.contains_key("oauth_callback"));
    assert_ne!(temporary["oauth_nonce"], token["oauth_nonce"]);

    let mut request = Request::get("https://api.example/me")
        .body(Bytes::new())
        .unwrap();
    let attempt = signed_in.tokens.prepare(&mut request).await.unwrap();
    let signed = verified(&request, "pfkk");
    assert_eq!(signed["oauth_token"], "nnch");
    assert!(attempt.observe(&Response::new(())).await.is_done());
}

#[tokio::test]
async fn a_user_without_a_browser_types_the_verifier_in() {
    let transport = good();
    let flow = flow(&transport, "oob");
    let pending = flow.start().await.unwrap().pending;
    let error = flow
        .finish_with_verifier(pending.clone(), " ")
        .await
        .unwrap_err();
    assert!(error.needs_login(), "{error}");
    let signed_in = flow.finish_with_verifier(pending, " 4711\n").await.unwrap();
    assert_eq!(signed_in.credentials.identifier, "nnch");
    let sent = transport.sent();
    assert_eq!(verified(&sent[0], "")["oauth_callback"], "oob");
    assert_eq!(verified(&sent[1], "tmp")["oauth_verifier"], "4711");
}

/// RFC 5849 section 2.1: a server of OAuth 1.0 lets an attacker have others authorize a request.
#[tokio::test]
async fn a_callback_that_the_server_does_not_confirm_begins_nothing() {
    let transport = server((200, "oauth_token=a&oauth_token_secret=b"), (200, ""));
    let error = flow(&transport, CALLBACK).start().await.unwrap_err();
    assert!(error.is_refused(), "{error}");
    assert!(
        error.to_string().contains("oauth_callback_confirmed"),
        "{error}"
    );
}

#[tokio::test]
async fn a_redirect_of_another_sign_in_or_server_is_refused_and_nothing_is_sent() {
    let transport = good();
    let flow = flow(&transport, CALLBACK);
    let pending = flow.start().await.unwrap().pending;
    let finish = |redirect: &'static str| flow.finish(pending.clone(), redirect);
    let error = finish("oauth_token=other&oauth_verifier=1")
        .await
        .unwrap_err();
    assert!(error.is_refused(), "{error}");
    let error = finish("oauth_token=hdk48").await.unwrap_err();
    assert!(error.is_refused(), "{error}");
    let error = finish("denied=hdk48").await.unwrap_err();
    assert!(error.needs_login(), "{error}");
    let elsewhere = OAuth1Endpoints::new(
        "https://other.example/request",
        "https://other.example/authorize",
        "https://other.example/token",
    );
    let other = Tokens::oauth1(signing()).transport(transport.clone());
    let other = other.oauth1_flow(elsewhere, CALLBACK).unwrap();
    let redirect = "oauth_token=hdk48&oauth_verifier=1";
    let error = other.finish(pending.clone(), redirect).await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert_eq!(transport.sent().len(), 1);
}

async fn errors(status: u16, body: &'static str) -> [Error; 2] {
    let transport = server((status, body), (status, body));
    let first = flow(&transport, CALLBACK).start().await.unwrap_err();
    let transport = server((200, TEMPORARY), (status, body));
    let flow = flow(&transport, CALLBACK);
    let pending = flow.start().await.unwrap().pending;
    let redirect = "oauth_token=hdk48&oauth_verifier=1";
    [first, flow.finish(pending, redirect).await.unwrap_err()]
}

#[tokio::test]
async fn an_error_says_whose_fault_it_is_and_no_secret() {
    let [first, second] = errors(401, "oauth_problem=consumer_key_unknown&secret=s3cret").await;
    assert!(first.is_configuration(), "{first}");
    assert!(
        first.to_string().contains("401: consumer_key_unknown"),
        "{first}"
    );
    assert!(second.needs_login(), "{second}");
    for status in [429, 500, 503] {
        for error in errors(status, "busy s3cret").await {
            assert!(error.is_transient(), "{error}");
            assert!(!format!("{error:?}").contains("s3cret"));
        }
    }
    for error in errors(302, "").await {
        assert!(error.is_refused(), "{error}");
    }
}

#[test]
fn what_can_not_work_is_said_at_once() {
    let mut with_token = signing();
    with_token.token = Some(Credentials::new("t", "s"));
    let insecure = OAuth1Endpoints::new("http://api.example/r", "nowhere", "https://api.example/t");
    let error = Tokens::oauth1(with_token).oauth1_flow(insecure, "callback");
    let error = error.unwrap_err().to_string();
    for part in [
        "\"temporary_credentials\"",
        "\"authorization\"",
        "callback",
        "\"token\" of the Signing",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let bearer = Tokens::static_token("t").oauth1_flow(endpoints(), "oob");
    assert!(bearer.unwrap_err().to_string().contains("\"oauth1\""));
    let error = Tokens::oauth1(Signing::new(Credentials::new("", "s")))
        .scope("read")
        .token_set("t")
        .build()
        .unwrap_err()
        .to_string();
    for part in ["identifier", "scope", "token set"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[tokio::test]
async fn there_is_no_token_to_get_and_nothing_shows_a_secret() {
    let transport = good();
    let flow = flow(&transport, CALLBACK);
    let started = flow.start().await.unwrap();
    let debug = format!("{flow:?} {started:?} {:?}", Tokens::oauth1(signing()));
    for secret in ["s3cret", "tmp", "hdk48"] {
        assert!(!debug.contains(secret), "{debug}");
    }
    let tokens = Tokens::oauth1(signing())
        .transport(transport)
        .build()
        .unwrap();
    let error = tokens.get().await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert!(error.to_string().contains("OAuth 1.0a"), "{error}");
}
