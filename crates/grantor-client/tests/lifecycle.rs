//! The end of callers, runtimes, threads and handles.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use grantor_client::{SubjectToken, Tokens};
use grantor_store::{MasterKey, MemoryStore, Store};
use grantor_testkit::{FakeServer, Fault};
use support::{ISSUER, World, settle};

/// Waits on this thread until so many token requests are held back.
fn holds(server: &FakeServer, n: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(server.holds(n));
}

#[test]
fn a_blocking_caller_needs_no_runtime() {
    let world = World::new();
    let tokens = world.thread(world.client()).build().unwrap();
    assert_eq!(tokens.get_blocking().unwrap().secret.expose(), "access-1");
    world.advance(3600);
    assert_eq!(tokens.get_blocking().unwrap().secret.expose(), "access-2");
}

#[test]
fn whatever_is_done_by_hand_needs_no_runtime() {
    let world = World::new();
    let first = world.server.new_refresh_token();
    let tokens = world.thread(world.login(&first)).build().unwrap();
    let renewed = tokens.renew_blocking().unwrap();
    assert_eq!(tokens.renew_blocking().unwrap().secret.expose(), "access-2");
    let set = tokens.token_set_blocking().unwrap();
    assert_ne!(set.access_token, renewed.secret);
    let refresh_token = set.refresh_token.unwrap();
    assert_ne!(refresh_token.expose(), first);
    tokens.forget_blocking().unwrap();
    assert!(tokens.get_blocking().unwrap_err().needs_login());
    assert_eq!(world.server.token_requests(), 2);
}

#[test]
fn a_callable_may_wait_for_time_though_its_caller_has_no_runtime() {
    let world = World::new();
    world.server.trust_token("alice");
    let tokens = world.thread(Tokens::token_exchange(ISSUER, "app", "s3cret"));
    let tokens = tokens.subject_from_async(|| {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            Some(SubjectToken::access_token("alice"))
        })
    });
    let tokens = tokens.build().unwrap();
    assert_eq!(tokens.get_blocking().unwrap().secret.expose(), "access-1");
}

#[test]
fn a_caller_whose_runtime_ends_leaves_the_renewal_running() {
    let world = World::new();
    let first = world.server.new_refresh_token();
    let tokens = world.thread(world.login(&first)).build().unwrap();
    world.server.hold();
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    let calling = tokens.clone();
    runtime.spawn(async move { calling.get().await });
    holds(&world.server, 1);
    runtime.shutdown_background();
    world.server.release();
    assert_eq!(tokens.get_blocking().unwrap().secret.expose(), "access-1");
    assert_eq!(world.server.token_requests(), 1);
    assert_eq!(world.server.reuses(), 0);
}

#[test]
fn a_renewal_that_panics_wakes_everybody() {
    let world = World::new();
    let tokens = world.thread(world.client()).build().unwrap();
    world.server.fail_next(Fault::Panic);
    let callers: Vec<_> = (0..20)
        .map(|_| {
            let tokens = tokens.clone();
            std::thread::spawn(move || tokens.get_blocking())
        })
        .collect();
    for caller in callers {
        let error = caller.join().unwrap().unwrap_err();
        assert!(error.is_transient(), "{error}");
    }
    world.advance(1);
    assert!(tokens.get_blocking().is_ok(), "the thread lives on");
}

#[test]
fn a_runtime_that_is_shut_down_under_a_renewal_wakes_everybody() {
    let world = World::new();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let builder = world.thread(world.client());
    let tokens = builder.spawn_on(runtime.handle().clone()).build().unwrap();
    world.server.hold();
    let callers: Vec<_> = (0..5)
        .map(|_| {
            let tokens = tokens.clone();
            std::thread::spawn(move || tokens.get_blocking())
        })
        .collect();
    holds(&world.server, 1);
    drop(runtime);
    for caller in callers {
        assert!(caller.join().unwrap().is_err());
    }
    world.advance(10);
    assert!(
        tokens.get_blocking().is_err(),
        "nothing runs there any more"
    );
}

#[test]
fn the_last_handle_waits_until_the_refresh_token_is_stored() {
    let world = World::new();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let key = MasterKey::from_bytes([7; 32]);
    let first = world.server.new_refresh_token();
    let builder = world.login(&first).login_label("ada");
    let builder = builder.store(Arc::clone(&store), &key);
    let tokens = world.thread(builder).build().unwrap();
    world.server.hold();
    let mut call = Box::pin(tokens.get());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(call.as_mut().poll(&mut context).is_pending());
    drop(call);
    holds(&world.server, 1);
    let dropping = std::thread::spawn(move || drop(tokens));
    world.server.release();
    dropping.join().unwrap();
    // If it had not waited, nothing would be there yet.
    let builder = Tokens::login(ISSUER, "app")
        .login_label("ada")
        .store(store, &key);
    let tokens = world.thread(builder).build().unwrap();
    assert_eq!(tokens.get_blocking().unwrap().secret.expose(), "access-1");
    assert_eq!(world.server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn closing_waits_and_then_nothing_begins() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    world.server.hold();
    let calling = tokens.clone();
    let call = tokio::spawn(async move { calling.get().await });
    world.server.holds(1).await;
    let release = async {
        settle().await;
        world.server.release();
    };
    tokio::join!(tokens.close(), release);
    assert!(call.await.unwrap().is_ok());
    assert!(tokens.get().await.is_ok(), "what is there stays good");
    world.advance(3600);
    let error = tokens.get().await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert_eq!(world.server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn closing_ends_the_wait_for_another_try_and_nothing_is_sent_any_more() {
    let world = World::new();
    let first = world.server.new_refresh_token();
    for builder in [world.client(), world.login(&first)] {
        world.server.forget_history();
        world.server.fail_next(Fault::Status(503));
        let tokens = world.here(builder).build().unwrap();
        let calling = tokens.clone();
        let call = tokio::spawn(async move { calling.get().await });
        while world.server.token_requests() == 0 {
            tokio::task::yield_now().await;
        }
        settle().await;
        assert!(!call.is_finished(), "it is not tried again");
        let began = tokio::time::Instant::now();
        tokens.close().await;
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert!(call.await.unwrap().is_err());
        assert_eq!(world.server.token_requests(), 1);
    }
}

#[test]
fn a_callback_that_waits_for_the_tokens_gets_an_error() {
    let world = World::new();
    let seen = Arc::new(std::sync::OnceLock::<Tokens>::new());
    let (told, answers) = channel();
    let inside = Arc::clone(&seen);
    let builder = world.thread(world.client()).on_change(move |_| {
        if let Some(tokens) = inside.get() {
            let _ = told.send(tokens.get_blocking().unwrap_err().to_string());
        }
    });
    let tokens = builder.build().unwrap();
    seen.set(tokens.clone()).unwrap();
    tokens.get_blocking().unwrap();
    let error = answers.recv().unwrap();
    assert!(error.contains("can't wait"), "{error}");
}
