//! Callbacks that misbehave, stores that are shared, answers that are odd.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

use crate::support::{ISSUER, World, settle};
use grantor_client::{Event, MetricEvent, Metrics, Policy, Tokens};
use grantor_core::BoxFuture;
use grantor_store::{
    Applied, Capabilities, Entry, Error, Expect, Key, MasterKey, MemoryStore, Put, PutOutcome,
    RemoveOutcome, Store,
};
use grantor_testkit::{Endpoint, Fault};

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

fn key() -> MasterKey {
    MasterKey::from_bytes([7; 32])
}

/// Two users of one program, whose programmer forgot the label.
#[tokio::test(start_paused = true)]
async fn two_logins_without_a_label_do_not_get_each_others_tokens() {
    let world = World::new();
    let store = memory();
    let open = |refresh_token: &str| {
        let builder = world.login(refresh_token).store(Arc::clone(&store), &key());
        world.here(builder).build()
    };
    let first = world.server.new_refresh_token();
    let second = world.server.new_refresh_token();
    let (Ok(ada), Ok(bob)) = (open(&first), open(&second)) else {
        return; // A configuration that can't work is refused: that would do.
    };
    ada.get().await.unwrap();
    bob.get().await.unwrap();
    world.advance(3600);
    let _ = ada.get().await;
    let _ = bob.get().await;
    let set = ada.token_set().await.unwrap();
    let refresh_token = set.refresh_token.unwrap();
    assert!(
        refresh_token.expose().starts_with("refresh-0-"),
        "{}",
        refresh_token.expose()
    );
}

/// As above, by the code flow: the programmer forgot `.login_label(user)`.
#[tokio::test(start_paused = true)]
async fn two_users_who_sign_in_without_a_label_do_not_get_each_others_tokens() {
    let world = World::new();
    let store = memory();
    let builder = Tokens::login(ISSUER, "app").store(store, &key());
    let Ok(flow) = world
        .here(builder)
        .code_flow("https://app.example/callback")
    else {
        return;
    };
    let mut signed_in = Vec::new();
    for _ in 0..2 {
        let started = flow.start().await.unwrap();
        let redirect = world.server.approve(&started.url);
        let Ok(user) = flow
            .finish(started.pending, redirect.query().unwrap())
            .await
        else {
            return;
        };
        signed_in.push(user.tokens);
    }
    world.advance(3600);
    let ada = signed_in[0].get().await;
    let bob = signed_in[1].get().await;
    let (Ok(ada), Ok(bob)) = (ada, bob) else {
        return;
    };
    assert_ne!(
        ada.secret, bob.secret,
        "the first user has the second one's token"
    );
}

/// Keycloak says 0 of an offline token, which never ends.
#[tokio::test(start_paused = true)]
async fn a_refresh_token_of_lifetime_0_lives_on_after_a_sign_in() {
    let world = World::new();
    world.server.set_extra("refresh_expires_in", 0.into());
    let builder = Tokens::login(ISSUER, "app");
    let flow = world
        .here(builder)
        .code_flow("https://app.example/callback")
        .unwrap();
    let started = flow.start().await.unwrap();
    let redirect = world.server.approve(&started.url);
    let signed_in = flow
        .finish(started.pending, redirect.query().unwrap())
        .await
        .unwrap();
    let tokens = signed_in.tokens;
    world.advance(3600);
    tokens.get().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_empty_refresh_token_does_not_replace_the_one_there_is() {
    let world = World::new();
    world.server.set_extra("refresh_token", "".into());
    world.server.set_rotation(grantor_testkit::Rotation::Fixed);
    let tokens = world
        .here(world.login(&world.server.new_refresh_token()))
        .build()
        .unwrap();
    tokens.get().await.unwrap();
    world.advance(3600);
    tokens.get().await.unwrap();
}

#[derive(Debug, Default)]
struct PanicsOnce(AtomicBool);

impl Metrics for PanicsOnce {
    fn count(&self, counted: MetricEvent) {
        assert!(counted != MetricEvent::Renewal || self.0.swap(true, Ordering::SeqCst));
    }
}

#[test]
fn metrics_that_panic_once_do_not_end_the_tokens_for_ever() {
    let world = World::new();
    let builder = world.thread(world.client()).metrics(PanicsOnce::default());
    let tokens = builder.build().unwrap();
    let _ = tokens.get_blocking();
    world.advance(7200);
    tokens.get_blocking().unwrap();
}

/// Runs it, and says whether it ended in time.
fn ends(seconds: u64, work: impl FnOnce() + Send + 'static) -> bool {
    let (done, end) = mpsc::channel();
    std::thread::spawn(move || {
        work();
        let _ = done.send(());
    });
    end.recv_timeout(Duration::from_secs(seconds)).is_ok()
}

#[test]
fn a_callback_that_gets_the_token_does_not_wait_for_ever() {
    let world = World::new();
    let own = Arc::new(OnceLock::<Tokens>::new());
    let seen = Arc::clone(&own);
    let builder = world.thread(world.client()).on_change(move |_| {
        if let Some(tokens) = seen.get() {
            let _ = tokens.get_blocking();
        }
    });
    let tokens = builder.build().unwrap();
    let _ = own.set(tokens.clone());
    assert!(
        ends(25, move || drop(tokens.get_blocking())),
        "all callers wait for ever"
    );
}

#[test]
fn a_listener_that_gets_the_token_does_not_wait_for_ever() {
    let world = World::new();
    let own = Arc::new(OnceLock::<Tokens>::new());
    let seen = Arc::clone(&own);
    let builder = world.thread(world.login(&world.server.new_refresh_token()));
    let builder = builder.on_event(move |event| {
        if let (Some(tokens), Event::LoginEnded) = (seen.get(), event) {
            let _ = tokens.get_blocking();
        }
    });
    world
        .server
        .fail_always(Endpoint::Token, Fault::Refused("invalid_grant"));
    let tokens = builder.build().unwrap();
    let _ = own.set(tokens.clone());
    assert!(
        ends(25, move || drop(tokens.get_blocking())),
        "all callers wait for ever"
    );
}

#[tokio::test(start_paused = true)]
async fn debug_shows_no_further_parameter() {
    let world = World::new();
    let builder = world.client().parameter("client_assertion", "hunter2");
    assert!(!format!("{builder:?}").contains("hunter2"), "TokensBuilder");
    let tokens = world.here(builder).build().unwrap();
    assert!(!format!("{tokens:?}").contains("hunter2"), "Tokens");
}

#[tokio::test(start_paused = true)]
async fn a_token_set_is_there_while_the_token_is_good() {
    let world = World::new();
    let tokens = world
        .here(world.login(&world.server.new_refresh_token()))
        .build()
        .unwrap();
    tokens.get().await.unwrap();
    world.server.hold();
    world.advance(3500);
    tokens.get().await.unwrap(); // begins the early renewal
    settle().await;
    let set = tokio::time::timeout(Duration::from_secs(3), tokens.token_set()).await;
    assert!(set.is_ok(), "it waits for the renewal");
}

/// Waits for a future on a thread without a runtime.
fn wait<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut future = std::pin::pin!(future);
    loop {
        let mut context = std::task::Context::from_waker(&waker);
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::thread::park();
    }
}

#[test]
fn blocking_calls_need_no_runtime_of_the_callers() {
    let world = World::new();
    let tokens = world
        .thread(world.login(&world.server.new_refresh_token()))
        .build()
        .unwrap();
    wait(tokens.get()).unwrap();
    wait(tokens.token_set()).unwrap();
    wait(tokens.metadata()).unwrap();
    wait(tokens.renew()).unwrap();
    let token = wait(tokens.get()).unwrap().secret;
    wait(tokens.introspect(&grantor_core::IntrospectionRequest::new(token))).unwrap();
    wait(tokens.forget()).unwrap();
    wait(tokens.close());
}

#[tokio::test(start_paused = true)]
async fn a_default_lifetime_for_ever_is_one() {
    let world = World::new();
    world.server.set_lifetime(None);
    let mut policy = Policy::default();
    policy.default_lifetime = Some(Duration::MAX);
    let built = world.here(world.client()).policy(policy).build();
    let Ok(tokens) = built else { return };
    tokens.get().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_static_token_is_not_renewed() {
    let world = World::new();
    let failed = Arc::new(Mutex::new(0));
    let count = Arc::clone(&failed);
    let builder = Tokens::static_token("t").on_event(move |event| {
        if matches!(event, Event::RenewalFailed(_)) {
            *count.lock().unwrap() += 1;
        }
    });
    let tokens = world.here(builder).build().unwrap();
    for _ in 0..24 {
        world.advance(600);
        tokens.get().await.unwrap();
        settle().await;
    }
    assert_eq!(*failed.lock().unwrap(), 0, "warnings in four hours");
}

/// A store that can be down altogether.
#[derive(Debug, Default)]
struct Down(MemoryStore, AtomicBool);

impl Down {
    fn fails<T: Send + 'static>(&self) -> Option<BoxFuture<'static, Result<T, Error>>> {
        self.1.load(Ordering::SeqCst).then(|| {
            let error = Error::unavailable("down", Applied::No);
            let failed: BoxFuture<'static, Result<T, Error>> =
                Box::pin(std::future::ready(Err(error)));
            failed
        })
    }
}

impl Store for Down {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.fails().unwrap_or_else(|| self.0.get(key))
    }
    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        self.fails().unwrap_or_else(|| self.0.put(put))
    }
    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.fails().unwrap_or_else(|| self.0.remove(key, expect))
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_stops_no_login_that_only_this_process_has() {
    let world = World::new();
    let store = Arc::new(Down::default());
    let shared: Arc<dyn Store> = store.clone();
    let builder = world.login(&world.server.new_refresh_token());
    let builder = builder.store(shared, &key()).single_process();
    let tokens = world.here(builder).build().unwrap();
    tokens.get().await.unwrap();
    store.1.store(true, Ordering::SeqCst);
    world.advance(3600);
    tokens.get().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn close_does_not_wait_for_repeated_tries() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    world.server.fail_always(Endpoint::Token, Fault::Never);
    let waiting = tokens.clone();
    tokio::spawn(async move { waiting.get().await });
    settle().await;
    let began = tokio::time::Instant::now();
    tokens.close().await;
    let took = began.elapsed();
    assert!(
        took <= Duration::from_secs(11),
        "{took:?}: it begins new tries while it closes"
    );
}
