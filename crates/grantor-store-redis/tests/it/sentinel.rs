//! A primary that sentinels watch.

use std::sync::Arc;
use std::time::Duration;

use grantor_store::contract::run;
use grantor_store::{Applied, Class, Namespace, PutOutcome, Store, kinds};
use grantor_store_redis::{RedisOptions, RedisStore};
use grantor_testservers::{Load, RedisSentinels};

use crate::{administer, block_on, creation, runtime, suite, value_of};

#[test]
fn a_watched_primary_keeps_the_contract() {
    let (servers, runtime) = (RedisSentinels::start(1).unwrap(), runtime());
    let (handle, url) = (runtime.handle().clone(), servers.url());
    let open = move || handle.block_on(RedisStore::open(&url)).unwrap();
    let store = open();
    let capabilities = store.capabilities();
    assert!(capabilities.loses_on_failover && capabilities.shared);
    assert!(!capabilities.may_evict && !capabilities.unconfirmed_failover);
    let suite = || suite(store.clone(), runtime.handle()).reopen(open.clone());
    assert_eq!(run(suite), Ok(()));
}

#[test]
fn what_must_last_is_written_once_most_replicas_have_it() {
    let servers = RedisSentinels::start(2).unwrap();
    block_on(&runtime(), async {
        let open = async |parameters: &str| {
            let url = format!("{}?timeout=1{parameters}", servers.url());
            RedisStore::open(&url).await.unwrap()
        };
        let (store, one) = (open("").await, open("&wait=1").await);
        store.health().await.unwrap();
        let replica = &servers.servers()[1];
        replica.pause();
        let put = creation("a");
        // A store that finds the write there waits for it all the same.
        for store in [&store, &open("").await] {
            let error = store.put(&put).await.unwrap_err();
            assert_eq!(error.applied(), Applied::Unknown, "{error}");
            let few = "1 replicas of Redis confirmed the write in time, and 2 must";
            assert!(error.to_string().contains(few), "{error}");
        }
        // One is enough for who says so, and none is waited for where a loss is bearable.
        assert_eq!(one.put(&creation("b")).await.unwrap(), PutOutcome::Stored);
        let names = Namespace::new("https://id.example");
        let mut cache = creation("c");
        cache.key = names.key(kinds::CACHED_TOKENS.letters(), b"c");
        assert_eq!(store.put(&cache).await.unwrap(), PutOutcome::Stored);

        replica.resume();
        assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
        let other = creation("a");
        assert_eq!(store.put(&other).await.unwrap(), PutOutcome::Conflict);
    });
}

#[test]
fn without_a_replica_to_wait_for_it_carries_no_grants() {
    let servers = RedisSentinels::start(0).unwrap();
    block_on(&runtime(), async {
        for url in [servers.url(), format!("{}?wait=0", servers.url())] {
            let capabilities = RedisStore::open(&url).await.unwrap().capabilities();
            for class in [Class::Transition, Class::Guard] {
                let reason = class.refuses(&capabilities).unwrap();
                let wanted = "Redis with sentinels fails over to replicas that confirm no write";
                assert_eq!(reason, wanted);
            }
            assert!(Class::ShortLived.refuses(&capabilities).is_none());
        }
        let unknown = servers.url().replace(RedisSentinels::NAME, "nobody");
        let error = RedisStore::open(&unknown).await.unwrap_err();
        assert!(error.is_configuration(), "{error}");
        assert!(error.to_string().contains("watch no \"nobody\""), "{error}");
    });
}

#[test]
fn a_failover_is_followed_and_its_losses_are_counted() {
    let mut servers = RedisSentinels::start(1).unwrap();
    block_on(&runtime(), async {
        // The only replica takes over, and nobody is left to wait for: so nothing is waited for.
        let url = format!("{}?wait=0", servers.url());
        let options = RedisOptions {
            timeout: Duration::from_secs(1),
            ..RedisOptions::default()
        };
        let (one, other) = (options.open(&url).await, options.open(&url).await);
        let store = Arc::new(one.unwrap());
        let stores: [Arc<dyn Store>; 2] = [store.clone(), Arc::new(other.unwrap())];
        let load = Load::start(&stores, 2);
        load.reach(100).await;
        let primary = servers.primary().unwrap();
        servers.server(primary).unwrap().kill();
        // So many are not under way at once: another server acknowledges them.
        load.reach(100).await;
        let account = load.stop().await.unwrap();
        let lost = account.lost(&*store).await.unwrap();
        assert!(store.capabilities().loses_on_failover);
        assert!(
            account.longest < options.timeout * 2,
            "{}",
            account.summary(lost)
        );
        assert!(account.unknown + account.failed > 0, "nobody noticed");
        store.health().await.unwrap();

        // The server that is back follows the new primary, and is not written to.
        servers.server(primary).unwrap().restart().unwrap();
        assert_eq!(store.put(&creation("z")).await.unwrap(), PutOutcome::Stored);
        assert_eq!(value_of(&*store, "z").await.unwrap(), "z");
    });
}

/// Connections to it are made and get no answer for as long as an operation may take.
#[test]
fn a_primary_that_hangs_is_left_for_the_one_that_took_over() {
    let mut servers = RedisSentinels::start(1).unwrap();
    block_on(&runtime(), async {
        let url = format!("{}?wait=0&timeout=1", servers.url());
        let store: Arc<dyn Store> = Arc::new(RedisStore::open(&url).await.unwrap());
        let load = Load::start(&[store], 2);
        load.reach(50).await;
        let primary = servers.primary().unwrap();
        servers.server(primary).unwrap().pause();
        // So many are not under way at once.
        load.reach(50).await;
        servers.server(primary).unwrap().resume();
        load.stop().await.unwrap();
    });
}

#[test]
fn a_primary_that_may_evict_does_not_take_over_unnoticed() {
    let mut servers = RedisSentinels::start(1).unwrap();
    block_on(&runtime(), async {
        let store = RedisStore::open(&servers.url()).await.unwrap();
        assert!(!store.capabilities().may_evict);
        let replica = format!("redis://127.0.0.1:{}/", servers.servers()[1].port());
        administer(&replica, "CONFIG SET maxmemory-policy allkeys-lru").await;
        let primary = servers.primary().unwrap();
        servers.server(primary).unwrap().kill();
        let mut last = String::new();
        while !last.contains("may evict records now") {
            let error = store.get(&creation("a").key).await.unwrap_err();
            assert_eq!(error.applied(), Applied::No, "{error}");
            last = error.to_string();
        }
    });
}
