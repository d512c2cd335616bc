//! The authorization code flow from the first request to the tokens.

use grantor_core::Timestamp;
use grantor_jose::jwt::{self, Policy};
use grantor_jose::{Algorithm, KeySet};
use grantor_server::AccessTokens;

use crate::support::{
    API, APP, Ask, Browser, FILES, Fixture, ISSUER, OTHER, RESOURCE, SPA, STATE, Tokens, value,
};

#[tokio::test]
async fn leads_through_the_pages_to_tokens() {
    for who in [APP, OTHER, SPA] {
        let fixture = Fixture::new().await;
        let ask = Ask::new(who);
        let mut browser = Browser::new(&fixture);
        let login = browser.open(&ask.url()).await;
        assert!(login.assert_ok().text().contains("Sign in"));
        let consent = browser.sign_in(&login).await;
        assert!(consent.assert_ok().text().contains("<li>read</li>"));
        let done = browser.allow(&consent).await;
        let pairs = done.callback(who.redirect_uri);
        assert_eq!(value(&pairs, "state"), Some(STATE));
        assert_eq!(value(&pairs, "iss"), Some(ISSUER));
        assert_eq!(value(&pairs, "error"), None);

        let code = crate::support::Code {
            code: done.code(who.redirect_uri),
            verifier: ask.verifier.expose().to_owned(),
            redirect_uri: who.redirect_uri.to_owned(),
        };
        let reply = fixture.redeem(who, &code).await;
        assert_eq!(reply.assert_ok().member("scope"), "read");
        let tokens = Tokens::of(&reply);
        let seen = fixture.introspect(API, &tokens.access).await;
        assert_eq!(seen["active"], true);
        assert_eq!(seen["client_id"], who.id);
        let alice = &fixture.accounts.list().await.unwrap().unwrap()[0];
        assert_eq!(seen["sub"], *alice.subject);
    }
}

#[tokio::test]
async fn gives_jwts_for_the_user() {
    let jwts = AccessTokens::Jwt(Algorithm::EdDsa);
    let fixture = Fixture::with(|config| config.access_tokens = jwts).await;
    let tokens = fixture.tokens(SPA).await;
    let keys = KeySet::from_json(&fixture.get("/jwks").await.body).unwrap();
    let policy = Policy::access_token(ISSUER, RESOURCE);
    let now = Timestamp::from_secs(1_790_000_000);
    let claims = jwt::verify(&tokens.access, &keys, &policy, now)
        .unwrap()
        .claims;
    let alice = &fixture.accounts.list().await.unwrap().unwrap()[0];
    assert_eq!(claims.subject.as_ref(), Some(&alice.subject));
    assert!(fixture.is_active(&tokens.access).await);
}

#[tokio::test]
async fn the_request_may_also_come_by_post() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::new(&fixture);
    let login = browser.post("/authorize", &Ask::new(APP).pairs).await;
    let consent = browser.sign_in(&login).await;
    browser.allow(&consent).await.code(APP.redirect_uri);
}

#[tokio::test]
async fn the_only_redirect_uri_may_be_left_out() {
    let fixture = Fixture::new().await;
    let ask = Ask::new(APP).without("redirect_uri");
    let code = fixture.code_for(APP, ask.clone()).await;
    let pairs: Vec<_> = code
        .pairs()
        .into_iter()
        .filter(|(n, _)| *n != "redirect_uri")
        .collect();
    fixture.token(APP, &pairs).await.assert_ok();
    let code = fixture.code_for(APP, ask).await;
    fixture.redeem(APP, &code).await.assert_ok();
}

#[tokio::test]
async fn a_grant_keeps_to_the_resources_that_were_allowed() {
    let fixture = Fixture::new().await;
    let code = fixture
        .code_for(APP, Ask::new(APP).with("resource", FILES))
        .await;
    let mut pairs = code.pairs();
    pairs.push(("resource", RESOURCE));
    fixture
        .token(APP, &pairs)
        .await
        .assert_error(400, "invalid_target");
    let tokens = Tokens::of(&fixture.redeem(APP, &code).await);
    assert_eq!(fixture.introspect(APP, &tokens.access).await["aud"], FILES);
    let pairs = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &tokens.refresh),
        ("resource", RESOURCE),
    ];
    fixture
        .token(APP, &pairs)
        .await
        .assert_error(400, "invalid_target");
}

#[tokio::test]
async fn a_resource_that_the_user_was_not_shown_is_not_granted() {
    let fixture = Fixture::new().await;
    let code = fixture.code(APP).await;
    let mut pairs = code.pairs();
    pairs.push(("resource", FILES));
    let widened = fixture.token(APP, &pairs).await;
    widened.assert_error(400, "invalid_target");
    let tokens = Tokens::of(&fixture.redeem(APP, &code).await);
    let pairs = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &tokens.refresh),
        ("resource", FILES),
    ];
    let widened = fixture.token(APP, &pairs).await;
    widened.assert_error(400, "invalid_target");
}

#[tokio::test]
async fn a_confidential_client_is_not_asked_about_twice_and_a_public_one_is() {
    let fixture = Fixture::new().await;
    for who in [APP, SPA] {
        let mut browser = Browser::new(&fixture);
        let login = browser.open(&Ask::new(who).url()).await;
        let consent = browser.sign_in(&login).await;
        browser.allow(&consent).await.code(who.redirect_uri);
        let again = browser.open(&Ask::new(who).url()).await;
        if who == APP {
            again.code(APP.redirect_uri);
            let more = browser
                .open(&Ask::new(APP).with("scope", "read write").url())
                .await;
            assert!(more.assert_ok().text().contains("<li>write</li>"));
        } else {
            assert!(again.assert_ok().text().contains("Allow"));
        }
    }
}

#[tokio::test]
async fn no_refresh_token_for_a_client_that_may_not_refresh() {
    let fixture = Fixture::new().await;
    let mut new = crate::support::with_codes(crate::support::Who { id: "once", ..SPA });
    new.client.grant_types.pop();
    fixture.clients.add(new).await.unwrap();
    let who = crate::support::Who { id: "once", ..SPA };
    let code = fixture.code(who).await;
    let json = fixture.redeem(who, &code).await.assert_ok().json();
    assert!(json.get("refresh_token").is_none());
}
