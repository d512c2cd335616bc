//! The grant type `client_credentials`.

use std::sync::Arc;
use std::time::Duration;

use grantor_core::{BoxFuture, Secret, Timestamp};
use grantor_jose::jwt::{self, Policy};
use grantor_jose::{Algorithm, KeySet};
use grantor_server::{
    AccessTokens, Client, ClientAuthMethod, Clients, Credentials, Error, NewClient, Registered,
};
use grantor_store::MemoryStore;
use http::header;

use crate::support::{API, FILES, Fixture, ISSUER, MACHINE, RESOURCE, Who, form_request};

const ASK: [(&str, &str); 1] = [("grant_type", "client_credentials")];

#[tokio::test]
async fn gives_an_opaque_token_for_the_client_itself() {
    let fixture = Fixture::new().await;
    let reply = fixture.token(MACHINE, &ASK).await;
    let json = reply.assert_ok().json();
    assert_eq!(json["token_type"], "Bearer");
    assert_eq!(json["expires_in"], 300);
    assert_eq!(json["scope"], "read write");
    assert!(json.get("refresh_token").is_none());
    assert_eq!(reply.header(header::CACHE_CONTROL), "no-store");
    assert_eq!(reply.header(header::PRAGMA), "no-cache");
    assert_eq!(reply.header(header::CONTENT_TYPE), "application/json");

    let seen = fixture.introspect(API, &reply.member("access_token")).await;
    assert_eq!(seen["active"], true);
    assert_eq!(seen["sub"], "machine");
    assert_eq!(seen["client_id"], "machine");
    assert_eq!(seen["scope"], "read write");
    assert_eq!(seen["aud"], RESOURCE);
    assert_eq!(seen["iss"], ISSUER);
    assert_eq!(
        seen["exp"].as_i64().unwrap() - seen["iat"].as_i64().unwrap(),
        300
    );
}

#[tokio::test]
async fn gives_jwts_that_verify_by_the_published_keys() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let jwts = AccessTokens::Jwt(algorithm);
        let fixture = Fixture::with(|config| config.access_tokens = jwts).await;
        let token = fixture.token(MACHINE, &ASK).await.member("access_token");
        let keys = KeySet::from_json(&fixture.get("/jwks").await.body).unwrap();
        let policy = Policy::access_token(ISSUER, RESOURCE).with_algorithms([algorithm]);
        let now = Timestamp::from_secs(1_790_000_000);
        let claims = jwt::verify(&token, &keys, &policy, now).unwrap().claims;
        assert_eq!(claims.subject.as_deref(), Some("machine"));
        assert_eq!(claims.text("client_id"), Ok(Some("machine")));
        assert_eq!(claims.text("scope"), Ok(Some("read write")));
        assert_eq!(claims.expires_at, Some(Timestamp::from_secs(1_790_000_300)));
        assert!(jwt::verify(&token, &keys, &Policy::access_token(ISSUER, FILES), now).is_err());
        assert_eq!(
            fixture.introspect(API, &token).await["jti"],
            *claims.jwt_id.unwrap()
        );
    }
}

#[tokio::test]
async fn gives_less_scope_and_another_audience_if_asked() {
    let fixture = Fixture::new().await;
    let ask = [ASK[0], ("scope", "write"), ("resource", FILES)];
    let reply = fixture.token(MACHINE, &ask).await;
    assert_eq!(reply.assert_ok().member("scope"), "write");
    let token = reply.member("access_token");
    assert_eq!(fixture.introspect(MACHINE, &token).await["aud"], FILES);
    // RFC 8707 section 2: `resource` may be repeated.
    let both = [ASK[0], ("resource", FILES), ("resource", RESOURCE)];
    let token = fixture.token(MACHINE, &both).await.member("access_token");
    let aud = &fixture.introspect(API, &token).await["aud"];
    assert_eq!(*aud, serde_json::json!([FILES, RESOURCE]));
}

#[tokio::test]
async fn refuses_scope_and_resources_beyond_the_client() {
    let fixture = Fixture::new().await;
    for (name, value, code) in [
        ("scope", "admin", "invalid_scope"),
        ("scope", "read admin", "invalid_scope"),
        ("scope", "read\"", "invalid_scope"),
        ("scope", " ", "invalid_scope"),
        ("resource", "https://unknown.example", "invalid_target"),
        ("resource", "https://api.example/", "invalid_target"),
        ("audience", "nobody", "invalid_target"),
    ] {
        let reply = fixture.token(MACHINE, &[ASK[0], (name, value)]).await;
        reply.assert_error(400, code);
    }
}

#[tokio::test]
async fn is_refused_to_clients_that_may_not_use_it() {
    let fixture = Fixture::new().await;
    let reply = fixture.token(crate::support::APP, &ASK).await;
    reply.assert_error(400, "unauthorized_client");
    let reply = fixture.token(crate::support::SPA, &ASK).await;
    reply.assert_error(400, "unauthorized_client");
    let reply = fixture.token(MACHINE, &[("grant_type", "password")]).await;
    reply.assert_error(400, "unsupported_grant_type");
    fixture
        .token(MACHINE, &[])
        .await
        .assert_error(400, "invalid_request");
}

#[tokio::test]
async fn a_generated_secret_opens_and_its_rotation_closes() {
    let fixture = Fixture::new().await;
    let new = NewClient::confidential("made").with_grant_types(["client_credentials"]);
    let secret = fixture.clients.add(new).await.unwrap().unwrap();
    let who = |secret: &Secret| Who {
        id: "made",
        secret: Some(String::leak(secret.expose().to_owned())),
        redirect_uri: "",
    };
    fixture.token(who(&secret), &ASK).await.assert_ok();
    let next = fixture
        .clients
        .rotate_secret("made", None, Duration::ZERO)
        .await
        .unwrap()
        .unwrap();
    fixture.clock.advance(1);
    fixture
        .token(who(&secret), &ASK)
        .await
        .assert_error(401, "invalid_client");
    fixture.token(who(&next), &ASK).await.assert_ok();
}

/// An application's table of clients, with a mistake in it.
#[derive(Debug)]
struct PublicMachine;

impl Clients for PublicMachine {
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Registered>, Error>> {
        let mut client = Client::new(id, "1");
        client.auth_method = ClientAuthMethod::None;
        client.grant_types = vec!["client_credentials".to_owned()];
        client.scope = "read".parse().unwrap();
        Box::pin(async move { Ok(Some(Registered::new(client, Credentials::None))) })
    }

    fn is_resource<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async { Ok(false) })
    }
}

#[tokio::test]
async fn gives_nothing_to_a_public_client_even_if_its_table_allows_it() {
    let store = Arc::new(MemoryStore::new());
    let fixture = Fixture::on(store, |builder| builder.clients(PublicMachine)).await;
    let body = "grant_type=client_credentials&client_id=anybody";
    let reply = fixture.send(form_request("/token", body)).await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.member("error"), "unauthorized_client");
}

/// A JWT names its audience (RFC 9068 section 2.2). The protected resource in this process is that
/// audience.
#[tokio::test]
async fn a_jwt_needs_no_configured_audience_where_one_is_protected() {
    let fixture = Fixture::with(|config| {
        config.access_tokens = AccessTokens::Jwt(Algorithm::Es256);
        config.default_audience = None;
    })
    .await;
    let ask = [("grant_type", "client_credentials")];
    let refused = fixture.token(MACHINE, &ask).await;
    refused.assert_error(400, "invalid_target");
    assert!(refused.text().contains("resource"), "{}", refused.text());
    let named = [ask[0], ("resource", FILES)];
    fixture.token(MACHINE, &named).await.assert_ok();

    fixture.server.register_resource("https://things.example");
    let token = fixture
        .token(MACHINE, &ask)
        .await
        .assert_ok()
        .member("access_token");
    let seen = fixture.server.introspect(&token).await.unwrap();
    assert_eq!(seen.aud, ["https://things.example"]);
}
