//! Tokens of a client for itself: fetched once, renewed in time, never in a loop.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::time::Duration;

use grantor_client::{Policy, Tokens};
use grantor_core::TokenEndpointAuthMethod;
use grantor_testkit::{Endpoint, Fault, Waits};
use support::{API, ISSUER, World, bearer, request, settle};

async fn stampede(callers: usize) {
    let world = World::new();
    let tokens = world.thread(world.client()).build().unwrap();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let tokens = tokens.clone();
            tokio::spawn(async move {
                let mut request = request();
                let _attempt = tokens.prepare(&mut request).await.unwrap();
                bearer(&request).to_owned()
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), "access-1");
    }
    assert_eq!(world.server.token_requests(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_cold_callers_make_one_token_request() {
    stampede(100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_cold_callers_make_one_token_request() {
    stampede(1000).await;
}

#[tokio::test(start_paused = true)]
async fn a_warm_token_costs_nothing() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    for _ in 0..10 {
        assert_eq!(world.call(&tokens).await.status(), 200);
    }
    let counts = tokens.counts();
    assert_eq!((counts.hits, counts.waits, counts.renewals), (9, 1, 1));
    assert_eq!(world.server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn it_is_renewed_in_the_background_while_it_is_good() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    world.call(&tokens).await;
    world.server.hold();
    world.advance(3310);
    for _ in 0..100 {
        let mut request = request();
        let _attempt = tokens.prepare(&mut request).await.unwrap();
        assert_eq!(bearer(&request), "access-1");
    }
    world.server.holds(1).await;
    assert_eq!(tokens.counts().waits, 1, "only the cold caller has waited");
    world.server.release();
    settle().await;
    let mut request = request();
    let _attempt = tokens.prepare(&mut request).await.unwrap();
    assert_eq!(bearer(&request), "access-2");
    assert_eq!(world.server.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failed_early_renewal_keeps_the_token() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    world.call(&tokens).await;
    world.advance(3310);
    world.server.fail_next(Fault::Status(500));
    for _ in 0..50 {
        assert_eq!(tokens.get().await.unwrap().secret.expose(), "access-1");
        settle().await;
    }
    assert_eq!(
        world.server.token_requests(),
        2,
        "it is not tried again at once"
    );
    assert_eq!(tokens.counts().failures, 1);
    world.advance(60);
    let _ = tokens.get().await;
    settle().await;
    assert_eq!(tokens.get().await.unwrap().secret.expose(), "access-2");
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured_by_early_renewals() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    world.call(&tokens).await;
    world.advance(3310);
    world.server.fail_next(Fault::TooManyRequests(200));
    for _ in 0..19 {
        let _ = tokens.get().await;
        settle().await;
        world.advance(10);
    }
    assert_eq!(world.server.token_requests(), 2);
    world.advance(20);
    let _ = tokens.get().await;
    settle().await;
    assert_eq!(world.server.token_requests(), 3);
}

/// The runtime's time is paused, and moves only for what waits on its timer.
#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for_by_the_clock_and_takes_no_real_time() {
    let world = World::new();
    world.clock.set_waits(Waits::MoveTheClock);
    world.server.set_clock(&world.clock);
    let tokens = world.here(world.client()).build().unwrap();
    // The first waits as the server asks, the second for the server's sake.
    world.server.fail_next(Fault::Unavailable(5));
    let began = tokio::time::Instant::now();
    tokens.get().await.unwrap();
    let mut once = Policy::default();
    once.retry.attempts = 1;
    let impatient = world.here(world.client()).share_with(&tokens).policy(once);
    let impatient = impatient.build().unwrap();
    world.server.fail_next(Fault::Unavailable(7));
    assert!(impatient.get().await.unwrap_err().is_transient());
    tokens.renew().await.unwrap();
    let sent = world.server.requests(Endpoint::Token);
    let at: Vec<_> = sent.iter().filter_map(|request| request.at()).collect();
    let pauses: Vec<_> = at.windows(2).map(|two| two[1].since(two[0])).collect();
    assert_eq!(pauses, [5, 0, 7].map(Duration::from_secs));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn retry_after_ends_when_the_clock_is_moved_or_the_tokens_are_closed() {
    for closes in [false, true] {
        let world = World::new();
        world.clock.set_waits(Waits::UntilMoved);
        let tokens = world.here(world.client()).build().unwrap();
        world.server.fail_next(Fault::Unavailable(5));
        let waiting = tokens.clone();
        let waiting = tokio::spawn(async move { waiting.get().await });
        settle().await;
        world.advance(4);
        settle().await;
        assert!(!waiting.is_finished());
        assert_eq!(world.server.token_requests(), 1);
        match closes {
            true => tokens.close().await,
            false => world.advance(1),
        }
        settle().await;
        assert!(waiting.is_finished());
    }
}

/// How many token requests a steady stream of calls makes during one life of a token, and a few
/// more.
async fn requests_per_life(lifetime: Duration) -> f64 {
    let world = World::new();
    world.server.set_lifetime(Some(lifetime));
    let tokens = world.here(world.client()).build().unwrap();
    let lives = 10;
    for _ in 0..lives * 100 {
        assert_eq!(world.call(&tokens).await.status(), 200);
        settle().await;
        world.clock.advance(lifetime / 100);
    }
    let requests = u32::try_from(world.server.token_requests()).unwrap();
    f64::from(requests) / f64::from(lives)
}

#[tokio::test(start_paused = true)]
async fn short_tokens_do_not_loop() {
    for seconds in [1, 2, 5, 20, 60, 3600] {
        let requests = requests_per_life(Duration::from_secs(seconds)).await;
        assert!(requests <= 1.6, "{requests} requests in {seconds} s");
    }
}

#[tokio::test(start_paused = true)]
async fn short_tokens_whose_renewal_fails_are_asked_for_twice_in_a_life() {
    for seconds in [1, 2, 5, 20] {
        let world = World::new();
        world.lifetime(seconds);
        let tokens = world.here(world.client()).build().unwrap();
        world.call(&tokens).await;
        let life = Duration::from_secs(seconds);
        for _ in 0..99 {
            world.clock.advance(life / 100);
            world.server.fail_next(Fault::Status(500));
            assert!(tokens.get().await.is_ok());
            settle().await;
        }
        assert_eq!(world.server.token_requests(), 2, "{seconds} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_without_a_lifetime_is_used_and_renewed_now_and_then() {
    for lifetime in [None, Some(Duration::ZERO)] {
        let world = World::new();
        world.server.set_lifetime(lifetime);
        let tokens = world.here(world.client()).build().unwrap();
        for _ in 0..10 {
            world.call(&tokens).await;
            world.advance(300);
        }
        assert_eq!(world.server.token_requests(), 1);
        world.advance(600);
        world.server.fail_next(Fault::Status(500));
        assert_eq!(tokens.get().await.unwrap().secret.expose(), "access-1");
        world.advance(1_000_000);
        assert_eq!(tokens.get().await.unwrap().secret.expose(), "access-1");
    }
}

#[tokio::test(start_paused = true)]
async fn the_servers_hint_is_followed() {
    let world = World::new();
    world.server.set_extra("refresh_in", 1800.into());
    let tokens = world.here(world.client()).build().unwrap();
    world.call(&tokens).await;
    world.advance(1790);
    world.call(&tokens).await;
    settle().await;
    assert_eq!(world.server.token_requests(), 1);
    world.advance(20);
    world.call(&tokens).await;
    settle().await;
    assert_eq!(world.server.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_makes_everybody_wait_for_one_request() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    world.call(&tokens).await;
    world.advance(3600);
    let calls = (0..50).map(|_| world.call(&tokens));
    for response in futures_util::future::join_all(calls).await {
        assert_eq!(response.status(), 200);
    }
    assert_eq!(world.server.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_wakes_everybody() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    world.server.fail_next(Fault::Refused("invalid_client"));
    let calls = (0..50).map(|_| tokens.get());
    for result in futures_util::future::join_all(calls).await {
        let error = result.unwrap_err();
        assert!(error.is_configuration(), "{error}");
    }
    assert_eq!(world.server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_reported_again_for_a_while_without_a_request() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    world.server.fail_next(Fault::Refused("invalid_client"));
    for _ in 0..100 {
        assert!(tokens.get().await.is_err());
    }
    assert_eq!(world.server.token_requests(), 1);
    world.advance(1);
    assert!(tokens.get().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_failing_server_is_tried_three_times_for_those_who_wait() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    world.server.fail_next(Fault::Status(500));
    world.server.fail_next(Fault::Status(503));
    assert!(tokens.get().await.is_ok());
    assert_eq!(world.server.token_requests(), 3);
    world.advance(3600);
    for _ in 0..3 {
        world.server.fail_next(Fault::TooManyRequests(7));
    }
    let error = tokens.get().await.unwrap_err();
    assert!(error.is_transient());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_jumps_changes_nothing() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    world.call(&tokens).await;
    for seconds in [0, 4_000_000_000] {
        let jumped = grantor_core::Timestamp::from_secs(seconds);
        world.clock.jump_to(jumped);
        assert_eq!(tokens.get().await.unwrap().secret.expose(), "access-1");
    }
    settle().await;
    assert_eq!(world.server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_client_authenticates_as_the_server_likes_it() {
    let world = World::new();
    world.server.require_client("app", "s3cret");
    let basic = world.here(world.client()).build().unwrap();
    assert!(basic.get().await.is_ok());
    let post = world
        .here(world.client())
        .auth_method(TokenEndpointAuthMethod::ClientSecretPost)
        .scope("read")
        .resource("https://api.example/")
        .build()
        .unwrap();
    assert!(post.get().await.is_ok());
    let history = world.server.history();
    let requests: Vec<_> = history
        .iter()
        .filter(|r| r.uri().path() == "/token")
        .collect();
    assert!(requests[0].headers().contains_key("authorization"));
    let body = std::str::from_utf8(requests[1].body()).unwrap();
    assert!(body.contains("client_secret=s3cret"), "{body}");
    assert!(body.contains("scope=read"), "{body}");
    assert!(
        body.contains("resource=https%3A%2F%2Fapi.example%2F"),
        "{body}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_empty_secret_is_sent_by_basic_on_explicit_wish() {
    let world = World::new();
    let empty = || world.here(Tokens::client_credentials(ISSUER, "app", ""));
    let error = empty().build().unwrap_err().to_string();
    assert!(error.contains("\"client_secret\" is empty"), "{error}");
    let by_basic = empty().auth_method(TokenEndpointAuthMethod::ClientSecretBasic);
    by_basic.build().unwrap().get().await.unwrap();
    let sent = world.server.last_token_request().unwrap();
    // `app:` in Base64.
    assert_eq!(sent.headers()["authorization"], "Basic YXBwOg==");
}

#[tokio::test(start_paused = true)]
async fn a_given_token_endpoint_needs_no_discovery() {
    let world = World::new();
    let endpoint = world.server.token_endpoint();
    let builder = world.client().token_endpoint(endpoint.as_str());
    let tokens = world.here(builder).build().unwrap();
    assert!(tokens.get().await.is_ok());
    assert_eq!(world.server.history().len(), 1);
}

#[test]
fn all_problems_are_named_at_once() {
    let error = Tokens::client_credentials("http://idp.example", "", "")
        .scope("\"")
        .token_endpoint("ftp://x")
        .allow_origin("https://u:p@api.example")
        .build()
        .unwrap_err();
    assert!(error.is_configuration());
    let text = error.to_string();
    for part in [
        "\"issuer\"",
        "\"client_id\"",
        "\"client_secret\"",
        "\"scope\"",
        "\"token_endpoint\"",
        "https://api.example has a name",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn nothing_public_shows_a_secret() {
    let world = World::new();
    let tokens = world.thread(world.client()).build().unwrap();
    let builder = world.login("refresh-hunter2").client_secret("s3cret");
    let mut shown = format!("{builder:?}");
    let token = tokens.get_blocking().unwrap();
    let mut request = request();
    let attempt = tokens.prepare_blocking(&mut request).unwrap();
    let session = tokens.session(API).unwrap();
    let error = tokens.session("x").unwrap_err();
    shown += &format!("{tokens:?}{token:?}{attempt:?}{session:?}{request:?}{error:?}{error}");
    shown += &format!("{:?}", session.get("x"));
    for secret in ["access-1", "s3cret", "hunter2"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(shown.contains(ISSUER));
}

#[tokio::test(start_paused = true)]
async fn a_hint_in_a_text_is_followed_too() {
    let world = World::new();
    world.server.set_extra("refresh_in", "1800".into());
    let tokens = world.here(world.client()).build().unwrap();
    world.call(&tokens).await;
    world.advance(1810);
    world.call(&tokens).await;
    settle().await;
    assert_eq!(world.server.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_another_type_is_refused() {
    let world = World::new();
    world.server.set_extra("token_type", "mac".into());
    let tokens = world.here(world.client()).build().unwrap();
    let error = tokens.get().await.unwrap_err().to_string();
    assert!(error.contains("another type than \"Bearer\""), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_caller_waits_as_long_as_another_had_to() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    let busy = Fault::Unavailable(15);
    world.server.fail_times(Endpoint::Token, 3, busy);
    assert!(tokens.get().await.is_err());
    let began = tokio::time::Instant::now();
    tokens.with_scope("read").unwrap().get().await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(15));
    assert_eq!(world.server.token_requests(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_lifetime_begins_with_the_request_that_was_answered() {
    let world = World::new();
    let clock = world.clock.clone();
    let builder = world.here(world.client()).on_request(move |call, _| {
        if call == grantor_client::RequestKind::Token {
            clock.advance(Duration::from_secs(3));
        }
    });
    let tokens = builder.build().unwrap();
    let began = world.now();
    world.server.fail_next(Fault::Status(503));
    let end = tokens.token_set().await.unwrap().expires_at;
    assert_eq!(end, Some(began + Duration::from_secs(3 + 3600)));
}
