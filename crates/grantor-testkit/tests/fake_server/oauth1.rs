//! The fake server's OAuth 1.0a, driven by the client: three steps, and every method and placement.

use std::sync::Arc;

use bytes::Bytes;
use grantor_client::{OAuth1Endpoints, OAuth1Flow, Tokens};
use grantor_core::Timestamp;
use grantor_core::oauth1::{Credentials, Placement, SignatureMethod, Signing};
use grantor_http::Transport;
use grantor_jose::{Algorithm, Key};
use grantor_rsa_sha1::RsaSha1Key;
use grantor_testkit::{Endpoint, FakeServer, answer, environment};
use http::{Method, Request, Response, header};
use url::Url;

use crate::{server, with_clock};

pub(crate) const CALLBACK: &str = "https://app.example/callback?x=1";

pub(crate) fn signing() -> Signing {
    Signing::new(Credentials::new("app", "s3cret & more"))
}

/// The client's way to sign users in.
pub(crate) fn flow(server: &FakeServer, signing: Signing, callback: &str) -> OAuth1Flow {
    server.add_client("app", "s3cret & more");
    let clock = grantor_testkit::FakeClock::new();
    server.set_clock(&clock);
    let endpoints = OAuth1Endpoints::new(
        server.temporary_credentials_endpoint(),
        server.oauth1_authorization_endpoint(),
        server.token_credentials_endpoint(),
    );
    Tokens::oauth1(signing)
        .transport(server.clone())
        .environment(environment(&clock))
        .allow_origin("https://api.example")
        .oauth1_flow(endpoints, callback)
        .unwrap()
}

/// One signed call of an API, whose request and answer are looked at.
pub(crate) async fn call(server: &FakeServer, tokens: &Tokens) -> Response<Bytes> {
    let mut request = Request::post("https://api.example/things?a=%C3%A9+b&a=1")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Bytes::from_static(b"z=1&b=%20%26&a=1"))
        .unwrap();
    let attempt = tokens.prepare_with_body(&mut request).await.unwrap();
    let answer = server.send(request).await.unwrap();
    assert!(attempt.observe(&answer).await.is_done());
    answer
}

#[tokio::test]
async fn a_user_signs_in_in_three_steps_and_calls_the_api() {
    let server = server();
    server.answer_oauth1_with(|members| {
        let mut members = members.clone();
        members.insert("user_id".to_owned(), 7.into());
        answer::json(200, &members.into())
    });
    let flow = flow(&server, signing(), CALLBACK);
    let started = flow.start().await.unwrap();
    assert!(
        started
            .url
            .as_str()
            .starts_with("https://idp.example/oauth1/authorize?")
    );
    let redirect = server.approve_oauth1(&started.url);
    assert_eq!(
        redirect.as_str(),
        "https://app.example/callback?x=1&oauth_token=temporary-1&oauth_verifier=verifier-1"
    );
    let signed_in = flow
        .finish(started.pending, redirect.as_str())
        .await
        .unwrap();
    assert_eq!(
        signed_in.credentials,
        Credentials::new("token-1", "token-secret-1")
    );
    assert_eq!(signed_in.extra[0], ("user_id".to_owned(), "7".to_owned()));
    assert!(server.takes_oauth1_token("token-1"));

    assert_eq!(call(&server, &signed_in.tokens).await.status(), 200);
    let calls = server.requests(Endpoint::Api);
    let parameter = |name| calls[0].oauth1_parameter(name);
    assert_eq!(parameter("oauth_token").as_deref(), Some("token-1"));
    assert_eq!(parameter("oauth_callback"), None);
    server.revoke_oauth1_tokens();
    let refused = call(&server, &signed_in.tokens).await;
    assert_eq!(refused.status(), 401);
    assert_eq!(
        refused.headers()["www-authenticate"],
        "OAuth realm=\"fake\""
    );
    assert!(refused.body().starts_with(b"oauth_problem=token_rejected&"));
}

#[tokio::test]
async fn a_user_without_a_browser_types_the_verifier_in() {
    let server = server();
    let flow = flow(&server, signing(), "oob");
    let started = flow.start().await.unwrap();
    let verifier = server.approve_oauth1_out_of_band(&started.url);
    let signed_in = flow
        .finish_with_verifier(started.pending, verifier)
        .await
        .unwrap();
    assert_eq!(call(&server, &signed_in.tokens).await.status(), 200);
}

#[tokio::test]
async fn a_browser_is_sent_back_with_the_verifier() {
    for (callback, status) in [(CALLBACK, 302), ("oob", 200)] {
        let server = server();
        let url = flow(&server, signing(), callback)
            .start()
            .await
            .unwrap()
            .url;
        let visit = || server.send(Request::get(url.as_str()).body(Bytes::new()).unwrap());
        let answer = visit().await.unwrap();
        assert_eq!(answer.status(), status);
        let verifier = match answer.headers().get(header::LOCATION) {
            None => String::from_utf8(answer.body().to_vec()).unwrap(),
            Some(location) => {
                let url = Url::parse(location.to_str().unwrap()).unwrap();
                let mut pairs = url.query_pairs();
                pairs
                    .find(|(name, _)| name == "oauth_verifier")
                    .unwrap()
                    .1
                    .into_owned()
            }
        };
        assert!(verifier.starts_with("verifier-"), "{verifier}");
        assert_eq!(visit().await.unwrap().status(), 400, "it was decided");
    }
}

/// RFC 5849 section 1.2.
#[tokio::test]
async fn the_example_of_the_rfc_is_good() {
    let server = server();
    server.add_client("dpf43f3p2l4k3l03", "kd94hf93k423kf44");
    let token = Credentials::new("nnch734d00sl2jdk", "pfkkdhi9sl3r4s00");
    server.add_oauth1_token("dpf43f3p2l4k3l03", &token);
    let request = |signature: &str| {
        let header = format!(
            "OAuth realm=\"Photos\", oauth_consumer_key=\"dpf43f3p2l4k3l03\", \
             oauth_token=\"nnch734d00sl2jdk\", oauth_signature_method=\"HMAC-SHA1\", \
             oauth_timestamp=\"137131202\", oauth_nonce=\"chapoH\", oauth_signature=\"{signature}\""
        );
        let uri = "http://photos.example.net/photos?file=vacation.jpg&size=original";
        let request = Request::get(uri).header(header::AUTHORIZATION, header);
        request.body(Bytes::new()).unwrap()
    };
    let send = async |signature| server.send(request(signature)).await.unwrap().status();
    assert_eq!(send("NdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D").await, 401);
    assert_eq!(send("MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D").await, 200);
}

fn methods(key: &Key) -> Vec<SignatureMethod> {
    let pem = key.to_pkcs8_pem().unwrap();
    let rsa_sha1 = RsaSha1Key::from_pem(&pem).unwrap();
    let rsa = |algorithm| SignatureMethod::rsa(Key::from_pem(algorithm, &pem).unwrap()).unwrap();
    vec![
        SignatureMethod::HmacSha1ForLegacyUseOnly,
        SignatureMethod::HmacSha256,
        SignatureMethod::HmacSha512,
        SignatureMethod::DangerPlaintext,
        SignatureMethod::Own(Arc::new(rsa_sha1)),
        rsa(Algorithm::Rs256),
        rsa(Algorithm::Rs512),
    ]
}

/// Requests that each placement has, with a `Host` that names the port of the scheme.
fn requests(placement: Placement) -> Vec<Request<Bytes>> {
    let request = |method: Method, uri: &str, content_type: &str, body: &'static [u8]| {
        let mut request = Request::builder().method(method).uri(uri);
        if !content_type.is_empty() {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        request.body(Bytes::from_static(body)).unwrap()
    };
    let form = "application/x-www-form-urlencoded; charset=UTF-8";
    let uri = "https://API.example:443/a%20b/%E3%81%82?b=2&a=%2B+1&a&a=%2b0&=";
    let mut requests = vec![
        request(Method::POST, uri, form, b"c+d=~%7e&a=%FF&b=2"),
        request(Method::PUT, "http://[::1]:8080?q", form, b""),
    ];
    if placement != Placement::Body {
        requests.push(request(Method::GET, uri, "", b""));
        requests.push(request(
            Method::PATCH,
            uri,
            "application/json",
            b"{\"a\":1}",
        ));
        requests.push(request(
            Method::POST,
            "https://api.example/",
            "image/png",
            b"\x00\xff",
        ));
    }
    requests
}

#[tokio::test]
async fn every_method_is_verified_in_every_place() {
    let server = server();
    let key = Key::generate(Algorithm::Rs256).unwrap();
    server.add_client("app", "s3cret & more");
    server.add_oauth1_key("app", key.public().unwrap());
    server.require_oauth1_body_hash();
    let mut signing = signing();
    signing.token = Some(server.new_oauth1_token("app"));
    signing.realm = Some("a, \"b\" \\".to_owned());
    let mut nonces = 0..;
    for method in methods(&key) {
        for placement in [Placement::Header, Placement::Query, Placement::Body] {
            for mut request in requests(placement) {
                (signing.method, signing.placement) = (method.clone(), placement);
                let is_hashed = !matches!(method, SignatureMethod::DangerPlaintext);
                if !is_hashed && (request.method() == Method::PATCH || request.body().len() == 2) {
                    continue;
                }
                let about = format!("{} {placement:?} {}", method.as_str(), request.method());
                let nonce = nonces.next().unwrap().to_string();
                let sign = signing.sign(&mut request, &nonce, Timestamp::from_secs(1));
                if let Err(why) = sign {
                    panic!("{about}: {why}");
                }
                let mut changed = request.clone();
                *changed.method_mut() = Method::DELETE;
                let status = server.send(changed).await.unwrap().status();
                assert_eq!(status, if is_hashed { 401 } else { 200 }, "{about}");
                if is_hashed {
                    let answer = server.send(request).await.unwrap();
                    assert_eq!(answer.status(), 200, "{about}: {:?}", answer.body());
                }
            }
        }
    }
    assert_eq!(nonces.start, 80);
}

#[tokio::test]
async fn a_token_is_that_of_its_client_and_a_client_needs_none() {
    let (server, _clock) = with_clock();
    server.add_client("app", "s3cret & more");
    server.add_client("other", "s3cret & more");
    let mut signing = signing();
    let now = grantor_core::Clock::now(&_clock);
    let mut nonces = 0..;
    let mut send = async |signing: &Signing| {
        let mut request = Request::get("https://api.example/")
            .body(Bytes::new())
            .unwrap();
        let nonce = nonces.next().unwrap().to_string();
        signing.sign(&mut request, &nonce, now).unwrap();
        server.send(request).await.unwrap().status()
    };
    assert_eq!(send(&signing).await, 200);
    signing.token = Some(server.new_oauth1_token("other"));
    assert_eq!(send(&signing).await, 401);
    signing.client.identifier = "other".to_owned();
    assert_eq!(send(&signing).await, 200);
    signing.token.as_mut().unwrap().secret = "wrong".into();
    assert_eq!(send(&signing).await, 401);
}

/// The client's own HTTP, whose requests have a `Host` and only the path in their first line.
#[cfg(feature = "listen")]
#[tokio::test]
async fn signed_requests_over_a_socket_are_verified() {
    let server = FakeServer::listen().unwrap();
    server.add_client("app", "s3cret & more");
    server.require_oauth1_body_hash();
    let mut signing = signing();
    signing.token = Some(server.new_oauth1_token("app"));
    for placement in [Placement::Header, Placement::Query, Placement::Body] {
        signing.placement = placement;
        let tokens = Tokens::oauth1(signing.clone()).build().unwrap();
        let api = tokens.session(&format!("{}/", server.api_url())).unwrap();
        let query = [("page", "2"), ("q", "a b+\u{e9}"), ("page", "1")];
        let form = api.post("things").query(&query).form(&query);
        assert_eq!(form.send().await.unwrap().status(), 200, "{placement:?}");
        if placement != Placement::Body {
            let get = api.get("a%20thing").query(&query);
            assert_eq!(get.send().await.unwrap().status(), 200, "{placement:?}");
            let json = api.post("things").json(&["a", "b"]);
            assert_eq!(json.send().await.unwrap().status(), 200, "{placement:?}");
        }
    }
}
