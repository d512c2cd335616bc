//! Redemption of authorization codes.

use crate::support::{APP, Code, Fixture, OTHER, SPA, Tokens};

/// A redemption with one parameter in place of another of its name; none: without it.
async fn redeem_with(
    fixture: &Fixture,
    code: &Code,
    name: &str,
    value: Option<&str>,
) -> crate::support::Reply {
    let mut pairs = code.pairs();
    pairs.retain(|(n, _)| *n != name);
    pairs.extend(value.map(|value| (name, value)));
    fixture.token(APP, &pairs).await
}

#[tokio::test]
async fn a_code_that_is_used_twice_ends_its_grant() {
    for who in [APP, SPA] {
        let fixture = Fixture::new().await;
        let code = fixture.code(who).await;
        let first = Tokens::of(&fixture.redeem(who, &code).await);
        let second = Tokens::of(&fixture.refresh(who, &first.refresh).await);
        fixture
            .redeem(who, &code)
            .await
            .assert_error(400, "invalid_grant");
        for token in [&first.access, &second.access] {
            assert!(!fixture.is_active(token).await);
        }
        for token in [&first.refresh, &second.refresh] {
            fixture.refresh(who, token).await.assert_dead();
        }
        fixture
            .redeem(who, &code)
            .await
            .assert_error(400, "invalid_grant");
        assert_eq!(fixture.server.counters().replays, 1);
    }
}

#[tokio::test]
async fn a_code_of_another_client_is_refused_and_still_good_for_its_owner() {
    let fixture = Fixture::new().await;
    let code = fixture.code(APP).await;
    for who in [OTHER, SPA] {
        fixture
            .redeem(who, &code)
            .await
            .assert_error(400, "invalid_grant");
    }
    let tokens = Tokens::of(&fixture.redeem(APP, &code).await);
    // Nor can another client end the grant with a replay.
    fixture
        .redeem(OTHER, &code)
        .await
        .assert_error(400, "invalid_grant");
    assert!(fixture.is_active(&tokens.access).await);
}

#[tokio::test]
async fn a_wrong_proof_is_refused_and_nothing_is_lost() {
    let fixture = Fixture::new().await;
    let code = fixture.code(APP).await;
    let other = "x".repeat(43);
    for (name, value, error) in [
        (
            "redirect_uri",
            Some("https://app.example/cb2"),
            "invalid_grant",
        ),
        (
            "redirect_uri",
            Some("https://app.example/cb/"),
            "invalid_grant",
        ),
        ("code_verifier", None, "invalid_grant"),
        ("code_verifier", Some(&*other), "invalid_grant"),
        ("code_verifier", Some("short"), "invalid_request"),
        ("code", None, "invalid_request"),
        ("code", Some("gc_unknown"), "invalid_grant"),
        (
            "resource",
            Some("https://unknown.example"),
            "invalid_target",
        ),
    ] {
        redeem_with(&fixture, &code, name, value)
            .await
            .assert_error(400, error);
    }
    fixture.redeem(APP, &code).await.assert_ok();
}

#[tokio::test]
async fn a_proved_code_needs_no_redirect_uri() {
    let fixture = Fixture::new().await;
    let code = fixture.code(APP).await;
    let redeemed = redeem_with(&fixture, &code, "redirect_uri", None).await;
    redeemed.assert_ok();
}

#[tokio::test]
async fn a_guessed_secret_of_a_known_code_changes_nothing() {
    let fixture = Fixture::new().await;
    let code = fixture.code(APP).await;
    let changed = |at: usize| {
        let mut text = code.code.clone();
        let other = if text.as_bytes()[at] == b'A' {
            "B"
        } else {
            "A"
        };
        text.replace_range(at..=at, other);
        text
    };
    // The identifier comes first, then the secret.
    for at in [4, 30, 60] {
        let guess = changed(at);
        redeem_with(&fixture, &code, "code", Some(&guess))
            .await
            .assert_error(400, "invalid_grant");
    }
    let tokens = Tokens::of(&fixture.redeem(APP, &code).await);
    let guess = changed(60);
    redeem_with(&fixture, &code, "code", Some(&guess))
        .await
        .assert_error(400, "invalid_grant");
    assert!(fixture.is_active(&tokens.access).await);
}

#[tokio::test]
async fn a_code_expires() {
    let fixture = Fixture::new().await;
    let (early, late) = (fixture.code(APP).await, fixture.code(APP).await);
    fixture.clock.advance_millis(59_999);
    fixture.redeem(APP, &early).await.assert_ok();
    fixture.clock.advance_millis(1);
    fixture
        .redeem(APP, &late)
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_replay_is_noticed_for_as_long_as_the_grant_lives() {
    let fixture = Fixture::new().await;
    let code = fixture.code(SPA).await;
    let mut tokens = Tokens::of(&fixture.redeem(SPA, &code).await);
    for _ in 0..3 {
        fixture.clock.advance(20 * 24 * 3600);
        tokens = Tokens::of(&fixture.refresh(SPA, &tokens.refresh).await);
    }
    fixture
        .redeem(SPA, &code)
        .await
        .assert_error(400, "invalid_grant");
    assert!(!fixture.is_active(&tokens.access).await);
}

#[tokio::test]
async fn tokens_are_not_codes_and_codes_are_not_tokens() {
    let fixture = Fixture::new().await;
    let code = fixture.code(APP).await;
    assert!(!fixture.is_active(&code.code).await);
    fixture.refresh(APP, &code.code).await.assert_dead();
    let tokens = Tokens::of(&fixture.redeem(APP, &code).await);
    assert!(!fixture.is_active(&tokens.refresh).await);
    let as_code = tokens.access.replacen("ga_", "gc_", 1);
    redeem_with(&fixture, &code, "code", Some(&as_code))
        .await
        .assert_error(400, "invalid_grant");
    assert!(fixture.is_active(&tokens.access).await);
}

#[tokio::test]
async fn a_redeemed_code_without_its_proof_ends_nothing() {
    for who in [APP, SPA] {
        let fixture = Fixture::new().await;
        let code = fixture.code(who).await;
        let tokens = Tokens::of(&fixture.redeem(who, &code).await);
        let other = "x".repeat(43);
        for (name, value) in [
            ("code_verifier", None),
            ("code_verifier", Some(&*other)),
            ("redirect_uri", Some("https://app.example/other")),
        ] {
            let mut pairs = code.pairs();
            pairs.retain(|(n, _)| *n != name);
            pairs.extend(value.map(|value| (name, value)));
            let reply = fixture.token(who, &pairs).await;
            reply.assert_error(400, "invalid_grant");
        }
        assert!(fixture.is_active(&tokens.access).await);
        assert_eq!(fixture.server.counters().replays, 0);
        fixture.refresh(who, &tokens.refresh).await.assert_ok();
        // With it, it does, even when the code would have expired.
        fixture.clock.advance(61);
        let reply = fixture.redeem(who, &code).await;
        reply.assert_error(400, "invalid_grant");
        assert!(!fixture.is_active(&tokens.access).await);
        assert_eq!(fixture.server.counters().replays, 1);
    }
}
