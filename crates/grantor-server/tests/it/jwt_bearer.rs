//! Assertions of trusted issuers as grants (RFC 7523), identity assertions among them.

use grantor_jose::jwt::Typ;
use serde_json::json;

use crate::support::{FILES, Fault, Fixture, Idp, RESOURCE, WIKI, Who};

const TOOL: Who = Who {
    id: "tool",
    secret: None,
    redirect_uri: "",
};

#[tokio::test]
async fn an_identity_assertion_gives_a_token_of_the_user_it_means_here() {
    let idp = Idp::new();
    let fixture = Fixture::with_idp(&idp, |issuer| issuer).await;
    let mut claims = Idp::claims(&fixture);
    claims["scope"] = json!("read chat");
    claims["resource"] = json!(FILES);
    let assertion = idp.sign(Typ::IDENTITY_ASSERTION, &claims);
    let reply = fixture.assert(WIKI, &assertion, &[]).await;
    let json = reply.assert_ok().json();
    assert_eq!(
        (&json["scope"], json.get("refresh_token")),
        (&json!("read"), None)
    );
    let token = reply.member("access_token");
    let seen = fixture.server.introspect(&token).await.unwrap();
    assert_eq!(seen.sub.as_deref(), Some("ada"));
    assert_eq!(seen.client_id.as_deref(), Some(WIKI.id));
    assert_eq!(
        (seen.aud, &seen.extra["email"]),
        (vec![FILES.to_owned()], &json!("ada@example.com"))
    );
    let target = grantor_server::Target::Subject("ada".to_owned());
    fixture.server.revoke(&target).await.unwrap();
    assert!(!fixture.is_active(&token).await);
}

#[tokio::test]
async fn an_assertion_without_a_type_gives_a_token_too() {
    let idp = Idp::new();
    let fixture = Fixture::with_idp(&idp, |issuer| issuer).await;
    for (jti, who) in [("1", WIKI), ("2", TOOL)] {
        let mut claims = Idp::claims(&fixture);
        claims["jti"] = json!(jti);
        // Of no meaning in this kind.
        claims["scope"] = json!("write");
        claims["resource"] = json!("https://unknown.example");
        let assertion = idp.sign(Typ::JWT, &claims);
        let reply = fixture.assert(who, &assertion, &[("scope", "read")]).await;
        assert_eq!(reply.assert_ok().member("scope"), "read");
        let seen = fixture
            .server
            .introspect(&reply.member("access_token"))
            .await
            .unwrap();
        assert_eq!(
            (seen.sub.as_deref(), seen.aud),
            (Some("ada"), vec![RESOURCE.to_owned()])
        );
    }
}

#[tokio::test]
async fn an_identity_assertion_may_stand_in_for_a_refresh_token() {
    let idp = Idp::new();
    let fixture = Fixture::with_idp(&idp, |issuer| issuer.repeatable()).await;
    let assertion = idp.sign(Typ::IDENTITY_ASSERTION, &Idp::claims(&fixture));
    for _ in 0..3 {
        fixture.assert(WIKI, &assertion, &[]).await.assert_ok();
        fixture.clock.advance(90);
    }
    // It is accepted for as long as the clocks may differ.
    fixture.clock.advance(90);
    fixture
        .assert(WIKI, &assertion, &[])
        .await
        .assert_error(400, "invalid_grant");
}

/// Thirty answers take longer than any other write is repeated for.
#[tokio::test]
async fn the_write_that_uses_an_assertion_is_repeated_until_the_deadline_of_the_request() {
    let idp = Idp::new();
    let fixture = Fixture::with_idp(&idp, |issuer| issuer).await;
    let assertion = idp.sign(Typ::IDENTITY_ASSERTION, &Idp::claims(&fixture));
    fixture.store.set(Fault::LostAnswers {
        kind: *b"ua",
        left: 30,
    });
    fixture.assert(WIKI, &assertion, &[]).await.assert_ok();
    fixture.store.set(Fault::None);
    let again = fixture.assert(WIKI, &assertion, &[]).await;
    again.assert_error(400, "invalid_grant");
}
