//! A store that fails: nobody hears "fine", and nobody loses more than the one answer.

use std::time::Duration;

use grantor_jose::Algorithm;
use grantor_server::{AccessTokens, Rotation};
use http::header;

use crate::support::{
    API, APP, Ask, Browser, Code, Fault, Fixture, MACHINE, Reply, SPA, Tokens, Who, client_request,
    value,
};

/// Runs `act` once for every call that it makes to the store, with that call failing.
async fn with_each_call_failing(
    fixture: &Fixture,
    mut act: impl AsyncFnMut() -> Reply,
    check: impl Fn(&Reply),
) {
    for call in 0..100 {
        // So that nothing is cached any more.
        fixture.clock.advance(1);
        fixture.store.set(Fault::Call(call));
        let reply = act().await;
        let calls = fixture.store.calls();
        fixture.store.set(Fault::None);
        if calls <= call {
            assert!(call > 0, "it asks the store nothing");
            assert!(reply.status.as_u16() < 400, "{reply:?}");
            return;
        }
        check(&reply);
    }
    panic!("it never comes to an end");
}

fn is_unavailable(reply: &Reply) {
    reply.assert_error(503, "temporarily_unavailable");
    assert_eq!(reply.header(header::RETRY_AFTER), "1");
    assert!(
        !reply.text().contains("down"),
        "the client need not know why"
    );
}

#[tokio::test]
async fn the_back_channel_says_so_whichever_call_fails() {
    let fixture = Fixture::new().await;
    let ask = [("grant_type", "client_credentials")];
    with_each_call_failing(&fixture, || fixture.token(MACHINE, &ask), is_unavailable).await;
    for who in [APP, SPA] {
        let tokens = fixture.tokens(who).await;
        // A rotation whose answer failed is within grace when it is tried again.
        with_each_call_failing(
            &fixture,
            || fixture.refresh(who, &tokens.refresh),
            is_unavailable,
        )
        .await;
    }
    let tokens = fixture.tokens(APP).await;
    for token in [&tokens.access, &tokens.refresh] {
        let ask = [("token", &**token)];
        with_each_call_failing(
            &fixture,
            || fixture.post("/introspect", APP, &ask),
            is_unavailable,
        )
        .await;
    }
    // CVE-2020-15223: 200 would say that the token is dead.
    for token in [&tokens.access, &tokens.refresh] {
        with_each_call_failing(&fixture, || fixture.revoke(APP, token), is_unavailable).await;
        assert!(!fixture.is_active(&tokens.access).await);
    }
}

/// Every call of a redemption fails once, in whichever way; the code is redeemed all the same.
#[tokio::test]
async fn a_redemption_that_fails_burns_no_code() {
    let faults: [fn(usize) -> Fault; 2] = [Fault::Call, Fault::LostAnswer];
    for kind in [AccessTokens::Opaque, AccessTokens::Jwt(Algorithm::Es256)] {
        for fault in faults {
            for who in [APP, SPA] {
                let fixture = Fixture::with(|config| config.access_tokens = kind).await;
                redeem_with_each_call_failing(&fixture, who, fault).await;
            }
        }
    }
}

async fn redeem_with_each_call_failing(fixture: &Fixture, who: Who, fault: fn(usize) -> Fault) {
    for call in 0..100 {
        let code = fixture.code(who).await;
        fixture.clock.advance(1);
        fixture.store.set(fault(call));
        let reply = fixture.redeem(who, &code).await;
        let calls = fixture.store.calls();
        fixture.store.set(Fault::None);
        let tokens = if reply.status == 200 {
            Tokens::of(&reply)
        } else {
            is_unavailable(&reply);
            Tokens::of(&fixture.redeem(who, &code).await)
        };
        assert!(fixture.is_active(&tokens.access).await);
        Tokens::of(&fixture.refresh(who, &tokens.refresh).await);
        assert_eq!(fixture.server.counters().replays, 0);
        if calls <= call {
            assert!(call > 2, "{call}");
            return;
        }
    }
    panic!("every call failed");
}

/// The same of a refresh, with grace and without.
#[tokio::test]
async fn a_refresh_that_fails_burns_no_refresh_token() {
    let faults: [fn(usize) -> Fault; 2] = [Fault::Call, Fault::LostAnswer];
    for grace in [60, 0] {
        for fault in faults {
            for who in [APP, SPA] {
                let fixture = Fixture::with(|config| {
                    config.rotation = Rotation::Always;
                    config.refresh_grace = Duration::from_secs(grace);
                })
                .await;
                refresh_with_each_call_failing(&fixture, who, fault).await;
            }
        }
    }
}

async fn refresh_with_each_call_failing(fixture: &Fixture, who: Who, fault: fn(usize) -> Fault) {
    let mut tokens = fixture.tokens(who).await;
    for call in 0..100 {
        fixture.clock.advance(1);
        fixture.store.set(fault(call));
        let reply = fixture.refresh(who, &tokens.refresh).await;
        let calls = fixture.store.calls();
        fixture.store.set(Fault::None);
        tokens = if reply.status == 200 {
            Tokens::of(&reply)
        } else {
            is_unavailable(&reply);
            Tokens::of(&fixture.refresh(who, &tokens.refresh).await)
        };
        assert!(fixture.is_active(&tokens.access).await);
        assert_eq!(fixture.server.counters().replays, 0);
        if calls <= call {
            assert!(call > 2, "{call}");
            return;
        }
    }
    panic!("every call failed");
}

#[tokio::test]
async fn the_authorization_endpoint_gives_no_code_if_the_decision_fails() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(SPA).url()).await;
    let consent = browser.sign_in(&login).await;
    // A failure after the decision costs the user a question next time, and not the code.
    let remembering = |reply: &Reply| {
        reply.status == 303 && value(&reply.callback(SPA.redirect_uri), "code").is_some()
    };
    let refused = |reply: &Reply| {
        if remembering(reply) {
            return;
        }
        if reply.status == 503 {
            reply.assert_error_page(503);
            return;
        }
        let pairs = reply.callback(SPA.redirect_uri);
        let error = value(&pairs, "error");
        assert!(
            matches!(error, Some("server_error" | "temporarily_unavailable")),
            "{pairs:?}"
        );
        assert_eq!(value(&pairs, "code"), None);
    };
    with_each_call_failing(&fixture, async || browser.allow(&consent).await, refused).await;
    let mut other = Browser::new(&fixture);
    let login = other.open(&Ask::new(SPA).url()).await;
    with_each_call_failing(&fixture, async || other.sign_in(&login).await, refused).await;
}

#[tokio::test]
async fn a_store_that_is_down_stops_everything_but_what_is_published() {
    let fixture = Fixture::new().await;
    let tokens = fixture.tokens(APP).await;
    fixture.clock.advance(1);
    fixture.store.set(Fault::Down);
    for path in ["/.well-known/oauth-authorization-server", "/jwks"] {
        fixture.get(path).await.assert_ok();
    }
    fixture
        .get(&Ask::new(APP).url())
        .await
        .assert_error_page(503);
    for (path, name) in [
        ("/introspect", "token"),
        ("/revoke", "token"),
        ("/token", "refresh_token"),
    ] {
        let pairs = [("grant_type", "refresh_token"), (name, &*tokens.refresh)];
        is_unavailable(&fixture.send(client_request(path, APP, &pairs)).await);
    }
    assert!(fixture.server.introspect(&tokens.access).await.is_err());
    fixture.store.set(Fault::None);
    assert!(fixture.is_active(&tokens.access).await);
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_repeated() {
    let fixture = Fixture::new().await;
    let lose = |kind: &[u8; 2], left| fixture.store.set(Fault::LostAnswers { kind: *kind, left });
    let code = fixture.code(SPA).await;
    lose(b"gr", 1);
    let first = Tokens::of(&fixture.redeem(SPA, &code).await);
    lose(b"gr", 1);
    let second = Tokens::of(&fixture.refresh(SPA, &first.refresh).await);
    lose(b"at", 1);
    let third = Tokens::of(&fixture.refresh(SPA, &second.refresh).await);
    assert!(fixture.is_active(&third.access).await);
    assert_eq!(fixture.server.counters().refresh_rotations, 2);
    assert_eq!(fixture.server.counters().replays, 0);
    lose(b"gr", 1);
    fixture.revoke(SPA, &third.refresh).await.assert_ok();
    assert!(!fixture.is_active(&third.access).await);
}

#[tokio::test]
async fn a_write_of_which_nobody_knows_is_neither_success_nor_replay() {
    let fixture = Fixture::new().await;
    let first = fixture.tokens(SPA).await;
    fixture.store.set(Fault::LostAnswers {
        kind: *b"gr",
        left: usize::MAX,
    });
    is_unavailable(&fixture.refresh(SPA, &first.refresh).await);
    fixture.store.set(Fault::None);
    let second = Tokens::of(&fixture.refresh(SPA, &first.refresh).await);
    let third = Tokens::of(&fixture.refresh(SPA, &second.refresh).await);
    assert!(fixture.is_active(&third.access).await);
    assert_eq!(fixture.server.counters().replays, 0);

    fixture.store.set(Fault::LostAnswers {
        kind: *b"gr",
        left: usize::MAX,
    });
    is_unavailable(&fixture.revoke(SPA, &third.refresh).await);
    fixture.store.set(Fault::None);
    fixture.revoke(SPA, &third.refresh).await.assert_ok();
    assert_eq!(
        fixture.introspect(API, &third.access).await,
        serde_json::json!({"active": false})
    );
}

/// Thirty answers take some 5 s, since the pauses between the tries are at most 256 ms. Time is that of
/// the clock, which does not move: the pauses count.
#[tokio::test]
async fn the_write_that_decides_is_repeated_until_the_deadline_of_the_request() {
    let lost = |left| Fault::LostAnswers { kind: *b"gr", left };
    for who in [APP, SPA] {
        let patient = Fixture::with(|config| config.rotation = Rotation::Always).await;
        let code = patient.code(who).await;
        patient.store.set(lost(30));
        let first = Tokens::of(&patient.redeem(who, &code).await);
        patient.store.set(lost(30));
        let second = Tokens::of(&patient.refresh(who, &first.refresh).await);
        assert!(patient.is_active(&second.access).await);
        assert_eq!(patient.server.counters().refresh_rotations, 1);

        let hasty = Fixture::with(|config| {
            config.rotation = Rotation::Always;
            config.request_deadline = Duration::from_secs(1);
        })
        .await;
        let first = hasty.tokens(who).await;
        hasty.store.set(lost(30));
        is_unavailable(&hasty.refresh(who, &first.refresh).await);
        hasty.store.set(Fault::None);
        // It was stored: the grace period has the answer.
        Tokens::of(&hasty.refresh(who, &first.refresh).await);
        for fixture in [patient, hasty] {
            assert_eq!(fixture.server.counters().replays, 0);
        }
    }
}

#[tokio::test]
async fn the_decision_of_the_user_is_repeated_until_the_deadline_too() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::new(&fixture);
    let ask = Ask::new(SPA);
    let login = browser.open(&ask.url()).await;
    let consent = browser.sign_in(&login).await;
    fixture.store.set(Fault::LostAnswers {
        kind: *b"gr",
        left: 30,
    });
    let code = Code {
        code: browser.allow(&consent).await.code(SPA.redirect_uri),
        verifier: ask.verifier.expose().to_owned(),
        redirect_uri: SPA.redirect_uri.to_owned(),
    };
    Tokens::of(&fixture.redeem(SPA, &code).await);
}
