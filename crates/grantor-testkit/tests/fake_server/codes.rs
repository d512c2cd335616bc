//! Authorization codes of the fake server.

use bytes::Bytes;
use grantor_http::Transport;
use grantor_testkit::FakeServer;
use http::Request;
use url::Url;

use crate::{access_token, ask, post, refused, server};

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn authorization_url(server: &FakeServer) -> Url {
    let mut url = server.issuer().join("/authorize");
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", "app")
        .append_pair("redirect_uri", "https://app.example/cb")
        .append_pair("scope", "read")
        .append_pair("state", "s")
        .append_pair("code_challenge", CHALLENGE)
        .append_pair("code_challenge_method", "S256");
    url
}

fn query(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    let pair = pairs.find(|(key, _)| key == name);
    pair.map(|(_, value)| value.into_owned())
}

fn code_form<'a>(code: &'a str, verifier: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("grant_type", "authorization_code"),
        ("client_id", "app"),
        ("code", code),
        ("redirect_uri", "https://app.example/cb"),
        ("code_verifier", verifier),
    ]
}

#[tokio::test]
async fn a_code_is_redeemed_once_with_its_proof() {
    let server = server();
    let redirect = server.approve(&authorization_url(&server));
    assert_eq!(query(&redirect, "state").as_deref(), Some("s"));
    assert_eq!(
        query(&redirect, "iss").as_deref(),
        Some("https://idp.example")
    );
    let code = query(&redirect, "code").unwrap();
    let (_, body) = ask(&server, &code_form(&code, VERIFIER)).await;
    assert_eq!(body["scope"], "read");
    assert!(server.takes_refresh_token(body["refresh_token"].as_str().unwrap()));
    let again = refused(&server, &code_form(&code, VERIFIER)).await;
    assert_eq!(again, "invalid_grant");
    let other = query(&server.approve(&authorization_url(&server)), "code").unwrap();
    let wrong = refused(&server, &code_form(&other, &"x".repeat(43))).await;
    assert_eq!(wrong, "invalid_grant");
    // It is spent, although it brought nothing.
    let late = refused(&server, &code_form(&other, VERIFIER)).await;
    assert_eq!(late, "invalid_grant");
}

#[tokio::test]
async fn a_code_goes_with_the_redirect_uri_of_its_request() {
    let server = server();
    let code = || query(&server.approve(&authorization_url(&server)), "code").unwrap();
    let (other, none) = (code(), code());
    let mut form = code_form(&other, VERIFIER);
    form[3].1 = "https://app.example/other";
    assert_eq!(refused(&server, &form).await, "invalid_grant");
    let [grant_type, client, code, _, verifier] = code_form(&none, VERIFIER);
    let form = [grant_type, client, code, verifier];
    assert_eq!(refused(&server, &form).await, "invalid_grant");
}

#[tokio::test]
async fn a_code_is_for_the_client_that_asked_and_for_nobody_else() {
    let server = server();
    let code = query(&server.approve(&authorization_url(&server)), "code").unwrap();
    let mut stolen = code_form(&code, VERIFIER);
    stolen[1].1 = "another";
    assert_eq!(refused(&server, &stolen).await, "invalid_grant");
    let code = query(&server.approve(&authorization_url(&server)), "code").unwrap();
    let (_, body) = ask(&server, &code_form(&code, VERIFIER)).await;
    let refresh_token = body["refresh_token"].as_str().unwrap();
    let of = |client_id| {
        [
            ("grant_type", "refresh_token"),
            ("client_id", client_id),
            ("refresh_token", refresh_token),
        ]
    };
    assert_eq!(refused(&server, &of("another")).await, "invalid_grant");
    assert_eq!(ask(&server, &of("app")).await.0, 200);
    assert_eq!(server.reuses(), 0);
}

#[tokio::test]
async fn an_authorization_request_is_of_a_known_type_and_from_a_known_client() {
    let server = server();
    let mut unknown = authorization_url(&server);
    let query = unknown
        .query()
        .unwrap()
        .replace("response_type=code", "response_type=magic");
    unknown.set_query(Some(&query));
    let ask = async |url: &Url| {
        let request = Request::get(url.as_str()).body(Bytes::new()).unwrap();
        server.send(request).await.unwrap().status().as_u16()
    };
    assert_eq!(ask(&unknown).await, 400);
    assert_eq!(ask(&authorization_url(&server)).await, 302);
    server.add_client("another", "s3cret");
    assert_eq!(ask(&authorization_url(&server)).await, 400);
}

#[tokio::test]
async fn a_refusal_says_whose_and_of_what_it_is() {
    let server = server();
    let denied = server.deny(&authorization_url(&server));
    let told = |name| query(&denied, name).unwrap();
    assert_eq!(told("error"), "access_denied");
    assert_eq!(told("state"), "s");
    assert_eq!(told("iss"), "https://idp.example");
    assert_eq!(query(&denied, "code"), None);
}

#[tokio::test]
async fn the_tokens_of_a_code_are_of_one_login() {
    let server = server();
    let redirect = server.approve(&authorization_url(&server));
    let code = query(&redirect, "code").unwrap();
    let (_, body) = ask(&server, &code_form(&code, VERIFIER)).await;
    let token = |name: &str| body[name].as_str().unwrap();
    assert!(server.takes_access_token(token("access_token")));
    let given_up = [("token", token("refresh_token"))];
    post(&server, "/revoke", &given_up).await;
    assert!(!server.takes_access_token(token("access_token")));
}

#[tokio::test]
async fn a_browser_is_sent_back_at_once() {
    let server = server();
    let url = authorization_url(&server);
    let request = Request::get(url.as_str()).body(Bytes::new());
    let answer = server.send(request.unwrap()).await.unwrap();
    assert_eq!(answer.status(), 302);
    let location = answer.headers()["location"].to_str().unwrap();
    let code = query(&Url::parse(location).unwrap(), "code").unwrap();
    access_token(&server, &code_form(&code, VERIFIER)).await;
    let bare = Request::get("https://idp.example/authorize").body(Bytes::new());
    assert_eq!(server.send(bare.unwrap()).await.unwrap().status(), 400);
}
