//! Tokens that are wrapped once too often, signed with what everybody knows, or that say a thing twice.

use std::sync::Arc;

use bytes::Bytes;
use grantor_client::CodeFlow;
use grantor_core::ResponseMode;
use grantor_core::openid::TokenDecryption;
use grantor_jose::jwe::{self, ContentEncryption, DecryptionKey, EncryptionKey, KeyManagement};
use grantor_jose::jwt::Typ;
use grantor_jose::{Algorithm, Key, base64url};
use http::Response;
use serde_json::{Map, Value, json};

use crate::provider::{CALLBACK, builder, flow, refusal, reissue, sign_in, signed_by_hand, world};
use crate::support::World;

fn encrypted(to: &EncryptionKey, cty: Option<&str>, text: &str) -> String {
    let header = match cty {
        Some(cty) => jwe::Header::new().with_content_type(cty),
        None => jwe::Header::new(),
    };
    jwe::encrypt(to, ContentEncryption::A256Gcm, &header, text.as_bytes()).unwrap()
}

/// A client that has its ID tokens, and answers of the authorization endpoint, encrypted to it.
fn decrypting(world: &World) -> (CodeFlow, Arc<EncryptionKey>) {
    let key = DecryptionKey::generate_p256(KeyManagement::EcdhEs).unwrap();
    let to = Arc::new(key.encryption_key().unwrap());
    let decryption = TokenDecryption::new([key], jwe::Policy::new());
    let builder = builder()
        .decrypt_id_tokens(decryption.clone())
        .decrypt_authorization_responses(decryption);
    (world.here(builder).code_flow(CALLBACK).unwrap(), to)
}

/// OpenID Connect Core section 10.2.
#[tokio::test(start_paused = true)]
async fn an_encrypted_id_token_is_validated_as_any_other() {
    let world = world();
    let (own, to) = decrypting(&world);
    let server = world.server.clone();
    let wrap = Arc::clone(&to);
    reissue(&world, move |claims| {
        let signed = server.signed(Typ::JWT, &Value::Object(claims.clone()));
        encrypted(&wrap, Some("JWT"), &signed)
    });
    assert!(sign_in(&world, &own).await.is_ok());
    let message = refusal(&world, &flow(&world)).await;
    assert!(message.contains("no key to decrypt"), "{message}");
    let server = world.server.clone();
    reissue(&world, move |claims| {
        let mut claims = Value::Object(claims.clone());
        claims["aud"] = json!("another");
        encrypted(&to, Some("JWT"), &server.signed(Typ::JWT, &claims))
    });
    let message = refusal(&world, &own).await;
    assert!(message.contains("\"aud\""), "{message}");
}

/// Everybody can encrypt to the client: what is inside has to be signed, and signed by the provider.
#[tokio::test(start_paused = true)]
async fn encryption_replaces_no_signature() {
    type Make = fn(&World, &EncryptionKey, &Map<String, Value>) -> String;
    let cases: [(&str, Make); 6] = [
        ("claims alone", |_, to, claims| {
            encrypted(to, Some("JWT"), &Value::Object(claims.clone()).to_string())
        }),
        ("an unsigned token", |_, to, claims| {
            let payload = base64url::encode(Value::Object(claims.clone()).to_string());
            let none = format!("{}.{payload}.", base64url::encode("{\"alg\":\"none\"}"));
            encrypted(to, Some("JWT"), &none)
        }),
        ("a stranger's signature", |_, to, claims| {
            let stranger = Key::generate(Algorithm::Rs256).unwrap();
            let header = json!({"alg": "RS256"});
            encrypted(to, Some("JWT"), &signed_by_hand(&stranger, &header, claims))
        }),
        ("wrapped twice", |world, to, claims| {
            let signed = world
                .server
                .signed(Typ::JWT, &Value::Object(claims.clone()));
            encrypted(to, Some("JWT"), &encrypted(to, Some("JWT"), &signed))
        }),
        ("of no type", |world, to, claims| {
            let signed = world
                .server
                .signed(Typ::JWT, &Value::Object(claims.clone()));
            encrypted(to, None, &signed)
        }),
        ("to another client", |world, _, claims| {
            let other = DecryptionKey::generate_p256(KeyManagement::EcdhEs).unwrap();
            let signed = world
                .server
                .signed(Typ::JWT, &Value::Object(claims.clone()));
            encrypted(&other.encryption_key().unwrap(), Some("JWT"), &signed)
        }),
    ];
    for (what, make) in cases {
        let world = world();
        let (flow, to) = decrypting(&world);
        let wrapped = (world.clone(), Arc::clone(&to));
        reissue(&world, move |claims| make(&wrapped.0, &wrapped.1, claims));
        let message = refusal(&world, &flow).await;
        assert!(!message.contains("user-1"), "{what}: {message}");

        // The same as an answer of the authorization endpoint.
        let flow = flow.response_mode(ResponseMode::Jwt);
        let started = flow.start().await.unwrap();
        let state = started.pending.state();
        let now = world.now().as_secs();
        let claims = json!({
            "iss": crate::support::ISSUER, "aud": "app", "exp": now + 60, "code": "stolen",
            "state": state.expose(),
        });
        let answer = make(&world, &to, claims.as_object().unwrap());
        let before = world.server.token_requests();
        let answer = format!("response={answer}");
        let ended = flow.finish(started.pending, &answer);
        let error = ended.await.unwrap_err();
        assert!(error.is_refused(), "{what}: {error:?}");
        assert_eq!(world.server.token_requests(), before, "{what}");
    }
}

/// RFC 8725 section 2.1: all forms of a public key that everybody can read, as the secret of HMAC.
#[tokio::test(start_paused = true)]
async fn a_public_key_in_no_form_is_a_secret() {
    for form in ["json", "modulus", "thumbprint"] {
        let world = world();
        let key = Key::generate(Algorithm::Rs256).unwrap().with_key_id("k");
        let public = serde_json::to_value(key.public().unwrap()).unwrap();
        let secret = match form {
            "json" => public.to_string(),
            "modulus" => public["n"].as_str().unwrap().to_owned(),
            _ => key.public().unwrap().thumbprint(),
        };
        world
            .server
            .publish_keys(key.public().cloned().into_iter().collect());
        let forge = move |header: &Value, claims: &Map<String, Value>| {
            let forger = Key::from_secret(Algorithm::Hs256, secret.as_bytes()).unwrap();
            signed_by_hand(&forger, header, claims)
        };
        let header = json!({"alg": "HS256", "kid": "k"});
        let (forger, head) = (forge.clone(), header.clone());
        reissue(&world, move |claims| forger(&head, claims));
        let message = refusal(&world, &flow(&world)).await;
        assert!(message.contains("\"alg\""), "{message}");

        let now = world.now().as_secs();
        let mut claims = json!({
            "iss": crate::support::ISSUER, "aud": "app", "sub": "user-1", "jti": "1", "iat": now,
            "exp": now + 120, "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        let forged = forge(&header, claims.as_object().unwrap());
        let error = flow(&world).logout_token(&forged).await.unwrap_err();
        assert!(error.to_string().contains("\"alg\""), "{error}");

        let by_jwt = flow(&world).response_mode(ResponseMode::Jwt);
        let started = by_jwt.start().await.unwrap();
        claims["code"] = json!("stolen");
        claims["state"] = json!(started.pending.state().expose());
        let forged = forge(&header, claims.as_object().unwrap());
        let answer = format!("response={forged}");
        let ended = by_jwt.finish(started.pending, &answer);
        let error = ended.await.unwrap_err();
        assert!(error.to_string().contains("\"alg\""), "{error}");
    }
}

/// A signed answer of UserInfo is held to the rules of an ID token's signature.
#[tokio::test(start_paused = true)]
async fn a_forged_user_info_is_refused() {
    let world = world();
    let flow = flow(&world);
    let signed_in = sign_in(&world, &flow).await.unwrap();
    let claims = json!({"sub": "user-1", "email": "evil@example.com"});
    let claims = claims.as_object().unwrap();
    let stranger = Key::generate(Algorithm::Rs256).unwrap();
    let secret = Key::from_secret(Algorithm::Hs256, &[7; 32]).unwrap();
    let unsigned = base64url::encode(Value::Object(claims.clone()).to_string());
    for forged in [
        signed_by_hand(&stranger, &json!({"alg": "RS256"}), claims),
        signed_by_hand(&secret, &json!({"alg": "HS256"}), claims),
        format!("{}.{unsigned}.", base64url::encode("{\"alg\":\"none\"}")),
        format!("{}.{unsigned}.", base64url::encode("{}")),
    ] {
        world.server.answer_user_info_with(move |_| {
            let answer = Response::builder().header("content-type", "application/jwt");
            answer.body(Bytes::from(forged.clone())).unwrap()
        });
        let asked = flow.user_info(&signed_in.tokens, "user-1");
        let error = asked.await.unwrap_err();
        assert!(
            error.is_refused() && !error.to_string().contains("evil"),
            "{error}"
        );
        world.advance(60);
    }
}

/// RFC 7519 section 4: names of claims are unique; RFC 7515 section 4: those of the header too.
#[tokio::test(start_paused = true)]
async fn a_token_that_says_a_thing_twice_is_refused() {
    for (name, value) in [
        ("sub", json!("user-2")),
        ("aud", json!("another")),
        ("nonce", json!("another")),
        ("exp", json!(1)),
        ("unknown", json!([{"a": 1}])),
    ] {
        for is_first in [true, false] {
            let world = world();
            let key = Key::generate(Algorithm::Rs256).unwrap();
            world
                .server
                .publish_keys(key.public().cloned().into_iter().collect());
            let value = value.clone();
            reissue(&world, move |claims| {
                let mut claims = claims.clone();
                let own = claims.entry(name).or_insert(json!(1)).clone();
                claims.remove(name);
                let rest = Value::Object(claims).to_string();
                let [one, two] = match is_first {
                    true => [&value, &own],
                    false => [&own, &value],
                };
                let rest = &rest[1..];
                let payload = format!("{{\"{name}\":{one},\"{name}\":{two},{rest}");
                let header = base64url::encode("{\"alg\":\"RS256\"}");
                let input = format!("{header}.{}", base64url::encode(payload));
                let signature = key.sign_bytes(input.as_bytes()).unwrap();
                format!("{input}.{}", base64url::encode(signature.as_bytes()))
            });
            refusal(&world, &flow(&world)).await;
        }
    }
}
