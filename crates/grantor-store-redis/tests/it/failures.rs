//! A network and a server that fail.

use std::time::Duration;

use grantor_store::{Applied, PutOutcome, Store};
use grantor_store_redis::{RedisOptions, RedisStore};
use grantor_testservers::store_faults::{
    bear_every_network, lose_an_answer, lose_an_answer_and_the_server, settle,
};
use grantor_testservers::{Proxy, Redis};

use crate::{administer, block_on, creation, runtime, value_of};

fn quick() -> RedisOptions {
    RedisOptions {
        timeout: Duration::from_secs(1),
        ..RedisOptions::default()
    }
}

fn through(proxy: &Proxy) -> String {
    format!("redis://127.0.0.1:{}/", proxy.port())
}

#[test]
fn an_answer_that_does_not_come_is_an_unknown_outcome_and_the_same_put_clears_it() {
    let server = Redis::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let store = quick().open(&through(&proxy)).await.unwrap();
        let direct = quick().open(&server.url()).await.unwrap();
        let put = lose_an_answer(&store, &direct, &proxy).await;
        settle(&store, &put).await;
    });
}

#[test]
fn a_network_that_fails_in_any_way_is_borne() {
    let server = Redis::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let store = quick().open(&through(&proxy)).await.unwrap();
        bear_every_network(&store, &proxy, quick().timeout).await;
    });
}

#[test]
fn a_try_that_may_have_been_applied_leaves_the_outcome_unknown_whatever_comes_after() {
    let mut server = Redis::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let store = RedisStore::open(&through(&proxy)).await.unwrap();
        let direct = quick().open(&server.url()).await.unwrap();
        lose_an_answer_and_the_server(store, direct, &proxy, || server.kill()).await;
    });
}

#[test]
fn what_was_acknowledged_outlives_a_killed_server_and_the_store_recovers() {
    let mut server = Redis::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let store = quick().open(&through(&proxy)).await.unwrap();
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
