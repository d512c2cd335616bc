//! Introspections that the server signs (RFC 9701).

use grantor_jose::jwt::{self, Policy};
use grantor_jose::{Algorithm, KeySet, Timestamp};
use grantor_server::AccessTokens;
use http::{HeaderValue, header};
use serde_json::json;

use crate::support::{API, APP, Fixture, ISSUER, OTHER, Reply, Who, form, form_request};

const MEDIA_TYPE: &str = "application/token-introspection+jwt";

async fn ask(fixture: &Fixture, (who, token): (Who, &str), accept: &'static str) -> Reply {
    let secret = who.secret.unwrap_or_default();
    let pairs = [
        ("token", token),
        ("client_id", who.id),
        ("client_secret", secret),
    ];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut request = form_request("/introspect", &form(&pairs));
    let accept = HeaderValue::from_static(accept);
    request.headers_mut().insert(header::ACCEPT, accept);
    fixture.send(request).await
}

#[tokio::test]
async fn the_answer_is_signed_for_whoever_asks_for_it() {
    let jwt = AccessTokens::Jwt(Algorithm::Es256);
    let fixture = Fixture::with(|config| config.access_tokens = jwt).await;
    let metadata = fixture.get("/.well-known/oauth-authorization-server").await;
    let algorithms = &metadata.json()["introspection_signing_alg_values_supported"];
    assert_eq!(*algorithms, json!(["ES256"]));
    let token = fixture.tokens(APP).await.access;
    let keys = KeySet::from_json(&fixture.get("/jwks").await.body).unwrap();
    let now = Timestamp::from_secs(fixture.now());
    for (who, active) in [(API, true), (OTHER, false)] {
        let answer = ask(&fixture, (who, &token), MEDIA_TYPE).await;
        answer.assert_ok();
        assert_eq!(answer.header(header::CONTENT_TYPE), MEDIA_TYPE);
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
        let policy = Policy::introspection(ISSUER, who.id);
        let read = |policy: &Policy| jwt::verify(answer.text(), &keys, policy, now);
        let claims = read(&policy).unwrap().claims;
        let seen = &claims.other["token_introspection"];
        assert_eq!(seen["active"], active);
        assert_eq!(seen.get("sub").is_some(), active);
        // It passes for nobody else's, and for no token.
        assert!(read(&Policy::introspection(ISSUER, "somebody")).is_err());
        assert!(read(&Policy::access_token(ISSUER, who.id)).is_err());
    }
    let plain = ask(&fixture, (API, &token), "application/json").await;
    assert_eq!(plain.json()["active"], true);
}

#[tokio::test]
async fn a_server_without_signing_keys_answers_with_json() {
    let fixture = Fixture::new().await;
    let token = fixture.tokens(APP).await.access;
    let answer = ask(&fixture, (API, &token), MEDIA_TYPE).await;
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/json");
    assert_eq!(answer.json()["active"], true);
}
