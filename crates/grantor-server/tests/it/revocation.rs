//! The revocation endpoint.

use grantor_jose::Algorithm;
use grantor_server::{AccessTokens, Config, Rotation};

use crate::support::{API, APP, Fixture, OTHER, SPA, Tokens, form_request};

const KINDS: [AccessTokens; 2] = [AccessTokens::Opaque, AccessTokens::Jwt(Algorithm::Es256)];

#[tokio::test]
async fn a_refresh_token_takes_everything_with_it() {
    for kind in KINDS {
        for who in [APP, SPA] {
            let fixture = Fixture::with(|config| config.access_tokens = kind).await;
            let first = fixture.tokens(who).await;
            let second = Tokens::of(&fixture.refresh(who, &first.refresh).await);
            let reply = fixture.revoke(who, &second.refresh).await;
            assert!(reply.assert_ok().body.is_empty());
            for token in [&first.access, &second.access] {
                assert!(!fixture.is_active(token).await);
            }
            fixture.refresh(who, &second.refresh).await.assert_dead();
            fixture.revoke(who, &second.refresh).await.assert_ok();
        }
    }
}

#[tokio::test]
async fn so_does_an_older_generation_of_it() {
    for (who, older, ends) in [
        (SPA, 1, true),
        // A public client's token that was replaced long ago may come from a log.
        (SPA, 2, false),
        (APP, 2, true),
        (APP, 3, true),
    ] {
        let configure = |config: &mut Config| config.rotation = Rotation::Always;
        let fixture = Fixture::with(configure).await;
        let mut generations = vec![fixture.tokens(who).await];
        for _ in 0..older {
            let last = generations.last().unwrap();
            generations.push(Tokens::of(&fixture.refresh(who, &last.refresh).await));
        }
        let revoked = fixture.revoke(who, &generations[0].refresh).await;
        revoked.assert_ok();
        let newest = &generations.last().unwrap().access;
        assert_eq!(fixture.is_active(newest).await, !ends, "{who:?} {older}");
    }
}

#[tokio::test]
async fn an_access_token_goes_alone() {
    for kind in KINDS {
        let fixture = Fixture::with(|config| config.access_tokens = kind).await;
        let first = fixture.tokens(APP).await;
        let second = Tokens::of(&fixture.refresh(APP, &first.refresh).await);
        fixture.revoke(APP, &first.access).await.assert_ok();
        assert!(!fixture.is_active(&first.access).await);
        assert!(fixture.is_active(&second.access).await);
        fixture.refresh(APP, &first.refresh).await.assert_ok();
    }
}

#[tokio::test]
async fn a_token_of_another_client_is_not_theirs_to_revoke() {
    for kind in KINDS {
        let fixture = Fixture::with(|config| config.access_tokens = kind).await;
        let tokens = fixture.tokens(APP).await;
        for token in [&tokens.access, &tokens.refresh] {
            for who in [OTHER, API] {
                let reply = fixture.revoke(who, token).await;
                reply.assert_error(400, "unauthorized_client");
            }
            // Anybody can be a public client, and learns nothing about the token.
            let reply = fixture.revoke(SPA, token).await;
            let unknown = fixture.revoke(SPA, "x").await;
            assert_eq!((reply.status, reply.body), (unknown.status, unknown.body));
        }
        assert!(fixture.is_active(&tokens.access).await);
        fixture.refresh(APP, &tokens.refresh).await.assert_ok();
    }
}

#[tokio::test]
async fn an_unknown_or_expired_token_is_revoked_already() {
    for kind in KINDS {
        let fixture = Fixture::with(|config| config.access_tokens = kind).await;
        let tokens = fixture.tokens(APP).await;
        let mut changed = tokens.refresh.clone();
        changed.replace_range(100..101, if &changed[100..101] == "A" { "B" } else { "A" });
        for token in ["x", "ga_x", "a.b.c", &changed] {
            fixture.revoke(APP, token).await.assert_ok();
        }
        assert!(fixture.is_active(&tokens.access).await);
        fixture.clock.advance(300);
        fixture.revoke(APP, &tokens.access).await.assert_ok();
        fixture.refresh(APP, &tokens.refresh).await.assert_ok();
    }
}

#[tokio::test]
async fn a_wrong_hint_does_not_stop_the_search() {
    let fixture = Fixture::new().await;
    for hint in ["access_token", "refresh_token", "something"] {
        let tokens = fixture.tokens(APP).await;
        for token in [&tokens.access, &tokens.refresh] {
            let pairs = [("token", &**token), ("token_type_hint", hint)];
            fixture.post("/revoke", APP, &pairs).await.assert_ok();
        }
        assert!(!fixture.is_active(&tokens.access).await);
        fixture.refresh(APP, &tokens.refresh).await.assert_dead();
    }
}

#[tokio::test]
async fn the_client_must_prove_who_it_is() {
    let fixture = Fixture::new().await;
    let tokens = fixture.tokens(APP).await;
    let body = format!("token={}", tokens.refresh);
    fixture
        .send(form_request("/revoke", &body))
        .await
        .assert_error(401, "invalid_client");
    let named = format!("{body}&client_id=app");
    fixture
        .send(form_request("/revoke", &named))
        .await
        .assert_error(401, "invalid_client");
    fixture
        .post("/revoke", APP, &[])
        .await
        .assert_error(400, "invalid_request");
    assert!(fixture.is_active(&tokens.access).await);
}
