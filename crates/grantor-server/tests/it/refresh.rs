//! The grant type `refresh_token`.

use grantor_server::{Rotation, Target};

use crate::support::{APP, Fixture, OTHER, SPA, Tokens};

#[tokio::test]
async fn a_public_client_gets_a_new_refresh_token_each_time() {
    let fixture = Fixture::new().await;
    let first = fixture.tokens(SPA).await;
    let second = Tokens::of(&fixture.refresh(SPA, &first.refresh).await);
    let third = Tokens::of(&fixture.refresh(SPA, &second.refresh).await);
    assert_ne!(first.refresh, second.refresh);
    assert_ne!(second.refresh, third.refresh);
    for tokens in [&first, &second, &third] {
        assert!(fixture.is_active(&tokens.access).await);
    }
    assert_eq!(fixture.server.counters().refresh_rotations, 2);
}

#[tokio::test]
async fn a_confidential_client_keeps_its_refresh_token() {
    let fixture = Fixture::new().await;
    let first = fixture.tokens(APP).await;
    let (_, before) = fixture.record(*b"gr").await;
    let second = Tokens::of(&fixture.refresh(APP, &first.refresh).await);
    assert_eq!(first.refresh, second.refresh);
    assert_ne!(first.access, second.access);
    assert_eq!(
        fixture.record(*b"gr").await.1,
        before,
        "nothing to write before a tenth of its life"
    );
}

#[tokio::test]
async fn a_confidential_client_rotates_too_if_all_shall() {
    let fixture = Fixture::with(|config| config.rotation = Rotation::Always).await;
    let first = fixture.tokens(APP).await;
    let second = Tokens::of(&fixture.refresh(APP, &first.refresh).await);
    assert_ne!(first.refresh, second.refresh);
}

#[tokio::test]
async fn the_predecessor_gives_the_same_successor_within_grace() {
    let fixture = Fixture::new().await;
    let first = fixture.tokens(SPA).await;
    let second = Tokens::of(&fixture.refresh(SPA, &first.refresh).await);
    fixture.clock.advance(59);
    let retry = Tokens::of(&fixture.refresh(SPA, &first.refresh).await);
    assert_eq!(retry.refresh, second.refresh);
    assert_ne!(retry.access, second.access);
    assert_eq!(fixture.server.counters().refresh_grace_uses, 1);
    assert_eq!(fixture.server.counters().refresh_rotations, 1);
}

#[tokio::test]
async fn a_retry_does_not_extend_grace() {
    let fixture = Fixture::new().await;
    let first = fixture.tokens(SPA).await;
    fixture.refresh(SPA, &first.refresh).await.assert_ok();
    fixture.clock.advance(40);
    fixture.refresh(SPA, &first.refresh).await.assert_ok();
    fixture.clock.advance(20);
    fixture.refresh(SPA, &first.refresh).await.assert_dead();
}

#[tokio::test]
async fn the_predecessor_after_grace_is_reuse_and_ends_the_grant() {
    let fixture = Fixture::new().await;
    let first = fixture.tokens(SPA).await;
    let second = Tokens::of(&fixture.refresh(SPA, &first.refresh).await);
    fixture.clock.advance(60);
    fixture.refresh(SPA, &first.refresh).await.assert_dead();
    fixture.refresh(SPA, &second.refresh).await.assert_dead();
    for token in [&first.access, &second.access] {
        assert!(!fixture.is_active(token).await);
    }
    assert_eq!(fixture.server.counters().replays, 1);
}

#[tokio::test]
async fn an_older_generation_is_reuse_even_within_grace() {
    let fixture = Fixture::new().await;
    let first = fixture.tokens(SPA).await;
    let second = Tokens::of(&fixture.refresh(SPA, &first.refresh).await);
    let third = Tokens::of(&fixture.refresh(SPA, &second.refresh).await);
    fixture.refresh(SPA, &first.refresh).await.assert_dead();
    fixture.refresh(SPA, &third.refresh).await.assert_dead();
    assert!(!fixture.is_active(&third.access).await);
}

#[tokio::test]
async fn without_grace_every_second_use_is_reuse() {
    for who in [SPA, APP] {
        let fixture = Fixture::with(|config| {
            config.refresh_grace = std::time::Duration::ZERO;
            config.rotation = Rotation::Always;
        })
        .await;
        let first = fixture.tokens(who).await;
        let second = Tokens::of(&fixture.refresh(who, &first.refresh).await);
        fixture.refresh(who, &first.refresh).await.assert_dead();
        fixture.refresh(who, &second.refresh).await.assert_dead();
    }
}

#[tokio::test]
async fn a_clock_that_went_back_does_not_extend_grace() {
    let fixture = Fixture::new().await;
    let first = fixture.tokens(SPA).await;
    fixture.refresh(SPA, &first.refresh).await.assert_ok();
    // The other machine that rotated was at most 60 s ahead.
    fixture.clock.set_wall(-60_000);
    fixture.refresh(SPA, &first.refresh).await.assert_ok();
    fixture.clock.set_wall(-1);
    fixture.refresh(SPA, &first.refresh).await.assert_dead();
}

#[tokio::test]
async fn an_authenticated_client_may_repeat_itself_until_the_successor_arrives() {
    let fixture = Fixture::with(|config| config.rotation = Rotation::Always).await;
    let first = fixture.tokens(APP).await;
    let second = Tokens::of(&fixture.refresh(APP, &first.refresh).await);
    fixture.clock.advance(24 * 3600);
    let retry = Tokens::of(&fixture.refresh(APP, &first.refresh).await);
    assert_eq!(retry.refresh, second.refresh);
    let third = Tokens::of(&fixture.refresh(APP, &second.refresh).await);
    fixture.refresh(APP, &first.refresh).await.assert_dead();
    fixture.refresh(APP, &third.refresh).await.assert_dead();
}

#[tokio::test]
async fn what_is_not_this_clients_genuine_token_changes_nothing() {
    let fixture = Fixture::new().await;
    let first = fixture.tokens(SPA).await;
    let second = Tokens::of(&fixture.refresh(SPA, &first.refresh).await);
    fixture.clock.advance(3600);
    let (_, before) = fixture.record(*b"gr").await;
    for (i, char) in first.refresh.char_indices().skip(3) {
        let other = if char == 'A' { "B" } else { "A" };
        let mut changed = first.refresh.clone();
        changed.replace_range(i..=i, other);
        fixture.refresh(SPA, &changed).await.assert_dead();
    }
    // An old generation, which would end the grant if its own client presented it.
    for who in [APP, OTHER] {
        fixture.refresh(who, &first.refresh).await.assert_dead();
    }
    let unknown_client = crate::support::Who {
        id: "nobody",
        ..SPA
    };
    fixture
        .refresh(unknown_client, &first.refresh)
        .await
        .assert_error(401, "invalid_client");
    for bad in ["x", "gr_", "gr_AAAA", &second.access] {
        fixture.refresh(SPA, bad).await.assert_dead();
    }
    assert_eq!(fixture.record(*b"gr").await.1, before);
    fixture.refresh(SPA, &second.refresh).await.assert_ok();
}

#[tokio::test]
async fn a_generation_older_than_the_refresh_lifetime_changes_nothing() {
    let fixture = Fixture::new().await;
    let first = fixture.tokens(SPA).await;
    let mut last = Tokens::of(&fixture.refresh(SPA, &first.refresh).await);
    for _ in 0..30 {
        fixture.clock.advance(24 * 3600);
        last = Tokens::of(&fixture.refresh(SPA, &last.refresh).await);
    }
    fixture.refresh(SPA, &first.refresh).await.assert_dead();
    fixture.refresh(SPA, &last.refresh).await.assert_ok();
}

#[tokio::test]
async fn a_narrower_refresh_does_not_narrow_the_grant() {
    let fixture = Fixture::new().await;
    let ask = crate::support::Ask::new(SPA).with("scope", "read write");
    let code = fixture.code_for(SPA, ask).await;
    let mut token = Tokens::of(&fixture.redeem(SPA, &code).await).refresh;
    for (asked, given) in [("read", "read"), ("write", "write"), ("", "read write")] {
        let pairs = [
            ("grant_type", "refresh_token"),
            ("refresh_token", &token),
            ("scope", asked),
        ];
        let reply = fixture.token(SPA, &pairs).await;
        assert_eq!(reply.assert_ok().member("scope"), given);
        token = Tokens::of(&reply).refresh;
    }
}

#[tokio::test]
async fn a_wider_scope_is_refused_and_nothing_is_lost() {
    let fixture = Fixture::new().await;
    let first = fixture.tokens(SPA).await;
    let pairs = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &*first.refresh),
        ("scope", "read write"),
    ];
    fixture
        .token(SPA, &pairs)
        .await
        .assert_error(400, "invalid_scope");
    assert_eq!(fixture.server.counters().refresh_rotations, 0);
    fixture.refresh(SPA, &first.refresh).await.assert_ok();
}

#[tokio::test]
async fn ten_thousand_rotations_are_one_row() {
    let fixture = Fixture::with(|config| {
        config.access_tokens = grantor_server::AccessTokens::Jwt(grantor_jose::Algorithm::EdDsa);
    })
    .await;
    let mut token = fixture.tokens(SPA).await.refresh;
    let (_, first) = fixture.record(*b"gr").await;
    for _ in 0..10_000 {
        token = Tokens::of(&fixture.refresh(SPA, &token).await).refresh;
    }
    let (_, last) = fixture.record(*b"gr").await;
    // The number of the generation and the predecessor's nonce are all that it grew by.
    assert!(last.value.len() < first.value.len() + 200);
    fixture.refresh(SPA, &token).await.assert_ok();
}

#[tokio::test]
async fn an_ended_grant_gives_nothing_any_more() {
    let fixture = Fixture::new().await;
    let tokens = fixture.tokens(SPA).await;
    let (key, _) = fixture.record(*b"gr").await;
    let id = grantor_jose::base64url::encode(&key.as_bytes()[10..]);
    fixture.server.revoke(&Target::Grant(id)).await.unwrap();
    fixture.refresh(SPA, &tokens.refresh).await.assert_dead();
    assert!(!fixture.is_active(&tokens.access).await);
}
