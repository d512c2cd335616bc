//! The modules of the OpenID Foundation's plan `fapi2-security-profile-final-test-plan` that are about
//! authorization requests, codes and refresh tokens, under their own names, in the variant without OpenID:
//! clients with `private_key_jwt` and DPoP, and requests that are pushed.

use std::time::Duration;

use bytes::Bytes;
use grantor_jose::{Algorithm, Key};
use grantor_server::NewClient;
use http::{Method, Request};
use http_body_util::Full;

use crate::support::assertion::{Signing, request};
use crate::support::dpop::{Prover, with_proof};
use crate::support::{
    API, APP, Ask, Browser, Code, Fixture, ISSUER, Reply, STATE, Tokens, Who, form, value,
};

const CLIENT: Who = Who { id: "fapi", ..APP };
const SECOND: Who = Who {
    id: "second",
    ..APP
};

/// A server as the profile asks for it, and two clients of it.
struct Stage {
    fixture: Fixture,
    client: Signing,
    second: Signing,
    prover: Prover,
}

impl Stage {
    async fn new() -> Self {
        Self::with(|new| new).await
    }

    async fn with(finish: fn(NewClient) -> NewClient) -> Self {
        let fixture = Fixture::with(|config| {
            config.client_assertion_algorithms =
                vec![Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];
            config.require_pushed_authorization_requests = true;
            config.dpop_bound_access_tokens = true;
            config.code_lifetime = Duration::from_secs(60);
        });
        let fixture = fixture.await;
        let key = || Key::generate(Algorithm::Es256).unwrap();
        Self {
            client: Signing::register_with(&fixture, CLIENT.id, key(), finish).await,
            second: Signing::register(&fixture, SECOND.id, key()).await,
            prover: Prover::new(),
            fixture,
        }
    }

    async fn post(&self, who: &Signing, path: &str, pairs: &[(&str, &str)]) -> Reply {
        let proof = self.prover.proof(&self.fixture, path, None);
        let request = request(path, &who.assertion(&self.fixture), pairs);
        self.fixture.send(with_proof(request, &proof)).await
    }

    async fn push(&self, ask: &Ask) -> Reply {
        let pairs = ask.pairs.iter().map(|(n, v)| (n.as_str(), v.as_str()));
        self.post(&self.client, "/par", &pairs.collect::<Vec<_>>())
            .await
    }

    /// Where the browser is sent with a request that was pushed.
    async fn url(&self, ask: &Ask) -> String {
        let reply = self.push(ask).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        by_reference(CLIENT, &reply.member("request_uri"), &[])
    }

    async fn sign_in_and_press(&self, url: &str, button: &str) -> Reply {
        let mut browser = Browser::new(&self.fixture);
        let login = browser.open(url).await;
        let consent = browser.sign_in(login.assert_ok()).await;
        match consent.status.as_u16() {
            // Allowed before.
            303 => consent,
            _ => browser.press(consent.assert_ok(), &[], Some(button)).await,
        }
    }

    async fn code(&self, ask: &Ask) -> Code {
        let done = self.sign_in_and_press(&self.url(ask).await, "allow").await;
        code_of(&done, ask)
    }

    async fn redeem(&self, code: &Code) -> Reply {
        self.post(&self.client, "/token", &code.pairs()).await
    }
}

fn code_of(done: &Reply, ask: &Ask) -> Code {
    Code {
        code: done.code(CLIENT.redirect_uri),
        verifier: ask.verifier.expose().to_owned(),
        redirect_uri: CLIENT.redirect_uri.to_owned(),
    }
}

fn ask() -> Ask {
    Ask::new(CLIENT)
}

fn by_reference(who: Who, request_uri: &str, more: &[(&str, &str)]) -> String {
    let mut pairs = vec![("client_id", who.id), ("request_uri", request_uri)];
    pairs.extend(more);
    let pairs: Vec<_> = pairs
        .into_iter()
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect();
    format!("/authorize?{}", form(&pairs))
}

#[tokio::test]
async fn fapi2_security_profile_final_discovery_end_point_verification() {
    let stage = Stage::new().await;
    let path = "/.well-known/oauth-authorization-server";
    let metadata = stage.fixture.get(path).await.assert_ok().json();
    assert_eq!(metadata["issuer"], ISSUER);
    assert_eq!(metadata["require_pushed_authorization_requests"], true);
    assert_eq!(
        metadata["pushed_authorization_request_endpoint"],
        format!("{ISSUER}/par")
    );
    assert_eq!(
        metadata["authorization_response_iss_parameter_supported"],
        true
    );
    let has = |name: &str, value: &str| {
        let listed = metadata[name].as_array().unwrap();
        assert!(listed.iter().any(|one| one == value), "{name} {value}");
    };
    has("response_types_supported", "code");
    has("code_challenge_methods_supported", "S256");
    has("token_endpoint_auth_methods_supported", "private_key_jwt");
    has("dpop_signing_alg_values_supported", "ES256");
    for algorithm in ["PS256", "ES256", "EdDSA"] {
        has(
            "token_endpoint_auth_signing_alg_values_supported",
            algorithm,
        );
    }
}

#[tokio::test]
async fn fapi2_security_profile_final_happy_flow() {
    let stage = Stage::new().await;
    let ask = ask();
    let done = stage
        .sign_in_and_press(&stage.url(&ask).await, "allow")
        .await;
    let pairs = done.callback(CLIENT.redirect_uri);
    assert_eq!(value(&pairs, "iss"), Some(ISSUER));
    assert_eq!(value(&pairs, "state"), Some(STATE));
    let reply = stage.redeem(&code_of(&done, &ask)).await;
    assert_eq!(reply.assert_ok().member("token_type"), "DPoP");
    let seen = stage
        .fixture
        .introspect(API, &reply.member("access_token"))
        .await;
    assert_eq!(seen["cnf"]["jkt"], stage.prover.thumbprint());
}

#[tokio::test]
async fn fapi2_security_profile_final_user_rejects_authentication() {
    let stage = Stage::new().await;
    let done = stage
        .sign_in_and_press(&stage.url(&ask()).await, "deny")
        .await;
    done.assert_redirected_error(CLIENT.redirect_uri, "access_denied");
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_authorization_request_without_state_success() {
    let stage = Stage::new().await;
    let ask = ask().without("state");
    let done = stage
        .sign_in_and_press(&stage.url(&ask).await, "allow")
        .await;
    assert_eq!(value(&done.callback(CLIENT.redirect_uri), "state"), None);
    stage.redeem(&code_of(&done, &ask)).await.assert_ok();
}

/// No request here has a `nonce`, whose place is an ID token; one with it succeeds as well.
#[tokio::test]
async fn fapi2_security_profile_final_ensure_authorization_request_without_nonce_success() {
    let stage = Stage::new().await;
    for ask in [ask(), ask().with("nonce", &"n".repeat(384))] {
        let code = stage.code(&ask).await;
        let reply = stage.redeem(&code).await;
        assert!(reply.assert_ok().json().get("nonce").is_none());
    }
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_other_scope_order_succeeds() {
    let stage = Stage::new().await;
    for scope in ["read write", "write read"] {
        let code = stage.code(&ask().with("scope", scope)).await;
        stage.redeem(&code).await.assert_ok();
    }
}

/// Of the three ways that the module allows: the state that was pushed counts.
#[tokio::test]
async fn fapi2_security_profile_final_ensure_different_state_inside_and_outside_request_object() {
    let stage = Stage::new().await;
    let url = format!("{}&state=another", stage.url(&ask()).await);
    let done = stage.sign_in_and_press(&url, "allow").await;
    let pairs = done.callback(CLIENT.redirect_uri);
    assert_eq!(value(&pairs, "state"), Some(STATE));
}

#[tokio::test]
async fn fapi2_security_profile_final_state_only_outside_request_object_not_used() {
    let stage = Stage::new().await;
    let url = stage.url(&ask().without("state")).await;
    let done = stage
        .sign_in_and_press(&format!("{url}&state=outside"), "allow")
        .await;
    assert_eq!(value(&done.callback(CLIENT.redirect_uri), "state"), None);
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_authorization_request_with_long_state() {
    let stage = Stage::new().await;
    let state = "s".repeat(1000);
    let url = stage.url(&ask().with("state", &state)).await;
    let done = stage.sign_in_and_press(&url, "allow").await;
    let pairs = done.callback(CLIENT.redirect_uri);
    assert_eq!(value(&pairs, "state"), Some(&*state));
}

/// A client with two redirect URIs. The next module is about one with one.
#[tokio::test]
async fn fapi2_security_profile_final_ensure_request_object_without_redirect_uri_fails() {
    let another =
        |new: NewClient| new.with_redirect_uri("https://app.example/other".parse().unwrap());
    let stage = Stage::with(another).await;
    let reply = stage.push(&ask().without("redirect_uri")).await;
    reply.assert_error(400, "invalid_request");
}

/// Of the outcomes that the module permits: the only registered one is taken.
#[tokio::test]
async fn fapi2_security_profile_final_ensure_redirect_uri_in_authorization_request() {
    let stage = Stage::new().await;
    let url = stage.url(&ask().without("redirect_uri")).await;
    let done = stage.sign_in_and_press(&url, "allow").await;
    done.code(CLIENT.redirect_uri);
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_registered_redirect_uri() {
    let stage = Stage::new().await;
    let ask = ask().with("redirect_uri", "https://app.example/cb/unregistered");
    let reply = stage.push(&ask).await;
    reply.assert_error(400, "invalid_request");
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_unsigned_authorization_request_without_using_par_fails()
 {
    let stage = Stage::new().await;
    let reply = stage.fixture.get(&ask().url()).await;
    reply.assert_redirected_error(CLIENT.redirect_uri, "invalid_request");
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_response_type_code_idtoken_fails() {
    let stage = Stage::new().await;
    let reply = stage
        .push(&ask().with("response_type", "code id_token"))
        .await;
    reply.assert_error(400, "unsupported_response_type");
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_response_type_token_fails() {
    let stage = Stage::new().await;
    let reply = stage.push(&ask().with("response_type", "token")).await;
    reply.assert_error(400, "unsupported_response_type");
}

#[tokio::test]
async fn fapi2_security_profile_final_attempt_reuse_authorization_code_after_one_second() {
    let stage = Stage::new().await;
    let code = stage.code(&ask()).await;
    let tokens = Tokens::of(&stage.redeem(&code).await);
    stage.fixture.clock.advance(1);
    let again = stage.redeem(&code).await;
    again.assert_error(400, "invalid_grant");
    assert!(!stage.fixture.is_active(&tokens.access).await);
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_token_endpoint_fails_with_expired_auth_code() {
    let stage = Stage::new().await;
    let code = stage.code(&ask()).await;
    stage.fixture.clock.advance(60);
    let late = stage.redeem(&code).await;
    late.assert_error(400, "invalid_grant");
}

/// The refresh token is the client's alone, needs its authentication and a proof, and is not rotated.
#[tokio::test]
async fn fapi2_security_profile_final_refresh_token() {
    let stage = Stage::new().await;
    let code = stage.code(&ask()).await;
    let tokens = Tokens::of(&stage.redeem(&code).await);
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens.refresh.as_str()),
    ];
    let stolen = stage.post(&stage.second, "/token", &refresh).await;
    stolen.assert_error(400, "invalid_grant");
    let unproved = request("/token", &stage.client.assertion(&stage.fixture), &refresh);
    let unproved = stage.fixture.send(unproved).await;
    unproved.assert_error(400, "invalid_dpop_proof");
    let public = Who {
        secret: None,
        ..CLIENT
    };
    let unauthenticated = stage
        .prover
        .post(&stage.fixture, "/token", public, &refresh);
    unauthenticated.await.assert_error(401, "invalid_client");
    let again = Tokens::of(&stage.post(&stage.client, "/token", &refresh).await);
    assert_eq!(again.refresh, tokens.refresh);
    assert!(stage.fixture.is_active(&again.access).await);
}

#[tokio::test]
async fn fapi2_security_profile_final_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds()
 {
    let stage = Stage::new().await;
    let ask = ask();
    let url = stage.url(&ask).await;
    stage.fixture.get(&url).await.assert_ok();
    let done = stage.sign_in_and_press(&url, "allow").await;
    stage.redeem(&code_of(&done, &ask)).await.assert_ok();
}

#[tokio::test]
async fn fapi2_security_profile_final_par_attempt_reuse_request_uri() {
    let stage = Stage::new().await;
    let url = stage.url(&ask()).await;
    stage
        .sign_in_and_press(&url, "allow")
        .await
        .code(CLIENT.redirect_uri);
    stage.fixture.get(&url).await.assert_error_page(400);
}

#[tokio::test]
async fn fapi2_security_profile_final_par_attempt_to_use_expired_request_uri() {
    let stage = Stage::new().await;
    let reply = stage.push(&ask()).await;
    let expires_in = reply.json()["expires_in"].as_u64().unwrap();
    // FAPI 2.0 section 5.3.2.2: under 600 seconds.
    assert!(expires_in < 600);
    let url = by_reference(CLIENT, &reply.member("request_uri"), &[]);
    stage.fixture.clock.advance(expires_in);
    stage.fixture.get(&url).await.assert_error_page(400);
}

#[tokio::test]
async fn fapi2_security_profile_final_par_attempt_to_use_request_uri_for_different_client() {
    let stage = Stage::new().await;
    let reply = stage.push(&ask()).await;
    let url = by_reference(SECOND, &reply.member("request_uri"), &[]);
    stage.fixture.get(&url).await.assert_error_page(400);
}

#[tokio::test]
async fn fapi2_security_profile_final_par_authorization_request_containing_request_uri_form_param()
{
    let stage = Stage::new().await;
    let pushed = stage.push(&ask()).await.member("request_uri");
    for request_uri in ["urn:ietf:params:oauth:request_uri:random", &pushed] {
        let reply = stage.push(&ask().with("request_uri", request_uri)).await;
        reply.assert_error(400, "invalid_request");
    }
}

#[tokio::test]
async fn fapi2_security_profile_final_par_attempt_invalid_http_method() {
    let stage = Stage::new().await;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let request = Request::builder().method(method).uri("/par");
        let request = request.body(Full::<Bytes>::default()).unwrap();
        assert_eq!(stage.fixture.send(request).await.status, 405);
    }
}

#[tokio::test]
async fn fapi2_security_profile_final_par_ensure_pkce_required() {
    let stage = Stage::new().await;
    let ask = ask()
        .without("code_challenge")
        .without("code_challenge_method");
    let reply = stage.push(&ask).await;
    reply.assert_error(400, "invalid_request");
}

#[tokio::test]
async fn fapi2_security_profile_final_par_plain_pkce_rejected() {
    let stage = Stage::new().await;
    for ask in [
        ask().with("code_challenge_method", "plain"),
        ask().without("code_challenge_method"),
    ] {
        let reply = stage.push(&ask).await;
        reply.assert_error(400, "invalid_request");
    }
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_pkce_code_verifier_required() {
    let stage = Stage::new().await;
    let code = stage.code(&ask()).await;
    let mut pairs = code.pairs();
    pairs.retain(|(name, _)| *name != "code_verifier");
    let reply = stage.post(&stage.client, "/token", &pairs).await;
    reply.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn fapi2_security_profile_final_incorrect_pkce_code_verifier_rejected() {
    let stage = Stage::new().await;
    let mut code = stage.code(&ask()).await;
    code.verifier = ask().verifier.expose().to_owned();
    let reply = stage.redeem(&code).await;
    reply.assert_error(400, "invalid_grant");
}

/// Every flow of this file sends the browser with `client_id` and `request_uri` alone; the same parameters
/// once more beside them change nothing.
#[tokio::test]
async fn fapi2_security_profile_final_par_without_duplicate_parameters() {
    let stage = Stage::new().await;
    let ask = ask();
    let alone = stage.url(&ask).await;
    assert_eq!(alone.matches('&').count(), 1);
    let done = stage.sign_in_and_press(&alone, "allow").await;
    stage.redeem(&code_of(&done, &ask)).await.assert_ok();
    let reply = stage.push(&ask).await;
    let request_uri = reply.member("request_uri");
    let beside = [("scope", "read"), ("response_type", "code")];
    let url = by_reference(CLIENT, &request_uri, &beside);
    let done = stage.sign_in_and_press(&url, "allow").await;
    stage.redeem(&code_of(&done, &ask)).await.assert_ok();
}
