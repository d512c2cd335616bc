//! Answers of 401: renewed once where that helps, and left alone where it does not.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use http::{Response, StatusCode};
use support::{World, bearer, request};

fn unauthorized(challenge: &str) -> Response<()> {
    let response = Response::builder().status(StatusCode::UNAUTHORIZED);
    let response = response.header("www-authenticate", challenge);
    response.body(()).unwrap()
}

const INVALID: &str = r#"Bearer error="invalid_token""#;

#[tokio::test(start_paused = true)]
async fn a_revoked_token_is_replaced_within_the_call() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    assert_eq!(world.call(&tokens).await.status(), 200);
    world.server.revoke_access_tokens();
    assert_eq!(world.call(&tokens).await.status(), 200);
    assert_eq!(world.server.token_requests(), 2);
    assert_eq!(tokens.counts().rejections, 1);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_calls_that_are_rejected_at_once_renew_once() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    world.call(&tokens).await;
    world.server.revoke_access_tokens();
    let calls = (0..100).map(|_| world.call(&tokens));
    for response in futures_util::future::join_all(calls).await {
        assert_eq!(response.status(), 200);
    }
    assert_eq!(world.server.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn late_rejections_of_an_old_token_renew_nothing() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    world.call(&tokens).await;
    let mut late = Vec::new();
    for _ in 0..10 {
        late.push(tokens.prepare(&mut request()).await.unwrap());
    }
    world.server.revoke_access_tokens();
    world.call(&tokens).await;
    assert_eq!(world.server.token_requests(), 2);
    for attempt in late {
        world.advance(60);
        let observed = attempt.observe(&unauthorized(INVALID)).await;
        let resend = observed.into_resend().unwrap();
        let mut again = request();
        let _attempt = resend.prepare(&mut again).await.unwrap();
        assert_eq!(bearer(&again), "access-2");
    }
    assert_eq!(world.server.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_api_that_always_says_401_gets_few_renewals() {
    let world = World::new();
    world.lifetime(1_000_000);
    let tokens = world.here(world.client()).build().unwrap();
    let mut attempts = 0;
    for _ in 0..600 {
        let attempt = tokens.prepare(&mut request()).await.unwrap();
        attempts += 1;
        let observed = attempt.observe(&unauthorized(INVALID)).await;
        if let Some(resend) = observed.into_resend() {
            let again = resend.prepare(&mut request()).await.unwrap();
            let observed = again.observe(&unauthorized(INVALID)).await;
            assert!(observed.is_done(), "the second 401 is the answer");
        }
        world.advance(1);
    }
    assert_eq!(attempts, 600);
    // At 0, 30, 90, 210 and 450 seconds, and the first token.
    assert_eq!(world.server.token_requests(), 6);
}

#[tokio::test(start_paused = true)]
async fn an_api_that_accepted_the_token_is_believed_once_in_thirty_seconds() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    world.call(&tokens).await;
    for _ in 0..60 {
        let attempt = tokens.prepare(&mut request()).await.unwrap();
        let _ = attempt.observe(&Response::new(())).await;
        let _ = attempt.observe(&unauthorized(INVALID)).await;
        world.advance(1);
    }
    assert_eq!(world.server.token_requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_about_the_token_renews_nothing() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    world.call(&tokens).await;
    world.advance(100);
    for challenge in [
        r#"DPoP error="use_dpop_nonce""#,
        r#"DPoP error="invalid_dpop_proof""#,
        r#"Bearer error="insufficient_user_authentication""#,
        r#"Bearer error="insufficient_scope""#,
    ] {
        let attempt = tokens.prepare(&mut request()).await.unwrap();
        let observed = attempt.observe(&unauthorized(challenge)).await;
        assert!(observed.is_done(), "{challenge}");
    }
    let attempt = tokens.prepare(&mut request()).await.unwrap();
    let forbidden = Response::builder().status(403).body(()).unwrap();
    assert!(attempt.observe(&forbidden).await.is_done());
    assert_eq!(world.server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn while_one_waits_the_others_keep_the_old_token() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    world.call(&tokens).await;
    world.server.hold();
    let attempt = tokens.prepare(&mut request()).await.unwrap();
    let response = unauthorized(INVALID);
    let others = async {
        world.server.holds(1).await;
        for _ in 0..10 {
            let mut request = request();
            let _attempt = tokens.prepare(&mut request).await.unwrap();
            assert_eq!(bearer(&request), "access-1");
        }
        world.server.release();
    };
    let (observed, ()) = tokio::join!(attempt.observe(&response), others);
    assert!(!observed.is_done());
}

#[tokio::test(start_paused = true)]
async fn the_second_rejection_is_the_answer_whoever_renewed_meanwhile() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    world.call(&tokens).await;
    let mut sent = request();
    let attempt = tokens.prepare(&mut sent).await.unwrap();
    let observed = attempt.observe(&unauthorized(INVALID)).await;
    let resend = observed.into_resend().unwrap();
    let again = resend.prepare(&mut sent).await.unwrap();
    tokens.renew().await.unwrap();
    let observed = again.observe(&unauthorized(INVALID)).await;
    assert!(observed.is_done());
}

#[tokio::test(start_paused = true)]
async fn a_token_that_comes_again_is_not_sent_again() {
    let world = World::new();
    world.server.set_extra("access_token", "same".into());
    let tokens = world.here(world.client()).build().unwrap();
    world.call(&tokens).await;
    let attempt = tokens.prepare(&mut request()).await.unwrap();
    let observed = attempt.observe(&unauthorized(INVALID)).await;
    assert!(observed.is_done());
    assert_eq!(world.server.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ended_on_the_way_is_no_rejection() {
    let world = World::new();
    world.lifetime(100);
    let tokens = world.here(world.client()).build().unwrap();
    world.call(&tokens).await;
    let attempt = tokens.prepare(&mut request()).await.unwrap();
    world.advance(100);
    let observed = attempt.observe(&unauthorized(INVALID)).await;
    assert!(!observed.is_done());
    assert_eq!(tokens.counts().rejections, 0);
    assert_eq!(world.server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_handed_in_is_renewed_at_its_first_rejection() {
    let world = World::new();
    let refresh_token = world.server.new_refresh_token();
    let at_hand = grantor_client::TokenSet::new("revoked").refresh_token(&*refresh_token);
    let tokens = world.here(world.login(&refresh_token).token_set(at_hand));
    let tokens = tokens.build().unwrap();
    assert_eq!(world.call(&tokens).await.status(), 200);
    assert_eq!(tokens.counts().rejections, 1);
    assert_eq!(world.server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_just_fetched_is_renewed_at_its_first_rejection() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    tokens.get().await.unwrap();
    world.server.revoke_access_tokens();
    assert_eq!(world.call(&tokens).await.status(), 200);
    assert_eq!(world.server.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_another_process_stored_is_renewed_at_its_first_rejection() {
    let world = World::new();
    let store: std::sync::Arc<dyn grantor_store::Store> =
        std::sync::Arc::new(grantor_store::MemoryStore::new());
    let key = grantor_store::MasterKey::from_bytes([7; 32]);
    let stored = || world.here(world.client().store(std::sync::Arc::clone(&store), &key));
    let first = stored().build().unwrap();
    first.get().await.unwrap();
    world.server.revoke_access_tokens();
    let second = stored().build().unwrap();
    assert_eq!(world.call(&second).await.status(), 200);
    assert_eq!(second.counts().adoptions, 1);
    assert_eq!(world.server.token_requests(), 2);
}
