//! The lifetimes of tokens and grants.

use std::time::Duration;

use grantor_core::Clock;
use grantor_jose::Algorithm;
use grantor_server::AccessTokens;

use crate::support::{API, APP, Fixture, MACHINE, SPA, Tokens, Who, with_codes};

const DAY: u64 = 24 * 3600;

#[tokio::test]
async fn an_access_token_ends_to_the_second() {
    for kind in [AccessTokens::Opaque, AccessTokens::Jwt(Algorithm::Es256)] {
        let fixture = Fixture::with(|config| config.access_tokens = kind).await;
        let token = fixture.tokens(SPA).await.access;
        fixture.clock.advance_millis(299_999);
        assert!(fixture.is_active(&token).await);
        fixture.clock.advance_millis(1);
        assert_eq!(
            fixture.introspect(API, &token).await,
            serde_json::json!({"active": false})
        );
    }
}

#[tokio::test]
async fn using_a_refresh_token_without_rotation_keeps_it_young() {
    let fixture = Fixture::new().await;
    let token = fixture.tokens(APP).await.refresh;
    for _ in 0..5 {
        fixture.clock.advance(29 * DAY);
        assert_eq!(
            Tokens::of(&fixture.refresh(APP, &token).await).refresh,
            token
        );
    }
    fixture.clock.advance(30 * DAY);
    fixture.refresh(APP, &token).await.assert_dead();
}

#[tokio::test]
async fn it_is_written_at_most_every_tenth_of_its_life() {
    let fixture = Fixture::new().await;
    let token = fixture.tokens(APP).await.refresh;
    let (_, before) = fixture.record(*b"gr").await;
    fixture.clock.advance(3 * DAY - 1);
    fixture.refresh(APP, &token).await.assert_ok();
    assert_eq!(fixture.record(*b"gr").await.1, before);
    fixture.clock.advance(1);
    fixture.refresh(APP, &token).await.assert_ok();
    assert_ne!(fixture.record(*b"gr").await.1, before);
}

#[tokio::test]
async fn an_idle_refresh_token_expires_rotated_or_not() {
    for who in [APP, SPA] {
        let fixture = Fixture::new().await;
        let first = fixture.tokens(who).await;
        let second = Tokens::of(&fixture.refresh(who, &first.refresh).await);
        let seen = |json: serde_json::Value| json["active"] == true;
        fixture.clock.advance(30 * DAY - 1);
        if who == APP {
            assert!(seen(fixture.introspect(APP, &second.refresh).await));
        }
        fixture.clock.advance(1);
        fixture.refresh(who, &second.refresh).await.assert_dead();
        if who == APP {
            assert!(!seen(fixture.introspect(APP, &second.refresh).await));
        }
    }
}

#[tokio::test]
async fn an_ended_grant_is_known_until_its_last_access_token_has_expired() {
    let fixture =
        Fixture::with(|config| config.refresh_token_lifetime = Duration::from_secs(60).into())
            .await;
    for new in ["long", "once"] {
        let who = Who { id: new, ..SPA };
        let mut client = with_codes(who);
        if new == "once" {
            client.client.grant_types.pop();
        }
        fixture.clients.add(client).await.unwrap();
        let code = fixture.code(who).await;
        fixture.clock.advance(59);
        let token = fixture
            .redeem(who, &code)
            .await
            .assert_ok()
            .member("access_token");
        fixture
            .redeem(who, &code)
            .await
            .assert_error(400, "invalid_grant");
        let newest = fixture.records(*b"gr").await.pop().unwrap();
        assert!(newest.1.expires_at.unwrap() >= fixture.clock.now() + Duration::from_secs(300));
        fixture.clock.advance(299);
        assert!(!fixture.is_active(&token).await);
    }
}

#[tokio::test]
async fn a_replay_is_known_until_the_last_access_token_has_expired() {
    let fixture = Fixture::new().await;
    let mut client = with_codes(Who { id: "once", ..SPA });
    client.client.grant_types.pop();
    fixture.clients.add(client).await.unwrap();
    let who = Who { id: "once", ..SPA };
    let code = fixture.code(who).await;
    let token = fixture
        .redeem(who, &code)
        .await
        .assert_ok()
        .member("access_token");
    fixture.clock.advance(299);
    fixture
        .redeem(who, &code)
        .await
        .assert_error(400, "invalid_grant");
    assert!(!fixture.is_active(&token).await);
    assert_eq!(fixture.server.counters().replays, 1);
}

#[tokio::test]
async fn an_access_token_may_outlive_its_refresh_token() {
    for who in [APP, SPA] {
        let short = Duration::from_secs(60);
        let fixture = Fixture::with(|config| config.refresh_token_lifetime = short.into()).await;
        let first = fixture.tokens(who).await;
        fixture.clock.advance(59);
        let second = Tokens::of(&fixture.refresh(who, &first.refresh).await);
        fixture.clock.advance(240);
        assert!(fixture.is_active(&first.access).await);
        fixture.clock.advance(59);
        assert!(fixture.is_active(&second.access).await);
        fixture.refresh(who, &second.refresh).await.assert_dead();
    }
}

#[tokio::test]
async fn what_has_expired_leaves_the_store() {
    let fixture = Fixture::new().await;
    fixture.tokens(APP).await;
    fixture
        .token(MACHINE, &[("grant_type", "client_credentials")])
        .await
        .assert_ok();
    fixture.clock.advance(31 * DAY);
    for _ in 0..2000 {
        fixture
            .token(MACHINE, &[("grant_type", "client_credentials")])
            .await
            .assert_ok();
        fixture.clock.advance(1);
    }
    // 300 live ones, 60 s of clock skew, and what the table has not come round to.
    let left = fixture.records(*b"at").await.len();
    assert!(left < 1500, "{left}");
}
