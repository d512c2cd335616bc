//! Authorization requests that are signed (RFC 9101).

use grantor_client::{Assertion, CodeFlow, TokensBuilder};
use grantor_core::{ResponseMode, TokenEndpointAuthMethod};
use grantor_jose::jwe::{ContentEncryption, DecryptionKey, KeyManagement};
use grantor_jose::{Algorithm, Key, KeySet, base64url};
use grantor_testkit::Endpoint;
use serde_json::{Value, json};

use crate::provider::{CALLBACK, builder, flow, sign_in, world};
use crate::support::World;

fn public(key: &Key) -> KeySet {
    key.public().cloned().into_iter().collect()
}

/// A client that has a key of this algorithm, at a server that verifies requests.
fn signing(world: &World, algorithm: Algorithm) -> TokensBuilder {
    let key = Key::generate(algorithm).unwrap();
    world.server.verify_requests_with(public(&key));
    world.server.set_metadata_member(
        "token_endpoint_auth_methods_supported",
        json!(["private_key_jwt"]),
    );
    world.here(builder().client_assertion(Assertion::new(key)))
}

fn parameter(url: &url::Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    let pair = pairs.find(|(known, _)| known == name);
    pair.map(|(_, value)| value.into_owned())
}

/// A part of a JWT: 0 is the header, 1 the claims.
fn part(jwt: &str, part: usize) -> Value {
    let text = jwt.split('.').nth(part).unwrap();
    serde_json::from_slice(&base64url::decode(text).unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_request_is_signed_with_the_key_of_the_client() {
    for algorithm in [
        Algorithm::Rs256,
        Algorithm::Ps256,
        Algorithm::Es256,
        Algorithm::EdDsa,
    ] {
        let world = world();
        let flow = signing(&world, algorithm).code_flow(CALLBACK).unwrap();
        let flow = flow
            .sign_requests()
            .max_age(std::time::Duration::from_secs(60))
            .parameter("claims", r#"{"id_token":{"acr":null}}"#);
        let started = flow.start().await.unwrap();
        let request = parameter(&started.url, "request").unwrap();
        let (header, claims) = (part(&request, 0), part(&request, 1));
        assert_eq!(header["typ"], "oauth-authz-req+jwt");
        assert_eq!(header["alg"], algorithm.as_str());
        for (name, value) in [
            ("iss", json!("app")),
            ("client_id", json!("app")),
            ("aud", json!("https://idp.example")),
            ("response_type", json!("code")),
            ("redirect_uri", json!(CALLBACK)),
            ("code_challenge_method", json!("S256")),
            ("max_age", json!(60)),
            ("claims", json!({"id_token": {"acr": null}})),
            ("state", json!(started.pending.state().expose())),
        ] {
            assert_eq!(claims[name], value, "{name}");
        }
        // RFC 9101 section 10.8: it can be taken for no assertion of the client.
        assert_eq!(claims.get("sub"), None);
        let (iat, exp) = (claims["iat"].as_i64(), claims["exp"].as_i64());
        assert_eq!(exp.zip(iat).map(|(exp, iat)| exp - iat), Some(300));
        assert_eq!(claims["nbf"], claims["iat"]);
        for beside in ["state", "redirect_uri", "nonce", "code_challenge"] {
            assert_eq!(parameter(&started.url, beside), None, "{beside}");
        }
        let redirect = world.server.approve(&started.url);
        assert!(
            flow.finish(started.pending, redirect.as_str())
                .await
                .is_ok()
        );
    }
}

/// RFC 9101 section 10.5.
#[tokio::test(start_paused = true)]
async fn a_request_is_signed_where_the_server_requires_it() {
    let world = world();
    world.server.require_signed_requests();
    let signing = signing(&world, Algorithm::Es256)
        .code_flow(CALLBACK)
        .unwrap();
    assert!(sign_in(&world, &signing).await.is_ok());
    let error = flow(&world).start().await.unwrap_err();
    assert!(error.is_configuration(), "{error:?}");
    assert!(error.to_string().contains("client_assertion"), "{error}");
}

/// RFC 9126 section 3.
#[tokio::test(start_paused = true)]
async fn a_pushed_request_is_signed_too() {
    let world = world();
    let flow = signing(&world, Algorithm::Ps256)
        .code_flow(CALLBACK)
        .unwrap();
    let flow = flow.sign_requests().push_requests();
    assert!(sign_in(&world, &flow).await.is_ok());
    let pushed = world.server.requests(Endpoint::PushedAuthorization);
    assert!(pushed[0].parameter("request").is_some());
    for beside in ["response_type", "scope", "state", "redirect_uri"] {
        assert_eq!(pushed[0].parameter(beside), None, "{beside}");
    }
    assert!(pushed[0].parameter("client_assertion").is_some());
}

/// A client with a secret, or none, has a key for requests alone.
#[tokio::test(start_paused = true)]
async fn a_key_may_be_for_requests_alone() {
    let world = world();
    let key = Key::generate(Algorithm::Es256).unwrap().with_key_id("2026");
    world.server.verify_requests_with(public(&key));
    let flow = flow(&world).sign_requests_with(Assertion::new(key));
    let started = flow.start().await.unwrap();
    let request = parameter(&started.url, "request").unwrap();
    assert_eq!(part(&request, 0)["kid"], "2026");
    let redirect = world.server.approve(&started.url);
    assert!(
        flow.finish(started.pending, redirect.as_str())
            .await
            .is_ok()
    );
    // Further claims of an assertion are not those of a request.
    let key = Key::generate(Algorithm::Es256).unwrap();
    let key = Assertion::new(key)
        .claim("urn:x", 1)
        .audience("https://elsewhere.example");
    let started = self::flow(&world)
        .sign_requests_with(key)
        .start()
        .await
        .unwrap();
    let claims = part(&parameter(&started.url, "request").unwrap(), 1);
    assert_eq!(
        (&claims["aud"], claims.get("urn:x")),
        (&json!("https://idp.example"), None)
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_is_encrypted_to_the_server() {
    let world = world();
    let algorithms = (KeyManagement::EcdhEs, ContentEncryption::A256Gcm);
    let flow = signing(&world, Algorithm::Es256)
        .code_flow(CALLBACK)
        .unwrap();
    let encrypted = |flow: &CodeFlow| flow.clone().encrypt_requests(algorithms.0, algorithms.1);
    let error = encrypted(&flow).start().await.unwrap_err();
    assert!(error.is_configuration(), "{error:?}");
    world
        .server
        .decrypt_requests_with(DecryptionKey::generate_p256(algorithms.0).unwrap());
    world.advance(4000);
    let flow = encrypted(&flow);
    let started = flow.start().await.unwrap();
    let request = parameter(&started.url, "request").unwrap();
    assert_eq!(request.split('.').count(), 5);
    assert_eq!(part(&request, 0)["cty"], "JWT");
    let redirect = world.server.approve(&started.url);
    assert!(
        flow.finish(started.pending, redirect.as_str())
            .await
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn an_algorithm_that_the_server_does_not_take_is_named() {
    let world = world();
    let member = "request_object_signing_alg_values_supported";
    world
        .server
        .set_metadata_member(member, json!(["PS256", "none"]));
    let flow = signing(&world, Algorithm::Es256)
        .code_flow(CALLBACK)
        .unwrap();
    let error = flow.sign_requests().start().await.unwrap_err();
    assert!(error.is_configuration(), "{error:?}");
    assert!(
        error.to_string().contains("PS256") && error.to_string().contains("ES256"),
        "{error}"
    );
}

/// FAPI 2.0 Message Signing: requests and answers are signed.
#[tokio::test(start_paused = true)]
async fn requests_and_answers_are_both_signed() {
    let world = world();
    let flow = signing(&world, Algorithm::Ps256)
        .code_flow(CALLBACK)
        .unwrap();
    let flow = flow
        .sign_requests()
        .push_requests()
        .response_mode(ResponseMode::Jwt);
    assert!(sign_in(&world, &flow).await.is_ok());
    let method = world.server.requests(Endpoint::PushedAuthorization)[0].auth_method();
    assert_ne!(method, Some(TokenEndpointAuthMethod::ClientSecretBasic));
}
