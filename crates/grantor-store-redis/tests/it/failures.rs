//! A network and a server that fail.

use std::time::Duration;

use grantor_store::{Applied, PutOutcome, Store};
use grantor_store_redis::RedisOptions;
use grantor_testservers::store_faults::bear_every_network;
use grantor_testservers::{Network, Proxy, Redis};

use crate::{administer, block_on, creation, runtime, value_of};

fn quick() -> RedisOptions {
    RedisOptions {
        timeout: Duration::from_secs(1),
        ..RedisOptions::default()
    }
}

#[test]
fn an_answer_that_does_not_come_is_an_unknown_outcome_and_the_same_put_clears_it() {
    let server = Redis::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let url = format!("redis://127.0.0.1:{}/", proxy.port());
        let store = quick().open(&url).await.unwrap();
        let direct = quick().open(&server.url()).await.unwrap();
        proxy.set(Network::HoldsAnswers);
        let put = creation("a");
        let error = store.put(&put).await.unwrap_err();
        assert_eq!(error.applied(), Applied::Unknown, "{error}");
        assert_eq!(value_of(&direct, "a").await.unwrap(), "a", "it arrived");
        let error = store.get(&put.key).await.unwrap_err();
        assert_eq!(error.applied(), Applied::No, "{error}");

        proxy.set(Network::Works);
        assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
        let other = creation("a");
        assert_eq!(store.put(&other).await.unwrap(), PutOutcome::Conflict);
    });
}

#[test]
fn a_network_that_fails_in_any_way_is_borne() {
    let server = Redis::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let store = quick()
            .open(&format!("redis://127.0.0.1:{}/", proxy.port()))
            .await
            .unwrap();
        bear_every_network(&store, &proxy, quick().timeout).await;
    });
}

#[test]
fn a_try_that_may_have_been_applied_leaves_the_outcome_unknown_whatever_comes_after() {
    let mut server = Redis::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    let runtime = runtime();
    let put = creation("a");
    let (waiting,) = block_on(&runtime, async {
        let url = format!("redis://127.0.0.1:{}/", proxy.port());
        let store = RedisOptions::default().open(&url).await.unwrap();
        let direct = quick().open(&server.url()).await.unwrap();
        assert_eq!(value_of(&store, "a").await, None);
        let again = put.clone();
        proxy.set(Network::HoldsAnswers);
        let waiting = tokio::spawn(async move { store.put(&again).await });
        while value_of(&direct, "a").await.is_none() {}
        (waiting,)
    });
    // The connection breaks, and there is no other one.
    server.kill();
    proxy.break_connections();
    let error = block_on(&runtime, waiting).unwrap().unwrap_err();
    assert_eq!(error.applied(), Applied::Unknown, "{error}");
    assert!(error.to_string().contains("an earlier try"), "{error}");
}

#[test]
fn what_was_acknowledged_outlives_a_killed_server_and_the_store_recovers() {
    let mut server = Redis::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let url = format!("redis://127.0.0.1:{}/", proxy.port());
        let store = quick().open(&url).await.unwrap();
        for round in 0..5 {
            for number in 0..20 {
                let put = creation(&format!("{round} {number}"));
                assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
            }
            proxy.break_connections();
            let key = format!("{round} 0");
            assert_eq!(value_of(&store, &key).await.unwrap(), key);

            server.kill();
            let put = creation(&format!("{round} while it is down"));
            let error = store.put(&put).await.unwrap_err();
            server.restart().unwrap();
            assert_eq!(
                store.put(&put).await.unwrap(),
                PutOutcome::Stored,
                "{error}"
            );
            for number in 0..20 {
                let key = format!("{round} {number}");
                assert_eq!(value_of(&store, &key).await.unwrap(), key);
            }
        }
    });
}

#[test]
fn a_server_that_forgot_the_scripts_gets_them_again() {
    let server = Redis::start().unwrap();
    block_on(&runtime(), async {
        let store = quick().open(&server.url()).await.unwrap();
        for round in 0..3 {
            let put = creation(&format!("{round}"));
            assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
            administer(&server.url(), "SCRIPT FLUSH").await;
        }
    });
}

#[test]
fn a_server_that_became_a_replica_takes_no_writes_and_is_not_healthy() {
    let (server, other) = (Redis::start().unwrap(), Redis::start().unwrap());
    block_on(&runtime(), async {
        let store = quick().open(&server.url()).await.unwrap();
        store.health().await.unwrap();
        let follow = format!("REPLICAOF 127.0.0.1 {}", other.port());
        administer(&server.url(), &follow).await;
        let error = store.put(&creation("a")).await.unwrap_err();
        assert_eq!(error.applied(), Applied::No, "{error}");
        let error = store.health().await.unwrap_err();
        assert!(error.to_string().contains("replica"), "{error}");
        let error = quick().open(&server.url()).await.unwrap_err();
        assert!(error.to_string().contains("its primary"), "{error}");
    });
}
