//! JWTs checked with the issuer's keys (RFC 9068).

use grantor_jose::{Key, base64url, digest::hmac_sha256, jwt::Typ};
use grantor_resource::VerifyError;
use serde_json::{Value, json};

use crate::support::*;

#[tokio::test]
async fn a_good_token_tells_what_it_says() {
    let world = World::new();
    let token = world.token_with(&json!({ "tenant": "t1" }));
    let token = world.jwt_verifier().verify(&token).await.unwrap();
    assert_eq!(token.issuer.as_deref(), Some(ISSUER));
    assert_eq!(token.subject.as_deref(), Some("user-1"));
    assert_eq!(token.client_id.as_deref(), Some("client-1"));
    assert_eq!(token.scope.as_str(), "read");
    assert_eq!(token.audiences, [AUDIENCE]);
    assert_eq!(token.expires_at.unwrap().as_secs(), START + 300);
    assert_eq!(token.token_id.as_deref(), Some("1"));
    assert_eq!(token.other["tenant"], "t1");
    assert_eq!(token.other.len(), 1);
}

/// The message about a token of the issuer with these changes.
async fn refusal(changes: Value) -> String {
    let world = World::new();
    let token = world.token_with(&changes);
    let error = world.jwt_verifier().verify(&token).await.unwrap_err();
    assert!(!error.is_undecided());
    error.to_string()
}

#[tokio::test]
async fn rejects_an_expired_token() {
    let changes = json!({ "iat": START - 400, "exp": START - 100 });
    assert_eq!(refusal(changes).await, "the token has expired");
}

#[tokio::test]
async fn rejects_a_token_of_the_future() {
    let changes = json!({ "nbf": START + 100 });
    assert_eq!(refusal(changes).await, "the token is not yet valid");
}

#[tokio::test]
async fn rejects_another_audience() {
    for aud in [
        json!("https://other.example.com"),
        json!("https://api.example.com/"),
        json!(["https://API.example.com"]),
    ] {
        let message = refusal(json!({ "aud": aud })).await;
        assert_eq!(message, "the token is for another audience");
    }
}

#[tokio::test]
async fn rejects_another_issuer() {
    let changes = json!({ "iss": "https://id.example.com/" });
    assert_eq!(refusal(changes).await, "the token is of another issuer");
}

#[tokio::test]
async fn rejects_a_token_without_a_claim_that_every_access_token_has() {
    for name in ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"] {
        let message = refusal(json!({ name: null })).await;
        assert_eq!(
            message,
            format!("the token is not good: claim \"{name}\" is missing")
        );
    }
}

#[tokio::test]
async fn rejects_a_scope_that_is_none() {
    for scope in [json!(["read"]), json!("a\"b"), json!(1)] {
        let message = refusal(json!({ "scope": scope })).await;
        assert_eq!(message, "the scope of the token is malformed");
    }
}

#[tokio::test]
async fn rejects_a_token_that_is_bound_to_a_key() {
    for cnf in [json!({ "jkt": "x" }), json!({ "x5t#S256": "x" }), json!(1)] {
        let message = refusal(json!({ "cnf": cnf })).await;
        assert_eq!(
            message,
            "the token is bound to a key and can't be used as Bearer"
        );
    }
}

#[tokio::test]
async fn rejects_a_token_of_another_kind() {
    let world = World::new();
    let token = sign_as(&world.key, Typ::JWT, &json!({}));
    let verified = world.jwt_verifier().verify(&token).await;
    assert!(matches!(verified, Err(VerifyError::WrongKind)));
}

#[tokio::test]
async fn rejects_a_token_that_nobody_signed() {
    let world = World::new();
    let verifier = world.jwt_verifier();
    let token = world.token();
    let payload = token.split('.').nth(1).unwrap();
    for alg in ["none", "None", "HS256"] {
        let header = json!({ "alg": alg, "typ": "at+jwt", "kid": "key-1" });
        let header = base64url::encode(header.to_string());
        for signature in ["", "AAAA"] {
            let forged = format!("{header}.{payload}.{signature}");
            let verified = verifier.verify(&forged).await;
            assert!(matches!(verified, Err(VerifyError::Jwt(_))), "{alg}");
        }
    }
}

/// RFC 8725 section 2.1: the public key of the issuer, known to all, as the secret of a MAC.
#[tokio::test]
async fn rejects_a_mac_under_the_public_key_of_the_issuer() {
    let world = World::new();
    let verifier = world.jwt_verifier();
    let public = world.key.public().unwrap();
    let payload = world.token();
    let payload = payload.split('.').nth(1).unwrap();
    let header = json!({ "alg": "HS256", "typ": "at+jwt", "kid": "key-1" });
    let input = format!("{}.{payload}", base64url::encode(header.to_string()));
    let jwk = serde_json::to_string(public).unwrap();
    for secret in [
        public.to_pem().into_bytes(),
        public.to_spki_der(),
        jwk.into_bytes(),
    ] {
        let mac = base64url::encode(hmac_sha256(&secret, input.as_bytes()));
        let verified = verifier.verify(&format!("{input}.{mac}")).await;
        assert!(matches!(verified, Err(VerifyError::Jwt(_))));
    }
}

/// RFC 7515 section 4.1.11.
#[tokio::test]
async fn rejects_a_token_with_a_critical_header() {
    let world = World::new();
    for critical in [json!(["b64"]), json!(["exp"]), json!([]), json!("x")] {
        let header = json!({ "crit": critical, "b64": true, "exp": 1 });
        let token = signed_with_header(&world.key, &header);
        let verified = world.jwt_verifier().verify(&token).await;
        let error = verified.unwrap_err();
        assert!(matches!(error, VerifyError::Jwt(_)), "{critical}");
    }
}

/// RFC 8725 section 3.10: keys come from the issuer, never from the token.
#[tokio::test]
async fn rejects_a_key_that_the_token_brings_along() {
    let world = World::new();
    let thief = new_key("thief");
    let jwk = serde_json::to_value(thief.public().unwrap()).unwrap();
    let jwks = json!({ "keys": [jwk] });
    let evil = "https://evil.example/jwks";
    world.network.answer(evil, jwks);
    for header in [
        json!({ "jwk": jwk }),
        json!({ "jku": evil }),
        json!({ "x5u": evil }),
    ] {
        let token = signed_with_header(&thief, &header);
        assert!(world.jwt_verifier().verify(&token).await.is_err());
    }
    assert_eq!(world.network.count(evil), 0);
}

/// A good token whose header has these members besides.
fn signed_with_header(key: &Key, members: &Value) -> String {
    let payload = sign(key, &json!({}));
    let payload = payload.split('.').nth(1).unwrap();
    let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": key.key_id() });
    let header = base64url::encode(changed(header, members).to_string());
    let input = format!("{header}.{payload}");
    let signature = key.sign_bytes(input.as_bytes()).unwrap();
    format!("{input}.{}", base64url::encode(signature.as_bytes()))
}

/// Clocks may disagree by a minute, and by no more.
#[tokio::test]
async fn accepts_an_expired_token_within_the_leeway() {
    let world = World::new();
    let verifier = world.jwt_verifier();
    for (changes, good) in [
        (json!({ "exp": START - 59 }), true),
        (json!({ "exp": START - 60 }), false),
        (json!({ "nbf": START + 60 }), true),
        (json!({ "nbf": START + 61 }), false),
        (json!({ "iat": START + 60 }), true),
        (json!({ "iat": START + 61 }), false),
    ] {
        let verified = verifier.verify(&world.token_with(&changes)).await;
        assert_eq!(verified.is_ok(), good, "{changes}");
    }
}

#[tokio::test]
async fn accepts_a_token_for_several_audiences() {
    let world = World::new();
    let changes = json!({ "aud": ["https://other.example.com", AUDIENCE] });
    let verifier = world.jwt_verifier();
    let token = verifier.verify(&world.token_with(&changes)).await.unwrap();
    assert_eq!(token.audiences.len(), 2);
    for aud in [json!([]), json!([AUDIENCE, 1]), json!({ AUDIENCE: 1 })] {
        let token = world.token_with(&json!({ "aud": aud }));
        assert!(world.jwt_verifier().verify(&token).await.is_err(), "{aud}");
    }
}

#[tokio::test]
async fn keys_are_fetched_anew_when_their_answer_says_so() {
    for (cache_control, again_at) in [("public, max-age=60", 60), ("no-store", 30)] {
        let world = World::new();
        world
            .network
            .set_header(JWKS, "cache-control", cache_control);
        let verifier = world.jwt_verifier();
        let token = world.token_with(&json!({ "exp": START + 10_000 }));
        for (advance, fetches) in [(0, 1), (again_at - 1, 1), (1, 2)] {
            world.clock.advance(advance);
            verifier.verify(&token).await.unwrap();
            settle().await;
            assert_eq!(world.network.count(JWKS), fetches, "{cache_control}");
        }
    }
}

#[tokio::test]
async fn rejects_the_signature_of_another_key_with_the_same_name() {
    let world = World::new();
    let forged = sign(&new_key("key-1"), &json!({}));
    let verified = world.jwt_verifier().verify(&forged).await;
    assert!(matches!(verified, Err(VerifyError::Jwt(_))));
}

#[tokio::test]
async fn rejects_what_is_no_jwt() {
    let world = World::new();
    let verifier = world.jwt_verifier();
    for token in ["", "opaque", "a.b", "a.b.c", "....", "e30.e30.e30.e30.e30"] {
        let verified = verifier.verify(token).await;
        assert!(matches!(verified, Err(VerifyError::NotAJwt)), "{token}");
    }
}

#[tokio::test]
async fn keys_are_fetched_once_for_ten_minutes() {
    let world = World::new();
    let verifier = world.jwt_verifier();
    assert_eq!(world.network.count(JWKS), 0);
    for _ in 0..10 {
        let token = sign(&world.key, &json!({ "exp": START + 10_000 }));
        verifier.verify(&token).await.unwrap();
        world.clock.advance(59);
    }
    assert_eq!(world.network.count(JWKS), 1);
    world.clock.advance(60);
    let token = sign(&world.key, &json!({ "exp": START + 10_000 }));
    verifier.verify(&token).await.unwrap();
    settle().await;
    assert_eq!(world.network.count(JWKS), 2);
}

#[tokio::test]
async fn many_at_once_fetch_the_keys_once() {
    let world = World::new();
    let verifier = world.jwt_verifier();
    let gate = world.network.gate.lock().await;
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let (verifier, token) = (verifier.clone(), world.token());
            tokio::spawn(async move { verifier.verify(&token).await })
        })
        .collect();
    settle().await;
    drop(gate);
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(world.network.count(JWKS), 1);
}

#[tokio::test]
async fn an_impatient_caller_does_not_stop_the_others() {
    let world = World::new();
    let verifier = world.jwt_verifier();
    let gate = world.network.gate.lock().await;
    let (other, token) = (verifier.clone(), world.token());
    let impatient = tokio::spawn(async move { other.verify(&token).await });
    settle().await;
    impatient.abort();
    settle().await;
    drop(gate);
    verifier.verify(&world.token()).await.unwrap();
    assert_eq!(world.network.count(JWKS), 1);
}

#[tokio::test]
async fn a_flood_of_unknown_keys_costs_one_fetch_per_cooldown() {
    let world = World::new();
    let verifier = world.jwt_verifier();
    verifier.verify(&world.token()).await.unwrap();
    let forged: Vec<_> = (0..50)
        .map(|i| sign(&new_key(&format!("forged-{i}")), &json!({})))
        .collect();
    for fetches in [1, 2, 3] {
        for token in &forged {
            let verified = verifier.verify(token).await;
            assert!(matches!(verified, Err(VerifyError::UnknownKey)));
            assert_eq!(world.network.count(JWKS), fetches);
        }
        world.clock.advance(30);
    }
}

#[tokio::test]
async fn a_new_key_is_found_when_a_token_names_it() {
    let world = World::new();
    let verifier = world.jwt_verifier();
    verifier.verify(&world.token()).await.unwrap();
    let next = new_key("key-2");
    world.publish([&next, &world.key]);
    world.clock.advance(31);
    verifier.verify(&sign(&next, &json!({}))).await.unwrap();
    verifier.verify(&world.token()).await.unwrap();
    assert_eq!(world.network.count(JWKS), 2);
}

#[tokio::test]
async fn a_withdrawn_key_is_forgotten() {
    let world = World::new();
    let verifier = world.jwt_verifier();
    let token = world.token_with(&json!({ "exp": START + 10_000 }));
    verifier.verify(&token).await.unwrap();
    world.publish([&new_key("key-2")]);
    // Twice the lifetime: from then on every token waits for the renewal.
    world.clock.advance(1200);
    let verified = verifier.verify(&token).await;
    assert!(matches!(verified, Err(VerifyError::UnknownKey)));
}

#[tokio::test]
async fn renewal_holds_nobody_up() {
    let world = World::new();
    let verifier = world.jwt_verifier();
    let token = world.token_with(&json!({ "exp": START + 10_000 }));
    verifier.verify(&token).await.unwrap();
    world.clock.advance(601);
    let gate = world.network.gate.lock().await;
    verifier.verify(&token).await.unwrap();
    settle().await;
    assert_eq!(world.network.count(JWKS), 2);
    drop(gate);
}

#[tokio::test]
async fn old_keys_stay_in_use_while_their_renewal_fails_but_not_for_ever() {
    let world = World::new();
    let verifier = world.jwt_verifier();
    let token = world.token_with(&json!({ "exp": START + 1_000_000 }));
    verifier.verify(&token).await.unwrap();
    for status in [404, 500] {
        world.network.answer_with(JWKS, status, "{}");
        world.clock.advance(3600);
        verifier.verify(&token).await.unwrap();
        settle().await;
    }
    world.network.take_down(JWKS);
    world.clock.advance(3600);
    verifier.verify(&token).await.unwrap();
    settle().await;
    assert_eq!(world.network.count(JWKS), 4);
    world.clock.advance(24 * 3600);
    assert!(verifier.verify(&token).await.unwrap_err().is_undecided());
    world.publish([&world.key]);
    world.clock.advance(31);
    verifier.verify(&token).await.unwrap();
}

#[tokio::test]
async fn without_keys_nothing_is_decided() {
    let world = World::new();
    let verifier = world.jwt_verifier();
    let good = json!({ "keys": [world.key.public().unwrap()] });
    let private = json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] });
    for (status, body) in [(503, good), (200, json!([])), (200, private)] {
        world.network.answer_with(JWKS, status, body);
        let verified = verifier.verify(&world.token()).await;
        assert!(verified.unwrap_err().is_undecided());
        world.clock.advance(1);
    }
    world.publish([&world.key]);
    verifier.verify(&world.token()).await.unwrap();
}

#[tokio::test]
async fn an_unknown_key_is_undecided_while_nobody_can_be_asked() {
    let world = World::new();
    let verifier = world.jwt_verifier();
    verifier.verify(&world.token()).await.unwrap();
    world.network.take_down(JWKS);
    world.clock.advance(30);
    let token = sign(&new_key("key-2"), &json!({}));
    for _ in 0..3 {
        assert!(verifier.verify(&token).await.unwrap_err().is_undecided());
    }
    assert_eq!(world.network.count(JWKS), 2);
    verifier.verify(&world.token()).await.unwrap();
}
