//! Memory before the store, what its keys give away, clocks that differ, and stores of the user's.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use grantor_client::{Policy, Tokens, TokensBuilder};
use grantor_core::{BoxFuture, Clock, Environment, Timestamp};
use grantor_store::{
    FileStore, MasterKey, MemoryStore, SimpleAdapter, SimpleError, SimpleStore, Store,
};
use grantor_testkit::store::CountingStore;
use grantor_testkit::{FakeClock, SeededRandom};
use support::{ISSUER, World, clock, counting_store, settle};

fn key() -> MasterKey {
    MasterKey::from_bytes([7; 32])
}

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

#[tokio::test(start_paused = true)]
async fn a_fresh_token_needs_no_store() {
    let world = World::new();
    let store = Arc::new(CountingStore::new(memory()));
    let shared: Arc<dyn Store> = Arc::<CountingStore>::clone(&store);
    let first = world.server.new_refresh_token();
    for builder in [world.client(), world.login(&first)] {
        let tokens = world.here(builder.store(Arc::clone(&shared), &key()));
        let tokens = tokens.build().unwrap();
        tokens.get().await.unwrap();
        settle().await;
        let before = (store.reads(), store.writes());
        for _ in 0..1000 {
            assert_eq!(world.call(&tokens).await.status(), 200);
        }
        assert_eq!((store.reads(), store.writes()), before);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cold_start_reads_once_what_another_process_stored() {
    let world = World::new();
    let place = memory();
    let begin = |store: Arc<dyn Store>| world.here(world.client().store(store, &key()));
    let other = begin(Arc::clone(&place)).build().unwrap();
    let brought = other.get().await.unwrap();
    let store = Arc::new(CountingStore::new(Arc::clone(&place)));
    let shared: Arc<dyn Store> = Arc::<CountingStore>::clone(&store);
    let tokens = begin(shared).build().unwrap();
    assert_eq!(tokens.get().await.unwrap().secret, brought.secret);
    assert_eq!((store.reads(), store.writes()), (1, 0));
    assert_eq!(world.server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_another_process_renewed_is_adopted() {
    let world = World::new();
    let place = memory();
    let begin = || {
        let builder = world.client().store(Arc::clone(&place), &key());
        world.here(builder).build().unwrap()
    };
    let (one, other) = (begin(), begin());
    one.get().await.unwrap();
    other.get().await.unwrap();
    world.advance(3310);
    // The first of them renews, early and beside its use; then it is the turn of the other.
    one.get().await.unwrap();
    settle().await;
    other.get().await.unwrap();
    settle().await;
    let renewed = one.get().await.unwrap().secret;
    assert_eq!(renewed.expose(), "access-2");
    assert_eq!(other.get().await.unwrap().secret, renewed);
    assert_eq!(world.server.token_requests(), 2);
}

async fn stored_under(
    key: &MasterKey,
    change: impl Fn(TokensBuilder) -> TokensBuilder,
) -> Vec<Vec<u8>> {
    let world = World::new();
    let store = counting_store();
    let shared = Arc::clone(&store) as Arc<dyn Store>;
    let _login = world.server.new_refresh_token();
    let builder = change(world.client()).store(shared, key);
    let tokens = world.here(builder).build().unwrap();
    tokens.get().await.unwrap();
    tokens.close().await;
    let puts = store.puts();
    puts.iter().map(|put| put.key.as_bytes().to_vec()).collect()
}

#[tokio::test(start_paused = true)]
async fn no_stored_key_can_be_computed_from_a_guessed_secret() {
    let same = |builder: TokensBuilder| builder;
    let other_secret = |builder: TokensBuilder| builder.client_secret("hunter2");
    let with_pin = |builder: TokensBuilder| builder.parameter("pin", "1234");
    let another_key = MasterKey::from_bytes([8; 32]);
    for change in [
        same as fn(TokensBuilder) -> TokensBuilder,
        other_secret,
        with_pin,
    ] {
        let keys = stored_under(&key(), change).await;
        assert!(!keys.is_empty());
        // All of them depend on the master key, which a reader of the store lacks.
        for known in stored_under(&another_key, change).await {
            assert!(!keys.contains(&known));
        }
        assert_eq!(stored_under(&key(), change).await, keys);
    }
    // And a changed secret makes other tokens, as it should.
    let before = stored_under(&key(), same).await;
    for known in stored_under(&key(), other_secret).await {
        assert!(!before.contains(&known));
    }
}

#[tokio::test(start_paused = true)]
async fn no_key_of_a_logins_token_can_be_computed_from_a_guessed_parameter() {
    let as_login = |_: TokensBuilder| {
        Tokens::refresh_token(ISSUER, "app", "refresh-0-0").parameter("pin", "1234")
    };
    let of_tokens = |keys: Vec<Vec<u8>>| -> Vec<_> {
        keys.into_iter()
            .filter(|key| &key[8..10] == b"ca")
            .collect()
    };
    let one = of_tokens(stored_under(&key(), as_login).await);
    let other = of_tokens(stored_under(&MasterKey::from_bytes([8; 32]), as_login).await);
    assert_eq!((one.len(), other.len()), (1, 1));
    assert_ne!(one, other);
}

/// Managers whose machines show the same passage of time and other times of day.
struct Machines {
    world: World,
    clocks: Vec<FakeClock>,
    tokens: Vec<Tokens>,
}

impl Machines {
    fn start(begin: impl Fn(&World) -> TokensBuilder, hours: &[i64]) -> Self {
        let world = World::new();
        let (mut clocks, mut tokens) = (Vec::new(), Vec::new());
        let place = memory();
        for (seed, hour) in (0..).zip(hours) {
            let clock = clock();
            clock.jump_to(Timestamp::from_secs(clock.now().as_secs() + hour * 3600));
            let builder = begin(&world).store(Arc::clone(&place), &key());
            let environment = Environment {
                clock: Arc::new(clock.clone()),
                random: Arc::new(SeededRandom::new(seed)),
            };
            let builder = world.here(builder).environment(environment);
            tokens.push(builder.build().unwrap());
            clocks.push(clock);
        }
        Self {
            world,
            clocks,
            tokens,
        }
    }

    async fn live_for(&self, hours: u32) {
        for _ in 0..hours * 60 {
            for tokens in &self.tokens {
                let got = tokens.get().await;
                assert!(got.is_ok(), "{got:?}");
                settle().await;
            }
            for clock in &self.clocks {
                clock.advance(Duration::from_secs(60));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_an_hour_off_costs_each_its_own_token_and_no_storm() {
    for hours in [[0, 1], [0, -1], [0, 24]] {
        let machines = Machines::start(World::client, &hours);
        machines.live_for(10).await;
        let requests = machines.world.server.token_requests();
        assert!(requests <= 2 * 12, "{hours:?}: {requests}");
    }
}

#[tokio::test(start_paused = true)]
async fn logins_on_machines_whose_clocks_differ_spend_no_refresh_token_twice() {
    for hours in [[0, 1], [0, -1], [0, 24]] {
        let begin = |world: &World| {
            let first = match world.server.takes_refresh_token("refresh-0-0") {
                true => "refresh-0-0".to_owned(),
                false => world.server.new_refresh_token(),
            };
            world.login(&first)
        };
        let machines = Machines::start(begin, &hours);
        machines.live_for(10).await;
        let server = &machines.world.server;
        assert_eq!(server.reuses(), 0, "{hours:?}");
        assert!(server.token_requests() <= 2 * 12, "{hours:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_from_the_future_is_not_used_and_asked_for_once() {
    let machines = Machines::start(World::client, &[0, 1]);
    let server = &machines.world.server;
    machines.tokens[1].get().await.unwrap();
    for _ in 0..100 {
        assert!(machines.tokens[0].get().await.is_ok());
        settle().await;
    }
    assert_eq!(server.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_slower_than_the_lease_gets_one_request() {
    let world = World::new();
    let first = world.server.new_refresh_token();
    let place = memory();
    for _ in 0..2 {
        let begin = || {
            let builder = world.login(&first).store(Arc::clone(&place), &key());
            let mut policy = Policy::default();
            policy.request_timeout = Duration::from_secs(100);
            world.here(builder).policy(policy).build().unwrap()
        };
        let managers = [begin(), begin(), begin()];
        let before = world.server.token_requests();
        world.server.hold();
        let slow = async {
            world.server.holds(1).await;
            // Six terms of the lease, and nobody else takes it.
            tokio::time::sleep(Duration::from_secs(60)).await;
            world.server.release();
        };
        let calls = futures_util::future::join_all(managers.iter().map(Tokens::get));
        let (got, ()) = tokio::join!(calls, slow);
        let got: Vec<_> = got.into_iter().map(|token| token.unwrap().secret).collect();
        assert!(got.iter().all(|secret| *secret == got[0]), "{got:?}");
        assert_eq!(world.server.token_requests(), before + 1);
        world.advance(3600);
    }
    assert_eq!(world.server.reuses(), 0);
}

/// A cache as a program may have one already, with names of its own for things.
#[derive(Debug, Default)]
struct TimedCache {
    items: Mutex<HashMap<String, Item>>,
}

type Item = (Vec<u8>, Option<i64>);

impl TimedCache {
    fn fetch(&self, name: &str) -> Option<Vec<u8>> {
        let items = self.items.lock().unwrap();
        items.get(name).map(|(bytes, _)| bytes.clone())
    }

    fn store(&self, name: &str, bytes: &[u8], end: Option<i64>) {
        let item = (bytes.to_vec(), end);
        self.items.lock().unwrap().insert(name.to_owned(), item);
    }
}

/// The adapter that a user writes for it.
#[derive(Debug, Clone, Default)]
struct MyCache(Arc<TimedCache>);

impl SimpleStore for MyCache {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>, SimpleError>> {
        Box::pin(async move { Ok(self.0.fetch(key).map(Bytes::from)) })
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        expires_at: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), SimpleError>> {
        Box::pin(async move {
            let end = expires_at.map(Timestamp::as_secs);
            self.0.store(key, &value, end);
            Ok(())
        })
    }
}

#[tokio::test(start_paused = true)]
async fn any_cache_keeps_the_tokens_of_a_client() {
    let world = World::new();
    let cache = MyCache::default();
    let begin = || {
        let store: Arc<dyn Store> = Arc::new(SimpleAdapter::new(cache.clone()));
        let builder = world.client().store(store, &key());
        world.here(builder).build().unwrap()
    };
    // One request within a process, and the cached token is used after a restart.
    let tokens = begin();
    let calls = futures_util::future::join_all((0..100).map(|_| tokens.get()));
    assert!(calls.await.iter().all(Result::is_ok));
    begin().get().await.unwrap();
    assert_eq!(world.server.token_requests(), 1);
    let items = cache.0.items.lock().unwrap();
    let ends: Vec<_> = items.values().map(|(_, end)| *end).collect();
    assert_eq!(ends, [Some(world.clock.now().as_secs() + 3600)]);
}

#[tokio::test(start_paused = true)]
async fn a_cache_is_refused_for_logins_unless_no_other_process_uses_it() {
    let world = World::new();
    let first = world.server.new_refresh_token();
    let cache = MyCache::default();
    let begin = |token: &str| {
        let store: Arc<dyn Store> = Arc::new(SimpleAdapter::new(cache.clone()));
        world.here(world.login(token).store(store, &key()))
    };
    let error = begin(&first).build().unwrap_err();
    assert!(error.is_configuration());
    let said = error.to_string();
    for word in ["login", "per process only", "FileStore", "single_process"] {
        assert!(said.contains(word), "{said}");
    }
    for round in 1..=3 {
        let tokens = begin(&first).single_process().build().unwrap();
        let token = tokens.get().await.unwrap();
        assert_eq!(token.secret.expose(), format!("access-{round}"));
        world.advance(3600);
    }
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_login_lives_in_a_folder() {
    let world = World::new();
    let first = world.server.new_refresh_token();
    let home = tempfile::tempdir().unwrap();
    for round in 1..=2 {
        let store: Arc<dyn Store> = Arc::new(FileStore::open(home.path().join("tokens")).unwrap());
        let builder = match round {
            1 => world.login(&first),
            _ => Tokens::login(ISSUER, "app"),
        };
        // On the manager's thread: a disk takes real time.
        let builder = builder.login_label("ada").store(store, &key());
        let tokens = world.thread(builder).build().unwrap();
        let token = tokens.get().await.unwrap();
        assert_eq!(token.secret.expose(), format!("access-{round}"));
        tokens.close().await;
        world.advance(3600);
    }
    assert_eq!(world.server.reuses(), 0);
}

fn restarted(world: &World, store: &Arc<dyn Store>) -> Tokens {
    let builder = world
        .client()
        .scope("read")
        .store(Arc::clone(store), &key());
    world.here(builder).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_stored_token_keeps_its_scope_and_the_hint_of_the_server() {
    let world = World::new();
    let store = memory();
    world.server.set_refresh_in(Some(Duration::from_secs(1800)));
    restarted(&world, &store).get().await.unwrap();
    let tokens = restarted(&world, &store);
    let scope = tokens.get().await.unwrap().scope.unwrap();
    assert_eq!(scope.as_str(), "read");
    assert_eq!(world.server.token_requests(), 1);
    world.advance(1810);
    tokens.get().await.unwrap();
    settle().await;
    assert_eq!(world.server.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stored_token_that_is_due_is_not_taken_up() {
    let world = World::new();
    let store = memory();
    let brought = restarted(&world, &store).get().await.unwrap();
    world.advance(3590);
    let token = restarted(&world, &store).get().await.unwrap();
    assert_ne!(token.secret, brought.secret);
}

/// The token is older than the machine is up.
#[tokio::test(start_paused = true)]
async fn a_stored_token_ends_when_it_said_after_a_restart_of_the_machine() {
    let world = World::new();
    let store = memory();
    let brought = restarted(&world, &store).token_set().await.unwrap();
    let rebooted = World {
        clock: clock(),
        server: world.server.clone(),
    };
    rebooted
        .clock
        .jump_to(world.now() + Duration::from_secs(2000));
    let set = restarted(&rebooted, &store).token_set().await.unwrap();
    assert_eq!(set, brought);
    assert_eq!(world.server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_stored_just_now_is_taken_up_where_clocks_must_agree() {
    let world = World::new();
    let store = memory();
    let begin = || {
        let mut policy = Policy::default();
        policy.clock_skew = Duration::ZERO;
        let builder = world.client().store(Arc::clone(&store), &key());
        world.here(builder).policy(policy).build().unwrap()
    };
    let brought = begin().get().await.unwrap();
    assert_eq!(begin().get().await.unwrap().secret, brought.secret);
    assert_eq!(world.server.token_requests(), 1);
}
