//! Clients that authenticate by a JWT (RFC 7523, draft-ietf-oauth-rfc7523bis).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use grantor_core::{RedirectUri, Secret};
use grantor_jose::{Algorithm, Key, base64url, jwt};
use grantor_server::{ClientAuthMethod, NewClient};
use grantor_store::{MemoryStore, Store};
use grantor_store_sqlite::SqliteStore;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::assertion::{
    Signing, client, keys_of, register_secret, request, token_request,
};
use crate::support::{APP, Ask, Fault, Fixture, ISSUER, MACHINE, Reply, Who, form_request, send};

const SECRET: &str = "a secret that is long enough for HMAC with SHA-256";

fn key(algorithm: Algorithm) -> Key {
    Key::generate(algorithm).unwrap()
}

/// A token whose header and claims are these, under an empty signature.
fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |json: &Value| base64url::encode(json.to_string());
    format!("{}.{}.", part(header), part(claims))
}

#[track_caller]
fn is_refused(reply: &Reply) {
    reply.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn a_client_gets_a_token_by_an_assertion_under_any_key() {
    let fixture = Fixture::new().await;
    for algorithm in [
        Algorithm::Es256,
        Algorithm::EdDsa,
        Algorithm::Ps256,
        Algorithm::Rs256,
    ] {
        let app = Signing::register(&fixture, algorithm.as_str(), key(algorithm)).await;
        let reply = app.token(&fixture, &app.assertion(&fixture)).await;
        let answer = fixture
            .server
            .introspect(&reply.assert_ok().member("access_token"))
            .await;
        assert_eq!(
            answer.unwrap().client_id.as_deref(),
            Some(algorithm.as_str())
        );
    }
}

#[tokio::test]
async fn every_endpoint_takes_assertions() {
    let fixture = Fixture::new().await;
    let app = Signing::register(&fixture, "signing", key(Algorithm::Es256)).await;
    let reply = app.token(&fixture, &app.assertion(&fixture)).await;
    let token = reply.member("access_token");
    let post = async |path: &str, pairs: &[(&str, &str)]| {
        fixture
            .send(request(path, &app.assertion(&fixture), pairs))
            .await
    };
    let seen = post("/introspect", &[("token", &token)]).await;
    assert_eq!(seen.assert_ok().json()["active"], true);
    let ask = Ask::new(Who {
        id: "signing",
        ..APP
    });
    let pairs: Vec<_> = ask
        .pairs
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let pushed = post("/par", &pairs).await;
    assert_eq!(pushed.status, StatusCode::CREATED, "{pushed:?}");
    assert!(!pushed.text().contains("client_assertion"));
    post("/revoke", &[("token", &token)]).await.assert_ok();
    fixture.clock.advance(1);
    assert!(!fixture.is_active(&token).await);
}

#[tokio::test]
async fn a_client_with_client_secret_jwt_signs_with_its_secret() {
    let fixture = Fixture::new().await;
    register_secret(&fixture, "shared", SECRET).await;
    let key = Key::from_secret(Algorithm::Hs256, SECRET.as_bytes()).unwrap();
    let app = Signing {
        id: "shared".to_owned(),
        key,
    };
    app.token(&fixture, &app.assertion(&fixture))
        .await
        .assert_ok();
    let other = Signing {
        id: "shared".to_owned(),
        key: Key::from_secret(Algorithm::Hs256, &[7; 32]).unwrap(),
    };
    is_refused(&other.token(&fixture, &other.assertion(&fixture)).await);
    // A store that somebody reads has the secret nowhere.
    let (_, entry) = fixture.record_of_client("shared").await;
    assert!(!String::from_utf8_lossy(&entry.value).contains("long enough"));
}

#[tokio::test]
async fn a_generated_secret_is_long_enough_for_each_hmac_and_two_are_valid_at_a_change() {
    let fixture = Fixture::new().await;
    let new = client("shared").with_auth_method(ClientAuthMethod::ClientSecretJwt);
    let first = fixture.clients.add(new).await.unwrap().unwrap();
    let keep = Duration::from_secs(3600);
    let second = fixture
        .clients
        .rotate_secret("shared", None, keep)
        .await
        .unwrap()
        .unwrap();
    fixture.clock.advance(1);
    let by = |secret: &Secret, algorithm| Signing {
        id: "shared".to_owned(),
        key: Key::from_secret(algorithm, secret.expose().as_bytes()).unwrap(),
    };
    for secret in [&first, &second] {
        for algorithm in [Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512] {
            let app = by(secret, algorithm);
            app.token(&fixture, &app.assertion(&fixture))
                .await
                .assert_ok();
        }
    }
    fixture.clock.advance(3600);
    let app = by(&first, Algorithm::Hs256);
    is_refused(&app.token(&fixture, &app.assertion(&fixture)).await);
    let short = NewClient::confidential("short").with_grant_types(["client_credentials"]);
    let short = short
        .with_auth_method(ClientAuthMethod::ClientSecretJwt)
        .with_secret("short");
    assert!(
        short
            .problems()
            .iter()
            .any(|it| it.contains("at least 32 bytes"))
    );
}

/// Attack 39: two methods in one request, or another than the registered one (RFC 6749 section 2.3.1,
/// RFC 7523 section 3).
#[tokio::test]
async fn no_other_method_than_the_registered_one_is_taken() {
    let fixture = Fixture::new().await;
    let app = Signing::register(&fixture, "signing", key(Algorithm::Es256)).await;
    register_secret(&fixture, "shared", SECRET).await;
    for id in ["signing", "shared"] {
        let who = Who {
            id,
            secret: Some(SECRET),
            ..MACHINE
        };
        let ask = [("grant_type", "client_credentials")];
        is_refused(&fixture.token(who, &ask).await);
        is_refused(
            &fixture
                .token(
                    Who {
                        secret: None,
                        ..who
                    },
                    &ask,
                )
                .await,
        );
        let body = format!("grant_type=client_credentials&client_id={id}&client_secret=x");
        is_refused(&fixture.send(form_request("/token", &body)).await);
    }
    // A client with a secret can't sign, not even with that secret.
    let machine = Signing {
        id: "machine".to_owned(),
        key: key(Algorithm::Es256),
    };
    is_refused(&machine.token(&fixture, &machine.assertion(&fixture)).await);
    for (method, header, body) in [
        (ClientAuthMethod::ClientSecretBasic, 200, 401),
        (ClientAuthMethod::ClientSecretPost, 401, 200),
    ] {
        let id = method.as_str();
        let new = client(id).with_auth_method(method).with_secret(SECRET);
        fixture.clients.add(new).await.unwrap();
        let who = Who {
            id: method.as_str(),
            secret: Some(SECRET),
            ..MACHINE
        };
        let ask = [("grant_type", "client_credentials")];
        assert_eq!(fixture.token(who, &ask).await.status, header, "{id}");
        let secret = SECRET.replace(' ', "+");
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        assert_eq!(
            fixture.send(form_request("/token", &form)).await.status,
            body,
            "{id}"
        );
    }
    let twice = request(
        "/token",
        &app.assertion(&fixture),
        &[("grant_type", "client_credentials"), ("client_secret", "x")],
    );
    fixture
        .send(twice)
        .await
        .assert_error(400, "invalid_request");
}

/// Attack 13: an assertion is used again (CVE-2020-15222).
#[tokio::test]
async fn an_assertion_is_good_once_at_whichever_endpoint() {
    let fixture = Fixture::new().await;
    let app = Signing::register(&fixture, "signing", key(Algorithm::Es256)).await;
    let other = Signing::register(&fixture, "other-signing", key(Algorithm::Es256)).await;
    let mut claims = app.claims(&fixture);
    let assertion = app.sign(&claims);
    app.token(&fixture, &assertion).await.assert_ok();
    is_refused(&app.token(&fixture, &assertion).await);
    is_refused(
        &fixture
            .send(request("/revoke", &assertion, &[("token", "x")]))
            .await,
    );
    // Another assertion with the same "jti" is no other.
    claims["exp"] = (fixture.now() + 120).into();
    is_refused(&app.token(&fixture, &app.sign(&claims)).await);
    // Nor does one client use up the "jti" of another.
    let jti = claims["jti"].clone();
    other.token_with(&fixture, "jti", jti).await.assert_ok();
}

/// Attack 13: an assertion that never ends, or has no `jti` (CVE-2020-5300).
#[tokio::test]
async fn an_assertion_says_everything_that_it_must() {
    let fixture = Fixture::new().await;
    let app = Signing::register(&fixture, "signing", key(Algorithm::Es256)).await;
    let now = fixture.now();
    for (name, value) in [
        ("jti", Value::Null),
        ("jti", json!("")),
        ("jti", json!(7)),
        ("exp", Value::Null),
        ("exp", json!(now - 61)),
        ("exp", json!(now + 3600 + 61)),
        ("exp", json!("soon")),
        ("iat", json!(now + 61)),
        ("nbf", json!(now + 61)),
        ("iss", Value::Null),
        ("iss", json!("machine")),
        ("sub", Value::Null),
        ("aud", Value::Null),
    ] {
        let reply = app.token_with(&fixture, name, value.clone()).await;
        is_refused(&reply);
    }
    for (name, value) in [
        ("iat", Value::Null),
        ("exp", json!(now - 59)),
        ("exp", json!(now + 3600)),
        ("iat", json!(now + 60)),
        ("nbf", json!(now + 60)),
    ] {
        app.token_with(&fixture, name, value).await.assert_ok();
    }
}

/// Attack 14: the audience is not the issuer alone (CVE-2025-27370, CVE-2025-27371).
#[tokio::test]
async fn the_issuer_is_the_only_audience() {
    let fixture = Fixture::new().await;
    let app = Signing::register(&fixture, "signing", key(Algorithm::Es256)).await;
    let endpoint = format!("{ISSUER}/token");
    for audience in [
        json!(endpoint),
        json!([ISSUER, endpoint]),
        json!([ISSUER, "https://evil.example"]),
        json!([]),
        json!([[ISSUER]]),
        json!(format!("{ISSUER}/")),
        json!(ISSUER.to_uppercase()),
        json!("https://evil.example"),
        json!({ "0": ISSUER }),
    ] {
        is_refused(&app.token_with(&fixture, "aud", audience).await);
    }
    for audience in [json!(ISSUER), json!([ISSUER])] {
        app.token_with(&fixture, "aud", audience).await.assert_ok();
    }
    let danger = |client: &mut grantor_server::Client| {
        client.danger_assertion_audience_token_endpoint = true;
    };
    fixture.clients.update("signing", danger).await.unwrap();
    fixture.clock.advance(1);
    for audience in [json!(ISSUER), json!(endpoint)] {
        app.token_with(&fixture, "aud", audience).await.assert_ok();
    }
    for audience in [json!([ISSUER, endpoint]), json!(format!("{ISSUER}/par"))] {
        is_refused(&app.token_with(&fixture, "aud", audience).await);
    }
}

/// Attack 15: the header chooses the algorithm or the key (CVE-2026-28802, CVE-2025-59420; RFC 8725
/// section 3.1).
#[tokio::test]
async fn the_header_chooses_neither_algorithm_nor_key() {
    let fixture = Fixture::new().await;
    let app = Signing::register(&fixture, "signing", key(Algorithm::Es256)).await;
    let claims = app.claims(&fixture);
    for algorithm in ["none", "None", "ES256", "HS256"] {
        let assertion = unsigned(&json!({ "alg": algorithm }), &claims);
        is_refused(&app.token(&fixture, &assertion).await);
    }
    // The public key as the secret of HMAC, in each form in which somebody might read it.
    let public = app.key.public().unwrap();
    let jwk = serde_json::to_string(public).unwrap();
    for secret in [
        public.to_pem().into_bytes(),
        public.to_spki_der(),
        jwk.into_bytes(),
    ] {
        let confused = Key::from_secret(Algorithm::Hs256, &secret).unwrap();
        let confused = Signing {
            id: "signing".to_owned(),
            key: confused,
        };
        is_refused(
            &confused
                .token(&fixture, &confused.assertion(&fixture))
                .await,
        );
    }
    // A key that the header brings along is no key of the client's.
    let thief = key(Algorithm::Es256);
    let header = json!({
        "alg": "ES256", "jwk": thief.public().unwrap(), "jku": "https://evil.example/jwks",
    });
    let part = |json: &Value| base64url::encode(json.to_string());
    let input = format!("{}.{}", part(&header), part(&claims));
    let signature = thief.sign_bytes(input.as_bytes()).unwrap();
    let assertion = format!("{input}.{}", base64url::encode(signature.as_bytes()));
    is_refused(&app.token(&fixture, &assertion).await);
    let thief = Signing {
        id: "signing".to_owned(),
        key: thief,
    };
    is_refused(&thief.token(&fixture, &thief.assertion(&fixture)).await);
    app.token(&fixture, &app.sign(&claims)).await.assert_ok();
}

/// RFC 8725 section 3.11: another kind of token is no assertion.
#[tokio::test]
async fn another_type_of_token_is_no_assertion() {
    let fixture = Fixture::new().await;
    let app = Signing::register(&fixture, "signing", key(Algorithm::Es256)).await;
    for (typ, status) in [
        (jwt::Typ::CLIENT_ASSERTION, 200),
        (jwt::Typ::JWT, 200),
        (jwt::Typ::ACCESS_TOKEN, 401),
        (jwt::Typ::REQUEST_OBJECT, 401),
        (jwt::Typ::DPOP, 401),
    ] {
        let assertion = jwt::sign(&app.key, typ, &app.claims(&fixture)).unwrap();
        assert_eq!(
            app.token(&fixture, &assertion).await.status,
            status,
            "{typ:?}"
        );
    }
}

#[tokio::test]
async fn keys_of_a_client_are_replaced_at_once() {
    let fixture = Fixture::new().await;
    let app = Signing::register(&fixture, "signing", key(Algorithm::Es256)).await;
    let next = key(Algorithm::EdDsa);
    let keys = keys_of([&next]);
    let change = |client: &mut grantor_server::Client| client.jwks = Some(keys.clone());
    fixture.clients.update("signing", change).await.unwrap();
    fixture.clock.advance(1);
    is_refused(&app.token(&fixture, &app.assertion(&fixture)).await);
    let app = Signing {
        id: "signing".to_owned(),
        key: next,
    };
    app.token(&fixture, &app.assertion(&fixture))
        .await
        .assert_ok();
    let none = |client: &mut grantor_server::Client| client.jwks = None;
    let error = fixture.clients.update("signing", none).await.unwrap_err();
    assert!(
        error.to_string().contains("needs its public keys"),
        "{error}"
    );
}

#[tokio::test]
async fn a_change_of_method_drops_a_secret_that_is_stored_in_another_form() {
    let fixture = Fixture::new().await;
    let by = |method| move |client: &mut grantor_server::Client| client.auth_method = method;
    let ask = [("grant_type", "client_credentials")];
    let set = async |method| {
        fixture
            .clients
            .update(MACHINE.id, by(method))
            .await
            .unwrap();
        fixture.clock.advance(1);
    };
    set(ClientAuthMethod::ClientSecretBasic).await;
    fixture.token(MACHINE, &ask).await.assert_ok();
    set(ClientAuthMethod::ClientSecretJwt).await;
    set(ClientAuthMethod::ClientSecretBasic).await;
    is_refused(&fixture.token(MACHINE, &ask).await);
    let secret = MACHINE.secret.unwrap().into();
    let rotated = fixture
        .clients
        .rotate_secret(MACHINE.id, Some(secret), Duration::ZERO)
        .await;
    assert!(rotated.unwrap().is_none());
    fixture.clock.advance(1);
    fixture.token(MACHINE, &ask).await.assert_ok();
}

/// Attack 13 with threads: of many uses of one assertion one wins, on each store.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_uses_of_one_assertion_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::open(folder.path().join("assertions.db")).unwrap();
    let stores: [Arc<dyn Store>; 2] = [Arc::new(MemoryStore::new()), Arc::new(sqlite)];
    for store in stores {
        let fixture = Fixture::on(store, |builder| builder).await;
        let app = Signing::register(&fixture, "signing", key(Algorithm::Es256)).await;
        fixture.store.let_others_go_first();
        for _ in 0..4 {
            let assertion = app.assertion(&fixture);
            let mut running = JoinSet::new();
            for _ in 0..30 {
                let (server, request) = (fixture.server.clone(), token_request(&assertion));
                running.spawn(async move { send(&server, request).await });
            }
            let replies = running.join_all().await;
            let won = replies.iter().filter(|reply| reply.status == 200);
            assert_eq!(won.count(), 1);
            replies
                .iter()
                .filter(|reply| reply.status != 200)
                .for_each(is_refused);
        }
    }
}

#[tokio::test]
async fn a_store_that_cannot_remember_an_assertion_refuses_it() {
    let fixture = Fixture::new().await;
    let app = Signing::register(&fixture, "signing", key(Algorithm::Es256)).await;
    app.token(&fixture, &app.assertion(&fixture))
        .await
        .assert_ok();
    // The client is cached, so that the first call is the one that remembers.
    fixture.store.set(Fault::Call(0));
    let reply = app.token(&fixture, &app.assertion(&fixture)).await;
    reply.assert_error(503, "temporarily_unavailable");
    fixture.store.set(Fault::None);
}

/// A request that is not signed for its client fills no store.
#[tokio::test]
async fn a_refused_assertion_is_not_remembered() {
    let fixture = Fixture::new().await;
    let app = Signing::register(&fixture, "signing", key(Algorithm::Es256)).await;
    let thief = Signing {
        id: "signing".to_owned(),
        key: key(Algorithm::Es256),
    };
    let claims = app.claims(&fixture);
    is_refused(&thief.token(&fixture, &thief.sign(&claims)).await);
    assert!(fixture.records(*b"as").await.is_empty());
    app.token(&fixture, &app.sign(&claims)).await.assert_ok();
    assert_eq!(fixture.records(*b"as").await.len(), 1);
}

#[tokio::test]
async fn events_have_the_reason_and_nothing_has_the_assertion() {
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let listener = Arc::clone(&told);
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        builder.on_event(move |event| listener.lock().unwrap().push(format!("{event:?}")))
    })
    .await;
    let app = Signing::register(&fixture, "signing", key(Algorithm::Es256)).await;
    let assertion = app.assertion(&fixture);
    app.token(&fixture, &assertion).await.assert_ok();
    let again = app.token(&fixture, &assertion).await;
    let expired = app
        .token_with(&fixture, "exp", json!(fixture.now() - 100))
        .await;
    // The peer can't tell them apart.
    assert_eq!(again.body, expired.body);
    let told = told.lock().unwrap().join("\n");
    assert!(told.contains("the assertion was used before"), "{told}");
    assert!(told.contains("wrong assertion: "), "{told}");
    let signature = assertion.rsplit('.').next().unwrap();
    assert!(!told.contains(signature), "{told}");
}

#[tokio::test]
async fn the_metadata_names_methods_and_algorithms() {
    let fixture = Fixture::with(|config| {
        config.client_assertion_algorithms = vec![Algorithm::Ps256, Algorithm::Es256];
    })
    .await;
    let metadata = fixture
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    for endpoint in ["token", "introspection", "revocation"] {
        let methods = &metadata[format!("{endpoint}_endpoint_auth_methods_supported")];
        let has = |name: &str| methods.as_array().unwrap().contains(&json!(name));
        assert!(
            has("private_key_jwt") && !has("client_secret_jwt"),
            "{methods}"
        );
        let algorithms =
            &metadata[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")];
        assert_eq!(*algorithms, json!(["PS256", "ES256"]));
    }
    let app = Signing::register(&fixture, "signing", key(Algorithm::EdDsa)).await;
    is_refused(&app.token(&fixture, &app.assertion(&fixture)).await);
}

#[tokio::test]
async fn a_code_is_redeemed_by_an_assertion() {
    let fixture = Fixture::new().await;
    let app = Signing::register_with(&fixture, "signing", key(Algorithm::Es256), |mut new| {
        new.client.redirect_uris = vec![RedirectUri::parse(APP.redirect_uri).unwrap()];
        new
    })
    .await;
    let code = fixture
        .code(Who {
            id: "signing",
            ..APP
        })
        .await;
    let redeem = request("/token", &app.assertion(&fixture), &code.pairs());
    let refresh = fixture
        .send(redeem)
        .await
        .assert_ok()
        .member("refresh_token");
    let pairs = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &*refresh),
    ];
    let again = request("/token", &app.assertion(&fixture), &pairs);
    fixture.send(again).await.assert_ok();
}
