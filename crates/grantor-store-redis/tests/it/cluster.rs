//! A Redis Cluster.

use std::collections::HashSet;
use std::sync::Arc;

use grantor_store::contract::{Alternating, run};
use grantor_store::{Class, Key, Moment, PutOutcome, Store};
use grantor_store_redis::RedisStore;
use grantor_testservers::{Load, RedisCluster};

use crate::{administer, block_on, creation, runtime, suite, system, value_of};

#[test]
fn a_cluster_keeps_the_contract_by_two_stores_in_turn() {
    let (cluster, runtime) = (RedisCluster::start(1).unwrap(), runtime());
    let (handle, url) = (runtime.handle().clone(), cluster.url());
    let open = move || handle.block_on(RedisStore::open(&url)).unwrap();
    let (one, other) = (open(), open());
    let capabilities = one.capabilities();
    assert_eq!(capabilities.name, "the Redis cluster");
    assert!(capabilities.loses_on_failover && !capabilities.may_evict);
    assert!(Class::Guard.refuses(&capabilities).is_none());
    let both = || {
        suite(
            Alternating::new([one.clone(), other.clone()]),
            runtime.handle(),
        )
    };
    assert_eq!(run(|| both().reopen(open.clone())), Ok(()));
}

#[test]
fn without_replicas_it_carries_no_grants_and_every_server_is_swept() {
    let mut cluster = RedisCluster::start(0).unwrap();
    block_on(&runtime(), async {
        let store = RedisStore::open(&cluster.url()).await.unwrap();
        let capabilities = store.capabilities();
        assert!(Class::Transition.refuses(&capabilities).is_some());
        assert!(Class::Cache.refuses(&capabilities).is_none());

        let now = Moment::of(&system());
        let mut keys = Vec::new();
        for number in 0..100 {
            let mut put = creation(&format!("{number}"));
            put.expires_at = Some(now.now - std::time::Duration::from_secs(3600));
            assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
            keys.push(put.key);
        }
        let many = store.get_many(&keys).await.unwrap();
        for (key, entry) in keys.iter().zip(&many) {
            assert_eq!(entry.as_ref().unwrap().value, key.as_bytes());
        }
        let with_keys = cluster
            .servers()
            .iter()
            .filter(|one| one.keys().contains("grantor:{"));
        assert_eq!(with_keys.count(), 3, "they are spread");
        assert_eq!(store.maintain(now).await.unwrap().deleted, 100);
        store.health().await.unwrap();

        // One for the other: each says which URL is right.
        let alone = format!("redis://127.0.0.1:{}", cluster.servers()[0].port());
        let error = RedisStore::open(&alone).await.unwrap_err();
        assert!(error.to_string().contains("redis+cluster://"), "{error}");
    });
}

#[test]
fn a_slot_that_moves_is_followed_while_it_moves_and_afterwards() {
    let mut cluster = RedisCluster::start(0).unwrap();
    block_on(&runtime(), async {
        let store = RedisStore::open(&cluster.url()).await.unwrap();
        let put = creation("moves");
        assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
        let ports: Vec<u16> = cluster.servers().iter().map(|one| one.port()).collect();
        let url = |place: usize| format!("redis://127.0.0.1:{}/", ports[place]);
        let keys: Vec<_> = cluster.servers().iter().map(|one| one.keys()).collect();
        let from = keys.iter().position(|keys| keys.contains("moves")).unwrap();
        let to = (from + 1) % 3;
        let name = keys[from].lines().find(|line| line.contains("moves"));
        let name = name.unwrap().trim();
        let slot = text(&administer(&url(from), &format!("CLUSTER KEYSLOT {name}")).await);
        let id = async |place: usize| text(&administer(&url(place), "CLUSTER MYID").await);
        let (source, target) = (id(from).await, id(to).await);
        administer(
            &url(to),
            &format!("CLUSTER SETSLOT {slot} IMPORTING {source}"),
        )
        .await;
        administer(
            &url(from),
            &format!("CLUSTER SETSLOT {slot} MIGRATING {target}"),
        )
        .await;

        // There still, then on its way.
        assert_eq!(value_of(&store, "moves").await.unwrap(), "moves");
        let migrate = format!("MIGRATE 127.0.0.1 {} {name} 0 1000", ports[to]);
        administer(&url(from), &migrate).await;
        assert_eq!(value_of(&store, "moves").await.unwrap(), "moves");
        assert_eq!(
            store.put(&put).await.unwrap(),
            PutOutcome::Stored,
            "repeated"
        );
        assert_eq!(
            store.put(&creation("moves")).await.unwrap(),
            PutOutcome::Conflict
        );

        for place in [to, from] {
            administer(
                &url(place),
                &format!("CLUSTER SETSLOT {slot} NODE {target}"),
            )
            .await;
        }
        assert_eq!(value_of(&store, "moves").await.unwrap(), "moves");
        let keys: HashSet<Key> = [put.key].into();
        for key in keys {
            let removed = store
                .remove(&key, grantor_store::Expect::Any)
                .await
                .unwrap();
            assert_eq!(removed, grantor_store::RemoveOutcome::Removed);
        }
    });
}

#[test]
fn the_loss_of_a_server_is_followed_and_counted() {
    let mut cluster = RedisCluster::start(1).unwrap();
    block_on(&runtime(), async {
        // The replica that takes over has none itself: so nothing is waited for.
        let url = format!("{}?wait=0&timeout=1", cluster.url());
        let (one, other) = (RedisStore::open(&url).await, RedisStore::open(&url).await);
        let store = Arc::new(one.unwrap());
        let stores: [Arc<dyn Store>; 2] = [store.clone(), Arc::new(other.unwrap())];
        let load = Load::start(&stores, 4);
        load.reach(200).await;
        // One of the two in the URL.
        cluster.servers()[0].kill();
        load.reach(200).await;
        let survivor = cluster.servers()[1].port();
        cluster.settle(survivor, false).unwrap();
        load.reach(200).await;
        let account = load.stop().await.unwrap();
        let lost = account.lost(&*store).await.unwrap();
        assert!(store.capabilities().loses_on_failover);
        assert!(account.longest.as_secs() < 3, "{}", account.summary(lost));
        assert!(account.unknown + account.failed > 0, "nobody noticed");
        store.health().await.unwrap();
    });
}

/// For a second or two the others still name the server that is gone.
#[test]
fn a_store_is_opened_while_another_server_takes_over() {
    let mut cluster = RedisCluster::start(1).unwrap();
    block_on(&runtime(), async {
        let url = format!("{}?wait=0&timeout=30", cluster.url());
        cluster.servers()[0].kill();
        let store = RedisStore::open(&url).await.unwrap();
        store.health().await.unwrap();
    });
}

fn text(value: &redis::Value) -> String {
    redis::from_redis_value_ref(value).unwrap()
}
