//! How answers travel: in the query, the fragment, a form, or as a JWT (Form Post Response Mode, JARM).

use grantor_client::{CodeFlow, Error, SignedIn};
use grantor_core::openid::TokenDecryption;
use grantor_core::{ResponseMode, ResponseType};
use grantor_jose::jwe::{self, ContentEncryption, DecryptionKey, KeyManagement};
use grantor_jose::jwt::Typ;
use grantor_jose::{Algorithm, Key, base64url, jwt};
use serde_json::{Map, Value, json};

use crate::provider::{CALLBACK, builder, flow, set, sign_in, unset, world};
use crate::support::World;

fn by(flow: &CodeFlow, mode: &str) -> CodeFlow {
    flow.clone().response_mode(ResponseMode::parse(mode))
}

/// The answer to a request, as it comes to the application.
fn answer(world: &World, url: &url::Url, mode: &str) -> String {
    match mode.starts_with("form_post") {
        true => world.server.approve_by_form(url),
        false => world.server.approve(url).into(),
    }
}

async fn sign_in_by(world: &World, flow: &CodeFlow, mode: &str) -> Result<SignedIn, Error> {
    let flow = by(flow, mode);
    let started = flow.start().await?;
    let answer = answer(world, &started.url, mode);
    flow.finish(started.pending, &answer).await
}

#[tokio::test(start_paused = true)]
async fn every_mode_brings_the_answer() {
    let modes = [
        "query",
        "fragment",
        "form_post",
        "jwt",
        "query.jwt",
        "fragment.jwt",
        "form_post.jwt",
    ];
    for mode in modes {
        let world = world();
        let flow = flow(&world);
        let signed_in = sign_in_by(&world, &flow, mode).await.unwrap();
        assert_eq!(world.call(&signed_in.tokens).await.status(), 200, "{mode}");
        let hybrid = flow.response_type(ResponseType::parse("code id_token"));
        let outcome = sign_in_by(&world, &hybrid, mode).await;
        assert_eq!(outcome.is_ok(), !mode.starts_with("query"), "{mode}");
    }
}

/// OAuth 2.0 Form Post Response Mode section 2: the error comes by form too.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_form_post_error() {
    let world = world();
    let flow = by(&flow(&world), "form_post").parameter("prompt", "none");
    let started = flow.start().await.unwrap();
    let form = world.server.deny_by_form(&started.url);
    let form = form.replace("access_denied", "login_required");
    let error = flow.finish(started.pending, &form).await.unwrap_err();
    assert!(error.needs_login(), "{error:?}");
    assert!(error.to_string().contains("login_required"), "{error}");
    world.server.assert_no_token_requests();
}

/// The error of a sign-in whose JWT has other claims.
async fn changed(change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static) -> String {
    let world = world();
    world.server.change_responses(change);
    let error = sign_in_by(&world, &flow(&world), "jwt").await.unwrap_err();
    assert!(error.is_refused(), "{error:?}");
    world.server.assert_no_token_requests();
    error.to_string()
}

async fn with(name: &'static str, value: Value) -> String {
    changed(set(name, value)).await
}

async fn without(name: &'static str) -> String {
    changed(unset(name)).await
}

/// The error of a sign-in whose JWT is another one.
async fn replaced(jwt: impl Fn(&World, &str) -> String) -> String {
    let world = world();
    let flow = by(&flow(&world), "query.jwt");
    let started = flow.start().await.unwrap();
    let redirect = world.server.approve(&started.url);
    let (_, right) = redirect.query_pairs().next().unwrap();
    let query = format!("response={}", jwt(&world, &right));
    let error = flow.finish(started.pending, &query).await.unwrap_err();
    assert!(error.is_refused(), "{error:?}");
    world.server.assert_no_token_requests();
    error.to_string()
}

fn claims(jwt: &str) -> Map<String, Value> {
    let payload = jwt.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64url::decode(payload).unwrap()).unwrap()
}

/// JARM section 2.1.
#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_ensure_jarm_without_iss_fails() {
    let message = without("iss").await;
    assert!(message.contains("\"iss\" is missing"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_ensure_jarm_with_invalid_iss_fails() {
    let message = with("iss", json!("https://idp.example/")).await;
    assert!(message.contains("\"iss\""), "{message}");
}

#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_ensure_jarm_without_aud_fails() {
    let message = without("aud").await;
    assert!(message.contains("\"aud\" is missing"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_ensure_jarm_with_invalid_aud_fails() {
    let message = with("aud", json!("another")).await;
    assert!(message.contains("\"aud\""), "{message}");
}

#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_ensure_jarm_without_exp_fails() {
    let message = without("exp").await;
    assert!(message.contains("\"exp\" is missing"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_ensure_jarm_with_expired_exp_fails() {
    let message = with("exp", json!(1)).await;
    assert!(message.contains("expired"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_ensure_jarm_with_invalid_sig_fails() {
    let message = replaced(|_, right| {
        let (signed, signature) = right.rsplit_once('.').unwrap();
        let mut bytes = base64url::decode(signature).unwrap();
        bytes[7] ^= 1;
        format!("{signed}.{}", base64url::encode(bytes))
    });
    let message = message.await;
    assert!(message.contains("signature"), "{message}");
    // Signed by somebody.
    let message = replaced(|_, right| {
        let foreign = Key::generate(Algorithm::Rs256).unwrap();
        jwt::sign(&foreign, Typ::JWT, &claims(right)).unwrap()
    });
    assert!(message.await.contains("refused"));
}

#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_ensure_jarm_signature_is_not_none() {
    let message = replaced(|_, right| {
        let payload = right.split('.').nth(1).unwrap();
        format!("{}.{payload}.", base64url::encode(r#"{"alg":"none"}"#))
    });
    assert!(message.await.contains("refused"));
}

/// An answer that is no JWT, or has parameters beside it, is nobody's.
#[tokio::test(start_paused = true)]
async fn only_what_is_in_the_jwt_counts() {
    let world = world();
    let flow = by(&flow(&world), "jwt");
    let started = flow.start().await.unwrap();
    let plain = format!("code=c&state={}", started.pending.state().expose());
    let error = flow
        .finish(started.pending.clone(), &plain)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("\"response\""), "{error}");
    let redirect = world.server.approve(&started.url);
    let beside = format!("{}&code=forged&state=s", redirect.query().unwrap());
    assert!(flow.finish(started.pending, &beside).await.is_ok());
    assert_eq!(world.server.token_requests(), 1);
    // The `state` is inside.
    let other = flow.start().await.unwrap();
    let error = flow
        .finish(other.pending, redirect.as_str())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("\"state\""), "{error}");
}

/// JARM section 2.3.1: an error is in the JWT too.
#[tokio::test(start_paused = true)]
async fn an_error_is_read_from_the_jwt() {
    let world = world();
    let flow = by(&flow(&world), "form_post.jwt");
    let started = flow.start().await.unwrap();
    let form = world.server.deny_by_form(&started.url);
    assert!(form.starts_with("response=") && !form.contains("access_denied"));
    let error = flow.finish(started.pending, &form).await.unwrap_err();
    assert!(
        error.needs_login() && error.to_string().contains("access_denied"),
        "{error}"
    );
}

/// An ID token for the same client, of the same issuer, with the same key.
#[tokio::test(start_paused = true)]
async fn another_token_of_the_server_is_no_answer() {
    let message = replaced(|world, right| {
        let mut claims = claims(right);
        claims.insert("sub".to_owned(), json!("user-1"));
        world.server.signed(Typ::JWT, &Value::Object(claims))
    });
    let message = message.await;
    assert!(message.contains("\"sub\""), "{message}");
}

#[tokio::test(start_paused = true)]
async fn an_encrypted_answer_is_decrypted_and_may_be_demanded() {
    let world = world();
    let key = DecryptionKey::generate_p256(KeyManagement::EcdhEs).unwrap();
    let to = key.encryption_key().unwrap();
    world
        .server
        .encrypt_responses(to, ContentEncryption::A256Gcm);
    let error = sign_in_by(&world, &flow(&world), "jwt").await.unwrap_err();
    assert!(error.to_string().contains("no key to decrypt"), "{error}");
    let decryption = TokenDecryption::new([key], jwe::Policy::new()).required();
    let own = world.here(builder().decrypt_authorization_responses(decryption));
    let own = own.code_flow(CALLBACK).unwrap();
    assert!(sign_in_by(&world, &own, "fragment.jwt").await.is_ok());
    let other = self::world();
    let again = other.here(
        builder().decrypt_authorization_responses(
            TokenDecryption::new(
                [DecryptionKey::generate(KeyManagement::EcdhEs).unwrap()],
                jwe::Policy::new(),
            )
            .required(),
        ),
    );
    let again = again.code_flow(CALLBACK).unwrap();
    let error = sign_in_by(&other, &again, "jwt").await.unwrap_err();
    assert!(error.to_string().contains("not encrypted"), "{error}");
}

/// The algorithm is the registered one, or one that is published.
#[tokio::test(start_paused = true)]
async fn the_algorithm_of_an_answer_is_known_beforehand() {
    let world = world();
    let secret = "a secret of the client that is long enough";
    let own = builder()
        .client_secret(secret)
        .authorization_response_algorithm(Algorithm::Hs256);
    let own = world.here(own).code_flow(CALLBACK).unwrap();
    let error = sign_in_by(&world, &own, "jwt").await.unwrap_err();
    assert!(error.to_string().contains("\"alg\""), "{error}");
    let names = json!(["ES256", "XY1"]);
    world
        .server
        .set_metadata_member("authorization_signing_alg_values_supported", names);
    world.advance(4000);
    let error = sign_in_by(&world, &flow(&world), "jwt").await.unwrap_err();
    assert!(error.to_string().contains("\"alg\""), "{error}");
    assert!(sign_in(&world, &flow(&world)).await.is_ok());
}
