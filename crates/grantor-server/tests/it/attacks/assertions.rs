//! Assertions as grants (RFC 7521, RFC 7523, draft-ietf-oauth-identity-assertion-authz-grant).

use std::sync::Arc;

use grantor_jose::jwt::{self, Typ};
use grantor_jose::{Algorithm, Key, base64url};
use grantor_store::{MemoryStore, Store};
use grantor_store_sqlite::SqliteStore;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{FILES, Fixture, ISSUER, Idp, WIKI, Who, client_request, send};

const TOOL: Who = Who {
    id: "tool",
    secret: None,
    redirect_uri: "",
};

async fn refused(fixture: &Fixture, idp: &Idp, typ: Typ, claims: &Value) {
    let reply = fixture.assert(WIKI, &idp.sign(typ, claims), &[]).await;
    assert_eq!(reply.status, 400, "{claims}");
    reply.assert_error(400, "invalid_grant");
}

/// CVE-2020-15222 and CVE-2020-5300 for assertions as grants: one `jti`, many uses at once, one token; on
/// memory and SQLite.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_uses_of_one_assertion_one_gets_a_token() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::open(folder.path().join("assertions.db")).unwrap();
    let stores: [Arc<dyn Store>; 2] = [Arc::new(MemoryStore::new()), Arc::new(sqlite)];
    for store in stores {
        let idp = Idp::new();
        let fixture = Fixture::with_idp_on(store, &idp, |issuer| issuer).await;
        fixture.store.let_others_go_first();
        for (jti, typ) in [("a", Typ::IDENTITY_ASSERTION), ("b", Typ::JWT)] {
            let mut claims = Idp::claims(&fixture);
            claims["jti"] = json!(jti);
            let assertion = idp.sign(typ, &claims);
            let ask = [
                ("grant_type", grantor_server::grant_type::JwtBearer::NAME),
                ("assertion", assertion.as_str()),
            ];
            let mut running = JoinSet::new();
            for _ in 0..50 {
                let (server, request) =
                    (fixture.server.clone(), client_request("/token", WIKI, &ask));
                running.spawn(async move { send(&server, request).await });
            }
            let replies = running.join_all().await;
            let won = replies.iter().filter(|reply| reply.status == 200);
            assert_eq!(won.count(), 1);
            for reply in replies.iter().filter(|reply| reply.status != 200) {
                reply.assert_error(400, "invalid_grant");
            }
        }
    }
}

/// A used assertion is remembered for as long as any clock accepts it.
#[tokio::test]
async fn a_used_assertion_stays_used() {
    let idp = Idp::new();
    let fixture = Fixture::with_idp(&idp, |issuer| issuer).await;
    let claims = Idp::claims(&fixture);
    let assertion = idp.sign(Typ::IDENTITY_ASSERTION, &claims);
    fixture.assert(WIKI, &assertion, &[]).await.assert_ok();
    for _ in 0..43 {
        fixture.clock.advance(10);
        fixture
            .assert(WIKI, &assertion, &[])
            .await
            .assert_error(400, "invalid_grant");
    }
    // Another one with the same identifier is of another issuer, or refused.
    let mut again = Idp::claims(&fixture);
    again["sub"] = json!("U019488227");
    fixture
        .assert(WIKI, &idp.sign(Typ::JWT, &again), &[])
        .await
        .assert_ok();
}

/// A request that fails after the assertion was looked at burns nothing: the put that remembers it is the
/// last step.
#[tokio::test]
async fn a_request_that_is_refused_uses_no_assertion() {
    let idp = Idp::new();
    let fixture = Fixture::with_idp(&idp, |issuer| issuer).await;
    let assertion = idp.sign(Typ::IDENTITY_ASSERTION, &Idp::claims(&fixture));
    let wrong = [("scope", "admin")];
    fixture
        .assert(WIKI, &assertion, &wrong)
        .await
        .assert_error(400, "invalid_scope");
    let wrong = [("resource", "https://unknown.example")];
    fixture
        .assert(WIKI, &assertion, &wrong)
        .await
        .assert_error(400, "invalid_target");
    assert!(fixture.records(*b"ua").await.is_empty());
    fixture.assert(WIKI, &assertion, &[]).await.assert_ok();
}

/// CVE-2025-27370, CVE-2025-27371: the audience is the issuer alone, no endpoint and no list.
#[tokio::test]
async fn the_audience_is_the_issuer_alone() {
    let idp = Idp::new();
    let fixture = Fixture::with_idp(&idp, |issuer| issuer).await;
    for typ in [Typ::IDENTITY_ASSERTION, Typ::JWT] {
        for audience in [
            json!(format!("{ISSUER}/token")),
            json!(format!("{ISSUER}/")),
            json!([ISSUER, "https://other.example"]),
            json!("https://other.example"),
            json!([]),
            Value::Null,
        ] {
            let mut claims = Idp::claims(&fixture);
            claims["aud"] = audience;
            refused(&fixture, &idp, typ, &claims).await;
        }
        let mut claims = Idp::claims(&fixture);
        claims["aud"] = json!([ISSUER]);
        claims["jti"] = json!(format!("list {}", typ.as_str()));
        fixture
            .assert(WIKI, &idp.sign(typ, &claims), &[])
            .await
            .assert_ok();
    }
    // Where a danger allows the endpoint, it is the endpoint alone.
    let lax = Fixture::with_idp(&idp, |issuer| {
        issuer.danger_with_other_audience(format!("{ISSUER}/token"))
    })
    .await;
    let mut claims = Idp::claims(&lax);
    claims["aud"] = json!(format!("{ISSUER}/token"));
    lax.assert(WIKI, &idp.sign(Typ::JWT, &claims), &[])
        .await
        .assert_ok();
    claims["aud"] = json!([ISSUER, format!("{ISSUER}/token")]);
    claims["jti"] = json!("2");
    refused(&lax, &idp, Typ::JWT, &claims).await;
}

/// RFC 8725 section 3.11: an assertion of one kind is none of another.
#[tokio::test]
async fn the_type_is_that_of_the_kind() {
    let idp = Idp::new();
    let fixture = Fixture::with_idp(&idp, |issuer| issuer).await;
    let claims = Idp::claims(&fixture);
    for typ in [
        Typ::ACCESS_TOKEN,
        Typ::DPOP,
        Typ::CLIENT_ASSERTION,
        Typ::new("secevent+jwt"),
    ] {
        refused(&fixture, &idp, typ, &claims).await;
    }
    // An ID Token, a Logout Token, and an assertion that a client authenticates with.
    for (name, value) in [
        ("nonce", json!("n")),
        ("azp", json!("wiki")),
        ("events", json!({})),
        ("sub", json!(Idp::ISSUER)),
    ] {
        let mut other = claims.clone();
        other[name] = value;
        refused(&fixture, &idp, Typ::JWT, &other).await;
    }
}

/// An identity assertion is for the client that it names, which authenticates.
#[tokio::test]
async fn an_identity_assertion_of_another_client_is_refused() {
    let idp = Idp::new();
    let fixture = Fixture::with_idp(&idp, |issuer| issuer).await;
    let mut claims = Idp::claims(&fixture);
    claims["client_id"] = json!("other");
    refused(&fixture, &idp, Typ::IDENTITY_ASSERTION, &claims).await;
    claims["client_id"] = json!(TOOL.id);
    let assertion = idp.sign(Typ::IDENTITY_ASSERTION, &claims);
    let reply = fixture.assert(TOOL, &assertion, &[]).await;
    reply.assert_error(400, "unauthorized_client");
}

/// The scope and the resources of an identity assertion bound the token.
#[tokio::test]
async fn an_identity_assertion_bounds_scope_and_resources() {
    let idp = Idp::new();
    let fixture = Fixture::with_idp(&idp, |issuer| issuer).await;
    let mut claims = Idp::claims(&fixture);
    claims["scope"] = json!("read");
    claims["resource"] = json!([FILES]);
    let assertion = idp.sign(Typ::IDENTITY_ASSERTION, &claims);
    let more = [("scope", "write")];
    fixture
        .assert(WIKI, &assertion, &more)
        .await
        .assert_error(400, "invalid_scope");
    let more = [("resource", crate::support::RESOURCE)];
    fixture
        .assert(WIKI, &assertion, &more)
        .await
        .assert_error(400, "invalid_target");
    for (name, wrong, code) in [
        ("resource", json!([]), "invalid_grant"),
        ("resource", json!([1]), "invalid_grant"),
        ("resource", json!({}), "invalid_grant"),
        (
            "resource",
            json!("https://unknown.example"),
            "invalid_target",
        ),
        ("scope", json!(["read"]), "invalid_grant"),
        ("scope", json!("read\u{7f}"), "invalid_grant"),
    ] {
        let mut other = claims.clone();
        other[name] = wrong;
        let assertion = idp.sign(Typ::IDENTITY_ASSERTION, &other);
        fixture
            .assert(WIKI, &assertion, &[])
            .await
            .assert_error(400, code);
    }
}

/// Only subjects that the application knows get a token.
#[tokio::test]
async fn an_unknown_subject_gets_nothing() {
    let idp = Idp::new();
    let fixture = Fixture::with_idp(&idp, |issuer| issuer).await;
    let mut claims = Idp::claims(&fixture);
    claims["sub"] = json!("somebody");
    refused(&fixture, &idp, Typ::IDENTITY_ASSERTION, &claims).await;
    let nobody = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        builder.grant_type(grantor_server::grant_type::JwtBearer::new())
    });
    let nobody = nobody.await;
    let new = grantor_server::NewClient::confidential(WIKI.id)
        .with_grant_types([grantor_server::grant_type::JwtBearer::NAME])
        .with_scope("read".parse().unwrap())
        .with_secret(WIKI.secret.unwrap());
    nobody.clients.add(new).await.unwrap();
    refused(
        &nobody,
        &idp,
        Typ::IDENTITY_ASSERTION,
        &Idp::claims(&nobody),
    )
    .await;
}

/// CVE-2026-28802 and its like: no signature, another key, an algorithm that is not allowed, a key in the
/// header.
#[tokio::test]
async fn a_signature_that_is_not_the_issuer_s_is_refused() {
    let idp = Idp::new();
    let fixture =
        Fixture::with_idp(&idp, |issuer| issuer.with_algorithms([Algorithm::Es256])).await;
    let claims = Idp::claims(&fixture);
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let other = Idp {
            key: Key::generate(algorithm).unwrap(),
        };
        refused(&fixture, &other, Typ::JWT, &claims).await;
    }
    let good = idp.sign(Typ::JWT, &claims);
    let [_, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else {
        panic!("{good}");
    };
    let own = Key::generate(Algorithm::Es256).unwrap();
    let jwk = serde_json::to_value(own.public().unwrap()).unwrap();
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "HS256", "typ": "JWT" }),
        json!({ "alg": "ES256", "typ": "JWT", "jwk": jwk }),
        json!({ "alg": "ES256", "typ": "JWT", "crit": ["x"], "x": 1 }),
    ] {
        let header = base64url::encode(header.to_string());
        for signature in ["", signature] {
            let forged = format!("{header}.{payload}.{signature}");
            fixture
                .assert(WIKI, &forged, &[])
                .await
                .assert_error(400, "invalid_grant");
        }
    }
    for garbage in ["", "x", "a.b.c", "....", &good.replace('.', "")] {
        let reply = fixture.assert(WIKI, garbage, &[]).await;
        let code = if garbage.is_empty() {
            "invalid_request"
        } else {
            "invalid_grant"
        };
        reply.assert_error(400, code);
    }
    assert_eq!(jwt::claimed_issuer(&good).unwrap(), Idp::ISSUER);
    fixture.assert(WIKI, &good, &[]).await.assert_ok();
}

/// RFC 7523 section 3: `exp`, `iat` and `nbf` have a window, and what is missing is missed.
#[tokio::test]
async fn times_have_a_window_and_every_claim_is_needed() {
    let idp = Idp::new();
    let fixture = Fixture::with_idp(&idp, |issuer| issuer).await;
    let now = fixture.stores.environment().now().as_secs();
    for (name, value) in [
        ("exp", json!(now - 60)),
        ("exp", json!(now + 3661)),
        ("exp", json!("soon")),
        ("iat", json!(now + 61)),
        ("nbf", json!(now + 61)),
    ] {
        for typ in [Typ::IDENTITY_ASSERTION, Typ::JWT] {
            let mut claims = Idp::claims(&fixture);
            claims[name] = value.clone();
            refused(&fixture, &idp, typ, &claims).await;
        }
    }
    for name in ["iss", "sub", "aud", "jti", "exp"] {
        for typ in [Typ::IDENTITY_ASSERTION, Typ::JWT] {
            let mut claims = Idp::claims(&fixture);
            claims.as_object_mut().unwrap().remove(name);
            refused(&fixture, &idp, typ, &claims).await;
        }
    }
}
