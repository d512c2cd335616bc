//! Users who are asked without a browser (OpenID Connect CIBA Core), as the tests of FAPI-CIBA for clients have
//! it.

use std::sync::Arc;
use std::time::Duration;

use grantor_client::{Assertion, BackchannelFlow, Error, SignedIn, Tokens, TokensBuilder};
use grantor_core::{InvalidNotification, UserHint};
use grantor_jose::{Algorithm, Key};
use grantor_store::{MasterKey, MemoryStore};
use grantor_testkit::{Endpoint, Fault, answer};
use http::HeaderMap;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::provider::{reissue, set, signed_by_hand, unset, world};
use crate::support::{ISSUER, World, settle};

const GRANT: &str = "urn:openid:params:grant-type:ciba";

fn till(world: &World) -> TokensBuilder {
    world.here(Tokens::login(ISSUER, "till").scope("openid payments"))
}

fn flow(world: &World) -> BackchannelFlow {
    till(world).backchannel_flow().unwrap()
}

fn ann() -> UserHint {
    UserHint::Login("ann".to_owned())
}

/// A user agrees as soon as they are asked.
async fn sign_in(world: &World, flow: &BackchannelFlow) -> Result<SignedIn, Error> {
    let waiting = flow.start(ann()).await?;
    for asked in world.server.pending_backchannel() {
        world.server.approve_backchannel(&asked);
    }
    waiting.finish().await
}

/// The message with which an ID token with other claims is refused, after which there is no login.
async fn refused(change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static) -> String {
    let world = world();
    world.server.change_id_tokens(change);
    let error = sign_in(&world, &flow(&world)).await.unwrap_err();
    assert!(error.is_refused(), "{error:?}");
    error.to_string()
}

async fn with(name: &'static str, value: Value) -> String {
    refused(set(name, value)).await
}

async fn without(name: &'static str) -> String {
    refused(unset(name)).await
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_test() {
    let world = world();
    let flow = flow(&world)
        .binding_message("W4SCT")
        .user_code("a secret of ann")
        .require_acr(["gold"])
        .requested_expiry(Duration::from_secs(90));
    world.server.change_id_tokens(|claims| {
        claims.insert("acr".to_owned(), json!("gold"));
    });
    let waiting = flow.start(ann()).await.unwrap();
    assert_eq!(waiting.expires_in.as_secs(), 90);
    let [asked] = world
        .server
        .requests(Endpoint::BackchannelAuthentication)
        .try_into()
        .unwrap();
    for (name, value) in [
        ("scope", "openid payments"),
        ("login_hint", "ann"),
        ("binding_message", "W4SCT"),
        ("user_code", "a secret of ann"),
        ("requested_expiry", "90"),
        ("acr_values", "gold"),
        ("client_id", "till"),
    ] {
        assert_eq!(asked.parameter(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(asked.parameter("client_notification_token"), None);
    world.server.approve_backchannel("auth-req-1");
    let signed_in = waiting.finish().await.unwrap();
    assert_eq!(signed_in.id_token.unwrap().subject(), "ann");
    assert_eq!(world.call(&signed_in.tokens).await.status(), 200);
    let polled = world.server.last_token_request().unwrap();
    assert_eq!(
        polled.parameter("auth_req_id").as_deref(),
        Some("auth-req-1")
    );
    assert_eq!(polled.parameter("scope"), None);
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_refresh_token_test() {
    let world = world();
    let tokens = sign_in(&world, &flow(&world)).await.unwrap().tokens;
    for _ in 0..2 {
        world.server.revoke_access_tokens();
        assert_eq!(world.call(&tokens).await.status(), 200);
        // A second rejection is believed after a while.
        world.advance(60);
    }
    assert_eq!(world.server.token_requests_of("refresh_token"), 2);
    world.server.assert_no_refresh_token_was_reused();
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_valid_aud_as_array_test() {
    let world = world();
    world.server.change_id_tokens(|claims| {
        claims.insert("aud".to_owned(), json!(["till"]));
    });
    assert!(sign_in(&world, &flow(&world)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_no_scope_in_token_endpoint_response_test() {
    let world = world();
    world.server.omit("scope");
    world.server.omit("expires_in");
    let tokens = sign_in(&world, &flow(&world)).await.unwrap().tokens;
    let token = tokens.get().await.unwrap();
    assert_eq!(token.scope.unwrap().as_str(), "openid payments");
    assert_eq!(world.call(&tokens).await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_respects_interval_test() {
    let world = world();
    world
        .server
        .set_backchannel_interval(Some(Duration::from_secs(31)));
    let began = Instant::now();
    let waiting = flow(&world).start(ann()).await.unwrap();
    world.server.approve_backchannel("auth-req-1");
    assert!(waiting.finish().await.is_ok());
    assert_eq!(began.elapsed().as_secs(), 31);
    assert_eq!(world.server.token_requests_of(GRANT), 1);
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_slow_down_test() {
    let world = world();
    world.server.set_backchannel_interval(None);
    let began = Instant::now();
    let waiting = flow(&world).start(ann()).await.unwrap();
    for code in [
        "authorization_pending",
        "slow_down",
        "authorization_pending",
    ] {
        world.server.fail_next(Fault::Refused(code));
    }
    world.server.approve_backchannel("auth-req-1");
    assert!(waiting.finish().await.is_ok());
    // Five seconds where the server does not say, ten after "slow_down", and ten from then on.
    assert_eq!(began.elapsed().as_secs(), 5 + 5 + 10 + 10);
}

/// The error of an answer of the backchannel authentication endpoint.
async fn not_asked(fault: Fault) -> Error {
    let world = world();
    world
        .server
        .fail_next_at(Endpoint::BackchannelAuthentication, fault);
    let error = flow(&world).start(ann()).await.unwrap_err();
    settle().await;
    world.server.assert_no_token_requests();
    error
}

fn answered(body: &Value) -> Fault {
    let scripted = grantor_testkit::ScriptedAnswer::new(200);
    let scripted = scripted.header("content-type", "application/json");
    Fault::Answer(scripted.body(body.to_string()))
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_invalid_missing_authreqid_test() {
    let error = not_asked(answered(&json!({"expires_in": 60}))).await;
    assert!(error.to_string().contains("\"auth_req_id\""), "{error}");
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_invalid_missing_expiresin_test() {
    let error = not_asked(answered(&json!({"auth_req_id": "x"}))).await;
    assert!(error.to_string().contains("\"expires_in\""), "{error}");
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_invalid_expired_id_token_hint_test() {
    let error = not_asked(Fault::Refused("expired_id_token_hint")).await;
    assert_eq!(
        error.oauth_error().unwrap().as_str(),
        "expired_id_token_hint"
    );
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_invalid_unknown_user_id_test() {
    let error = not_asked(Fault::Refused("unknown_user_id")).await;
    assert_eq!(error.oauth_error().unwrap().as_str(), "unknown_user_id");
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_invalid_id_token_hint_test() {
    let error = not_asked(Fault::Refused("invalid_id_token_hint")).await;
    assert_eq!(
        error.oauth_error().unwrap().as_str(),
        "invalid_id_token_hint"
    );
}

/// The error of the third poll, after which there is no other.
async fn third_poll(code: &'static str) -> Error {
    let world = world();
    for code in ["authorization_pending", "authorization_pending", code] {
        world.server.fail_next(Fault::Refused(code));
    }
    let waiting = flow(&world).start(ann()).await.unwrap();
    let error = waiting.finish().await.unwrap_err();
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(world.server.token_requests(), 3);
    error
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_invalid_request_test() {
    assert!(third_poll("invalid_request").await.is_configuration());
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_invalid_access_denied_test() {
    assert!(third_poll("access_denied").await.needs_login());
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_invalid_expired_token_test() {
    assert!(third_poll("expired_token").await.needs_login());
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_invalid_iss_test() {
    let message = with("iss", json!("https://other.example")).await;
    assert!(message.contains("\"iss\""), "{message}");
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_invalid_aud_test() {
    let message = with("aud", json!("another")).await;
    assert!(message.contains("\"aud\""), "{message}");
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_invalid_secondary_aud_test() {
    let message = with("aud", json!(["till", "another"])).await;
    assert!(message.contains("\"aud\""), "{message}");
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_invalid_expired_exp_test() {
    let message = with("exp", json!(1)).await;
    assert!(message.contains("expired"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_invalid_missing_aud_test() {
    let message = without("aud").await;
    assert!(message.contains("\"aud\" is missing"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_invalid_missing_exp_test() {
    let message = without("exp").await;
    assert!(message.contains("\"exp\" is missing"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_invalid_missing_iss_test() {
    let message = without("iss").await;
    assert!(message.contains("\"iss\" is missing"), "{message}");
}

/// The message about an ID token that `make` makes.
async fn forged(make: impl Fn(&Map<String, Value>) -> String + Send + Sync + 'static) -> String {
    let world = world();
    reissue(&world, make);
    let error = sign_in(&world, &flow(&world)).await.unwrap_err();
    assert!(error.is_refused(), "{error:?}");
    error.to_string()
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_invalid_signature_test() {
    let key = Key::generate(Algorithm::Rs256).unwrap();
    let message = forged(move |claims| signed_by_hand(&key, &json!({"alg": "RS256"}), claims));
    let message = message.await;
    assert!(message.contains("signature"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_invalid_null_alg_test() {
    let key = Key::generate(Algorithm::EdDsa).unwrap();
    forged(move |claims| {
        let token = signed_by_hand(&key, &json!({"alg": "none"}), claims);
        let (unsigned, _) = token.rsplit_once('.').unwrap();
        format!("{unsigned}.")
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_invalid_alternate_alg_test() {
    let key = Key::generate(Algorithm::Ps256).unwrap();
    let message = forged(move |claims| signed_by_hand(&key, &json!({"alg": "PS256"}), claims));
    let message = message.await;
    assert!(message.contains("\"alg\""), "{message}");
}

/// CIBA Core section 10.2: the token is compared, and then the server is asked at once.
#[tokio::test(start_paused = true)]
async fn fapi_ciba_id1_client_ping_with_invalid_bearer_token_test() {
    let world = world();
    let flow = flow(&world).ping();
    let waiting = flow.start(ann()).await.unwrap();
    let [asked] = world
        .server
        .requests(Endpoint::BackchannelAuthentication)
        .try_into()
        .unwrap();
    // CIBA Core section 7.1: at least 128 bits.
    assert!(asked.parameter("client_notification_token").unwrap().len() >= 22);
    world.server.approve_backchannel("auth-req-1");
    let right = world.server.notification("auth-req-1");
    let mut headers = right.headers().clone();
    for (value, error) in [
        (Some("Bearer another"), InvalidNotification::WrongToken),
        (Some("Bearer "), InvalidNotification::WrongToken),
        (Some("Basic YTpi"), InvalidNotification::NoToken),
        (None, InvalidNotification::NoToken),
    ] {
        headers.remove("authorization");
        if let Some(value) = value {
            headers.insert("authorization", value.parse().unwrap());
        }
        assert_eq!(flow.notified(&headers, right.body()), Err(error));
    }
    let other = br#"{"auth_req_id":"auth-req-2"}"#;
    let refused = flow.notified(right.headers(), other);
    assert_eq!(refused, Err(InvalidNotification::WrongToken));
    settle().await;
    world.server.assert_no_token_requests();
    let began = Instant::now();
    assert_eq!(flow.clone().notified(right.headers(), right.body()), Ok(()));
    assert!(waiting.finish().await.is_ok());
    assert_eq!(began.elapsed(), Duration::ZERO);
    // It waits no more.
    let late = flow.notified(right.headers(), right.body());
    assert_eq!(late, Err(InvalidNotification::WrongToken));
}

/// A notification may be lost, and may come before anybody waits for it.
#[tokio::test(start_paused = true)]
async fn a_notification_is_no_must() {
    let world = world();
    let flow = flow(&world).ping();
    let began = Instant::now();
    let waiting = flow.start(ann()).await.unwrap();
    world.server.approve_backchannel("auth-req-1");
    assert!(waiting.finish().await.is_ok());
    assert_eq!(began.elapsed().as_secs(), 60);
    assert_eq!(
        flow.notified(&HeaderMap::new(), b""),
        Err(InvalidNotification::NoToken)
    );
    let modes = json!(["poll"]);
    world
        .server
        .set_metadata_member("backchannel_token_delivery_modes_supported", modes);
    world.advance(4000);
    let error = flow.start(ann()).await.unwrap_err();
    assert!(
        error.is_configuration() && error.to_string().contains("ping"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_user_who_does_not_decide_is_asked_no_longer() {
    let world = world();
    world
        .server
        .set_backchannel_lifetime(Duration::from_secs(60));
    let waiting = flow(&world).start(ann()).await.unwrap();
    settle().await;
    world.advance(60);
    let error = waiting.finish().await.unwrap_err();
    assert!(error.needs_login(), "{error}");
    let asked = world.server.token_requests();
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(world.server.token_requests(), asked);
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_is_a_login_that_is_stored() {
    // Its server has no clock, which would stand still, and finds no pace too fast.
    let world = World::new();
    let store = Arc::new(MemoryStore::new());
    let kept = || {
        let builder = till(&world).login_label("ann").single_process();
        builder.store(Arc::clone(&store) as _, &MasterKey::from_bytes([7; 32]))
    };
    let flow = kept().backchannel_flow().unwrap();
    let waiting = flow.start(ann()).await.unwrap();
    let short = Duration::from_secs(7);
    assert!(tokio::time::timeout(short, waiting.finish()).await.is_err());
    world.server.approve_backchannel("auth-req-1");
    tokio::time::sleep(short).await;
    let asked = world.server.token_requests();
    let tokens = kept().build().unwrap();
    assert_eq!(world.call(&tokens).await.status(), 200);
    assert_eq!(world.server.token_requests(), asked);
    assert!(waiting.finish().await.is_ok());
}

#[test]
fn a_sign_in_that_nobody_wants_any_more_is_given_up() {
    let world = world();
    world
        .server
        .set_backchannel_interval(Some(Duration::from_secs(3600)));
    world
        .server
        .set_backchannel_lifetime(Duration::from_secs(7200));
    let tokens = world.thread(Tokens::login(ISSUER, "till").scope("openid"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let flow = tokens.backchannel_flow().unwrap();
    let waiting = runtime.block_on(flow.start(ann())).unwrap();
    let began = std::time::Instant::now();
    drop(waiting);
    assert!(began.elapsed() < Duration::from_secs(4));
    assert_eq!(world.server.token_requests(), 0);
}

/// CIBA Core section 7.1.1.
#[tokio::test(start_paused = true)]
async fn a_request_is_signed() {
    let world = world();
    let key = Key::generate(Algorithm::Es256).unwrap();
    let keys = key.public().cloned().into_iter().collect();
    world.server.verify_requests_with(keys);
    world.server.require_signed_requests();
    let error = sign_in(&world, &flow(&world)).await.unwrap_err();
    assert!(error.is_configuration(), "{error:?}");
    let signed = flow(&world)
        .sign_requests_with(Assertion::new(key))
        .binding_message("W4SCT");
    assert!(sign_in(&world, &signed).await.is_ok());
    let sent = world.server.requests(Endpoint::BackchannelAuthentication);
    let sent = sent.last().unwrap();
    assert!(sent.parameter("request").is_some());
    for inside in ["scope", "login_hint", "binding_message"] {
        assert_eq!(sent.parameter(inside), None, "{inside}");
    }
    let member = "backchannel_authentication_request_signing_alg_values_supported";
    world.server.set_metadata_member(member, json!(["PS256"]));
    world.advance(4000);
    let error = signed.start(ann()).await.unwrap_err();
    assert!(
        error.is_configuration() && error.to_string().contains("PS256"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn every_hint_names_the_user_in_its_own_way() {
    let world = world();
    let flow = flow(&world);
    for (hint, name) in [
        (ann(), "login_hint"),
        (UserHint::LoginToken("t".into()), "login_hint_token"),
        (UserHint::IdToken("a.b.c".into()), "id_token_hint"),
    ] {
        let waiting = flow.start(hint).await.unwrap();
        let sent = world.server.requests(Endpoint::BackchannelAuthentication);
        assert!(sent.last().unwrap().parameter(name).is_some(), "{name}");
        drop(waiting);
    }
    let openid = world.here(Tokens::login(ISSUER, "till").scope("payments"));
    let error = openid.backchannel_flow().unwrap_err();
    assert!(
        error.is_configuration() && error.to_string().contains("openid"),
        "{error}"
    );
    let failing = Fault::Unavailable(7);
    world
        .server
        .fail_next_at(Endpoint::BackchannelAuthentication, failing);
    let error = flow.start(ann()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}

/// What the server gives without an ID token is no sign-in.
#[tokio::test(start_paused = true)]
async fn there_has_to_be_an_id_token() {
    let world = world();
    world.server.answer_tokens_with(|members| {
        let mut members = members.clone();
        members.remove("id_token");
        answer::json(200, &Value::Object(members))
    });
    let error = sign_in(&world, &flow(&world)).await.unwrap_err();
    assert!(
        error.is_refused() && error.to_string().contains("ID token"),
        "{error}"
    );
}
