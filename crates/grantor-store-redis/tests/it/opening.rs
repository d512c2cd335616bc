//! Opening: what a server promises, passwords, certificates.

use std::sync::Arc;

use grantor_store::{Class, Durability, Store};
use grantor_store_redis::RedisStore;
use grantor_testservers::Redis;
use grantor_testservers::certificates::{AUTHORITY, CERTIFICATE, KEY};

use crate::{block_on, creation, runtime, value_of};

#[test]
fn a_server_that_may_evict_carries_no_grants() {
    let server =
        Redis::start_with(&["--maxmemory-policy allkeys-lru", "--appendfsync no"]).unwrap();
    block_on(&runtime(), async {
        let capabilities = RedisStore::open(&server.url())
            .await
            .unwrap()
            .capabilities();
        assert!(capabilities.may_evict);
        assert_eq!(capabilities.durability, Durability::Process);
        assert!(Class::Transition.refuses(&capabilities).is_some());
        assert!(Class::Guard.refuses(&capabilities).is_some());
        assert!(Class::ShortLived.refuses(&capabilities).is_none());
    });
}

#[test]
fn a_wrong_password_is_a_configuration_error_that_does_not_show_it() {
    let server = Redis::start_with(&["--requirepass correct-horse"]).unwrap();
    block_on(&runtime(), async {
        let url = |password: &str| server.url().replace("//", &format!("//:{password}@"));
        let store = RedisStore::open(&url("correct-horse")).await.unwrap();
        store.put(&creation("a")).await.map(drop).unwrap();
        for wrong in [url("battery-staple"), server.url()] {
            let error = RedisStore::open(&wrong).await.unwrap_err();
            assert!(error.is_configuration(), "{error}");
            let text = format!("{error} {error:?}");
            assert!(
                !text.contains("staple") && !text.contains("horse"),
                "{text}"
            );
        }
    });
}

#[test]
fn it_counts_and_does_not_list() {
    let server = Redis::start().unwrap();
    block_on(&runtime(), async {
        let store = Arc::new(RedisStore::open(&server.url()).await.unwrap());
        assert!(store.listing().is_none());
        assert!(store.counter().is_some());
    });
}

#[test]
fn a_certificate_is_checked_and_an_unencrypted_connection_is_not_made_instead() {
    let server = Redis::start_with_tls(CERTIFICATE, KEY).unwrap();
    let without = Redis::start().unwrap();
    block_on(&runtime(), async {
        let url = |server: &Redis, scheme: &str, host: &str| {
            format!("{scheme}://{host}:{}/?timeout=1", server.port())
        };
        let trusted = |url: String| format!("{url}&tlsrootcert={AUTHORITY}");
        let refused = async |url: String| {
            let error = RedisStore::open(&url).await.unwrap_err();
            error.to_string()
        };
        let good = trusted(url(&server, "rediss", "localhost"));
        let store = RedisStore::open(&good).await.unwrap();
        store.put(&creation("a")).await.map(drop).unwrap();
        assert_eq!(value_of(&store, "a").await.unwrap(), "a");

        let error = refused(url(&server, "rediss", "localhost")).await;
        assert!(error.contains("certificate"), "{error}");
        let other_name = trusted(url(&server, "rediss", "127.0.0.2"));
        let error = refused(other_name).await;
        assert!(error.contains("certificate"), "{error}");
        refused(url(&server, "redis", "localhost")).await;
        refused(trusted(url(&without, "rediss", "localhost"))).await;
        assert_eq!(without.keys(), "*0\r\n");
    });
}
