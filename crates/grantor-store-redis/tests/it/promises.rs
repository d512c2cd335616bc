//! Settings that are changed while a store is open.

use grantor_store::{Durability, Moment, PutOutcome, Store};
use grantor_store_redis::RedisStore;
use grantor_testservers::Redis;

use crate::{administer, block_on, creation, runtime, system};

#[test]
fn a_server_that_promises_less_than_when_it_was_opened_is_not_healthy() {
    let server = Redis::start().unwrap();
    block_on(&runtime(), async {
        let url = server.url();
        let store = RedisStore::open(&url).await.unwrap();
        let put = creation("a");
        assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
        for (setting, weaker, back, problem) in [
            ("maxmemory-policy", "allkeys-lru", "noeviction", "may evict"),
            ("appendonly", "no", "yes", "to its disk"),
            ("appendfsync", "everysec", "always", "to its disk"),
            ("no-appendfsync-on-rewrite", "yes", "no", "to its disk"),
        ] {
            store.health().await.unwrap();
            store.maintain(Moment::of(&system())).await.unwrap();
            administer(&url, &format!("CONFIG SET {setting} {weaker}")).await;
            let health = store.health().await.unwrap_err();
            let upkeep = store.maintain(Moment::of(&system())).await.unwrap_err();
            for error in [health, upkeep] {
                let text = error.to_string();
                assert!(text.contains(problem) && text.contains(setting), "{text}");
            }
            administer(&url, &format!("CONFIG SET {setting} {back}")).await;
        }
        store.health().await.unwrap();
    });
}

#[test]
fn a_server_that_promised_little_is_healthy_with_that() {
    let settings = [
        "--maxmemory-policy allkeys-lru",
        "--no-appendfsync-on-rewrite yes",
    ];
    let server = Redis::start_with(&settings).unwrap();
    block_on(&runtime(), async {
        let store = RedisStore::open(&server.url()).await.unwrap();
        let capabilities = store.capabilities();
        // Its log is not on the disk while the server makes it anew.
        assert_eq!(capabilities.durability, Durability::Process);
        assert!(capabilities.may_evict);
        store.health().await.unwrap();
        store.maintain(Moment::of(&system())).await.unwrap();
    });
}
