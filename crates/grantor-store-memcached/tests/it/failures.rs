//! A network and servers that fail.

use std::time::Duration;

use grantor_store::{Applied, Expect, PutOutcome, RemoveOutcome, Store};
use grantor_store_memcached::{MemcachedOptions, MemcachedStore};
use grantor_testservers::store_faults::{
    bear_every_network, break_while_idle, lose_an_answer, settle,
};
use grantor_testservers::{Memcached, Proxy};

use crate::{block_on, creation, runtime, value_of};

fn quick() -> MemcachedOptions {
    MemcachedOptions {
        timeout: Duration::from_secs(1),
        ..MemcachedOptions::default()
    }
}

fn through(proxy: &Proxy) -> String {
    format!("memcached://127.0.0.1:{}", proxy.port())
}

#[test]
fn an_answer_that_does_not_come_is_an_unknown_outcome_and_the_same_put_clears_it() {
    let server = Memcached::start().unwrap();
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
    let server = Memcached::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let store = quick().open(&through(&proxy)).await.unwrap();
        bear_every_network(&store, &proxy, quick().timeout).await;
    });
}

#[test]
fn a_connection_that_breaks_is_made_again() {
    let server = Memcached::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let store = quick().open(&through(&proxy)).await.unwrap();
        break_while_idle(&store, &proxy).await;
    });
}

#[test]
fn a_server_that_is_killed_loses_everything_and_is_used_again() {
    let mut server = Memcached::start().unwrap();
    block_on(&runtime(), async {
        let store = quick().open(&server.url()).await.unwrap();
        let first = creation("a");
        assert_eq!(store.put(&first).await.unwrap(), PutOutcome::Stored);
        server.kill();
        let error = store.get(&first.key).await.unwrap_err();
        assert_eq!(error.applied(), Applied::No, "{error}");
        let error = store.health().await.unwrap_err();
        assert!(error.to_string().contains("can't be reached"), "{error}");
        server.restart().unwrap();
        store.health().await.unwrap();
        assert_eq!(value_of(&store, "a").await, None);

        // The server gives the tokens of its last life to other records. A version is still compared.
        let second = creation("a");
        assert_eq!(store.put(&second).await.unwrap(), PutOutcome::Stored);
        let mut over = creation("a");
        over.expect = Expect::Version(first.version);
        assert_eq!(store.put(&over).await.unwrap(), PutOutcome::Conflict);
        let stale = Expect::Version(first.version);
        let removed = store.remove(&first.key, stale).await.unwrap();
        assert_eq!(removed, RemoveOutcome::Conflict);
    });
}

#[test]
fn no_other_server_takes_over_the_keys_of_one_that_is_gone() {
    let mut servers = [(); 3].map(|()| Memcached::start().unwrap());
    block_on(&runtime(), async {
        let places = servers
            .each_ref()
            .map(|one| format!("127.0.0.1:{}", one.port()));
        let url = format!("memcached://{}", places.join(","));
        let store = MemcachedStore::open(&url).await.unwrap();
        let puts: Vec<_> = (0..60)
            .map(|number| creation(&format!("{number}")))
            .collect();
        for put in &puts {
            assert_eq!(store.put(put).await.unwrap(), PutOutcome::Stored);
        }
        servers[1].kill();
        let mut failed = 0;
        for put in &puts {
            match store.get(&put.key).await {
                Ok(found) => assert_eq!(found.unwrap().version, put.version),
                Err(_) => {
                    failed += 1;
                    store.put(put).await.unwrap_err();
                }
            }
        }
        assert!((5..40).contains(&failed), "{failed} of 60");
        servers[1].restart().unwrap();
        let mut found = 0;
        for put in &puts {
            found += usize::from(store.get(&put.key).await.unwrap().is_some());
        }
        assert_eq!(found + failed, 60);
    });
}
