//! The answers of the fake server's authorization endpoint: their types, their modes, and requests that are
//! signed.

use bytes::Bytes;
use grantor_core::Params;
use grantor_http::Transport;
use grantor_jose::jwe::{self, ContentEncryption, DecryptionKey, KeyManagement};
use grantor_jose::{Algorithm, Key, base64url, jws, jwt};
use grantor_testkit::FakeServer;
use http::Request;
use serde_json::{Map, Value, json};
use url::Url;

use crate::server;

fn url(server: &FakeServer, more: &[(&str, &str)]) -> Url {
    let mut url = server.issuer().join("/authorize");
    url.query_pairs_mut()
        .append_pair("client_id", "app")
        .append_pair("redirect_uri", "https://app.example/cb")
        .append_pair("scope", "openid")
        .append_pair("state", "s")
        .append_pair("nonce", "n")
        .append_pair(
            "code_challenge",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        )
        .append_pair("code_challenge_method", "S256")
        .extend_pairs(more);
    url
}

fn names(form: &str) -> Vec<String> {
    let params = Params::parse(form.as_bytes()).unwrap();
    params.iter().map(|(name, _)| name.to_owned()).collect()
}

fn claims(jwt: &str) -> Map<String, Value> {
    let payload = base64url::decode(jwt.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

#[test]
fn an_answer_has_what_its_type_asks_for() {
    let server = server();
    for (response_type, hashes, named) in [
        (
            "code id_token",
            &["c_hash", "s_hash"][..],
            &["code", "id_token"][..],
        ),
        (
            "id_token token",
            &["at_hash", "s_hash"],
            &["access_token", "id_token", "expires_in"],
        ),
        ("code token", &[], &["code", "access_token", "token_type"]),
    ] {
        let redirect = server.approve(&url(&server, &[("response_type", response_type)]));
        let fragment = redirect.fragment().unwrap();
        let found = names(fragment);
        for name in named.iter().chain(&["state", "iss"]) {
            assert!(
                found.iter().any(|it| it == name),
                "{response_type}: {found:?}"
            );
        }
        let params = Params::parse(fragment.as_bytes()).unwrap();
        let Some(id_token) = params.get("id_token") else {
            continue;
        };
        let claims = claims(id_token);
        for hash in ["at_hash", "c_hash", "s_hash"] {
            let expected = hashes.contains(&hash);
            assert_eq!(
                claims.contains_key(hash),
                expected,
                "{response_type} {hash}"
            );
        }
        assert_eq!(claims["nonce"], "n");
    }
}

#[tokio::test]
async fn a_form_is_a_page_for_the_browser() {
    let server = server();
    let url = url(
        &server,
        &[("response_type", "code"), ("response_mode", "form_post")],
    );
    let body = server.approve_by_form(&url);
    assert_eq!(names(&body), ["code", "state", "iss"]);
    assert_eq!(
        names(&server.deny_by_form(&url)),
        ["error", "error_description", "state", "iss"]
    );
    let request = Request::get(url.as_str()).body(Bytes::new()).unwrap();
    let page = server.send(request).await.unwrap();
    assert_eq!(page.status(), 200);
    let page = String::from_utf8(page.body().to_vec()).unwrap();
    assert!(page.contains("action=\"https://app.example/cb\"") && page.contains("name=\"code\""));
}

#[test]
fn an_answer_may_be_a_jwt_that_is_changed_and_encrypted() {
    let server = server();
    let asked = [("response_type", "code"), ("response_mode", "jwt")];
    let url = url(&server, &asked);
    let response = |redirect: Url| {
        let (name, value) = redirect.query_pairs().next().unwrap();
        assert_eq!(name, "response");
        value.into_owned()
    };
    let read = claims(&response(server.approve(&url)));
    assert_eq!(
        (&read["iss"], &read["aud"], &read["state"]),
        (&json!("https://idp.example"), &json!("app"), &json!("s"))
    );
    assert_eq!(
        claims(&response(server.deny(&url)))["error"],
        "access_denied"
    );
    server.change_responses(|claims| {
        claims.remove("aud");
    });
    assert!(!claims(&response(server.approve(&url))).contains_key("aud"));
    let key = DecryptionKey::generate(KeyManagement::EcdhEs).unwrap();
    server.encrypt_responses(key.encryption_key().unwrap(), ContentEncryption::A128Gcm);
    let opened = jwe::decrypt(&response(server.approve(&url)), &[key], &jwe::Policy::new());
    assert_eq!(opened.unwrap().content_type.as_deref(), Some("JWT"));
}

#[tokio::test]
async fn a_request_object_replaces_the_parameters_and_is_verified() {
    let server = server();
    let [key, foreign] = [(); 2].map(|()| Key::generate(Algorithm::Es256).unwrap());
    server.verify_requests_with(key.public().cloned().into_iter().collect());
    let claims = json!({
        "iss": "app", "client_id": "app", "aud": "https://idp.example", "exp": 4_000_000_000_u64,
        "response_type": "code", "redirect_uri": "https://signed.example/cb", "state": "signed",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    });
    let signed =
        |key: &Key, claims: &Value| jwt::sign(key, jwt::Typ::REQUEST_OBJECT, claims).unwrap();
    let with = |request: &str| url(&server, &[("response_type", "code"), ("request", request)]);
    let redirect = server.approve(&with(&signed(&key, &claims)));
    assert_eq!(redirect.host_str(), Some("signed.example"));
    let status = async |url: &Url| {
        let request = Request::get(url.as_str()).body(Bytes::new()).unwrap();
        server.send(request).await.unwrap().status().as_u16()
    };
    assert_eq!(status(&with(&signed(&foreign, &claims))).await, 400);
    for (name, value) in [
        ("aud", json!("https://other.example")),
        ("iss", json!("another")),
        ("client_id", json!("another")),
        ("exp", json!(null)),
    ] {
        let mut wrong = claims.clone();
        wrong[name] = value;
        assert_eq!(status(&with(&signed(&key, &wrong))).await, 400, "{name}");
    }
    let own = DecryptionKey::generate_p256(KeyManagement::EcdhEs).unwrap();
    let to = own.encryption_key().unwrap();
    server.decrypt_requests_with(own);
    let header = jwe::Header::new().with_content_type("JWT");
    let object = signed(&key, &claims);
    let encrypted =
        jwe::encrypt(&to, ContentEncryption::A256Gcm, &header, object.as_bytes()).unwrap();
    assert_eq!(status(&with(&encrypted)).await, 302);
    server.require_signed_requests();
    assert_eq!(
        status(&url(&server, &[("response_type", "code")])).await,
        400
    );
    assert!(server.metadata().require_signed_request_object);
    assert!(
        jws::verify(
            &object,
            &key.public().cloned().into_iter().collect(),
            &[Algorithm::Es256]
        )
        .is_ok()
    );
}
