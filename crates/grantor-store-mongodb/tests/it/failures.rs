//! A network and servers that fail.

use std::time::Duration;

use grantor_store::{Applied, Expect, PutOutcome, Store};
use grantor_store_mongodb::{MongodbOptions, MongodbStore};
use grantor_testservers::store_faults::{bear_every_network, lose_an_answer, settle};
use grantor_testservers::{MongoDb, Proxy};
use mongodb::bson::{Document, doc};

use crate::{administer, block_on, creation, runtime, value_of};

fn quick() -> MongodbOptions {
    MongodbOptions {
        timeout: Duration::from_secs(1),
        ..MongodbOptions::default()
    }
}

/// Has the server answer the next commands of a kind so.
async fn fail_next(server: &MongoDb, times: i32, how: Document, command: &str) {
    fail_next_of(server, times, how, &[command]).await;
}

/// The same, for several kinds of commands.
async fn fail_next_of(server: &MongoDb, times: i32, mut how: Document, commands: &[&str]) {
    how.insert("failCommands", commands);
    let point = doc! {
        "configureFailPoint": "failCommand",
        "mode": { "times": times },
        "data": how,
    };
    administer(&server.url(), "admin", point).await;
}

#[test]
fn a_write_that_too_few_confirm_is_there_and_unknown_and_the_same_put_clears_it() {
    let server = MongoDb::start().unwrap();
    block_on(&runtime(), async {
        let store = quick().open(&server.url()).await.unwrap();
        let timed_out = doc! { "writeConcernError": {
            "code": 64, "codeName": "WriteConcernFailed",
            "errmsg": "waiting for replication timed out",
        } };
        fail_next(&server, 1, timed_out.clone(), "insert").await;
        let put = creation("a");
        let error = store.put(&put).await.unwrap_err();
        assert_eq!(error.applied(), Applied::Unknown, "{error}");
        assert!(error.to_string().contains("too few servers"), "{error}");
        assert_eq!(value_of(&store, "a").await.unwrap(), "a", "it is there");
        settle(&store, &put).await;

        fail_next(&server, 1, timed_out, "delete").await;
        let error = store.remove(&put.key, Expect::Any).await.unwrap_err();
        assert_eq!(error.applied(), Applied::Unknown, "{error}");
        assert_eq!(value_of(&store, "a").await, None);
    });
}

#[test]
fn a_network_that_fails_in_any_way_is_borne() {
    let server = MongoDb::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let store = quick().open(&server.url_at(proxy.port())).await.unwrap();
        bear_every_network(&store, &proxy, quick().timeout).await;
    });
}

#[test]
fn a_primary_that_steps_down_leaves_a_write_unknown_and_a_read_unread() {
    let server = MongoDb::start().unwrap();
    block_on(&runtime(), async {
        let store = quick().open(&server.url()).await.unwrap();
        let put = creation("a");
        // The driver tries once more by itself.
        let stepped_down = doc! { "errorCode": 11602, "closeConnection": false };
        fail_next(&server, 2, stepped_down.clone(), "insert").await;
        let error = store.put(&put).await.unwrap_err();
        assert_eq!(error.applied(), Applied::Unknown, "{error}");
        fail_next(&server, 2, stepped_down, "find").await;
        let error = store.get(&put.key).await.unwrap_err();
        assert_eq!(error.applied(), Applied::No, "{error}");
        assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
    });
}

#[test]
fn a_change_that_too_few_confirm_is_unknown_too() {
    let server = MongoDb::start().unwrap();
    block_on(&runtime(), async {
        let store = quick().open(&server.url()).await.unwrap();
        let created = creation("a");
        assert_eq!(store.put(&created).await.unwrap(), PutOutcome::Stored);
        let mut change = creation("a");
        change.expect = Expect::Version(created.version);
        let timed_out = doc! { "writeConcernError": {
            "code": 64, "codeName": "WriteConcernFailed",
            "errmsg": "waiting for replication timed out",
        } };
        fail_next(&server, 1, timed_out, "update").await;
        let error = store.put(&change).await.unwrap_err();
        assert_eq!(error.applied(), Applied::Unknown, "{error}");
        settle(&store, &change).await;
    });
}

#[test]
fn a_creation_is_unknown_if_the_record_in_its_way_can_not_be_read() {
    let server = MongoDb::start().unwrap();
    block_on(&runtime(), async {
        let store = quick().open(&server.url()).await.unwrap();
        assert_eq!(store.put(&creation("a")).await.unwrap(), PutOutcome::Stored);
        let put = creation("a");
        let stepped_down = doc! { "errorCode": 11602, "closeConnection": false };
        fail_next(&server, 2, stepped_down, "find").await;
        let error = store.put(&put).await.unwrap_err();
        assert_eq!(error.applied(), Applied::Unknown, "{error}");
        assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Conflict);
    });
}

/// Each statement alone is quick enough.
#[test]
fn the_statements_of_an_operation_have_its_time_together() {
    let server = MongoDb::start().unwrap();
    block_on(&runtime(), async {
        let store = quick().open(&server.url()).await.unwrap();
        let created = creation("a");
        assert_eq!(store.put(&created).await.unwrap(), PutOutcome::Stored);
        let slow = doc! { "blockConnection": true, "blockTimeMS": 700 };
        fail_next_of(&server, 2, slow.clone(), &["insert", "find"]).await;
        let error = store.put(&creation("a")).await.unwrap_err();
        assert_eq!(error.applied(), Applied::Unknown, "{error}");

        fail_next_of(&server, 2, slow, &["delete", "find"]).await;
        let other = Expect::Version(creation("b").version);
        store.remove(&created.key, other).await.unwrap_err();
    });
}

#[test]
fn an_answer_that_does_not_come_is_an_unknown_outcome_and_the_same_put_clears_it() {
    let server = MongoDb::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let store = quick().open(&server.url_at(proxy.port())).await.unwrap();
        let direct = quick().open(&server.url()).await.unwrap();
        let put = lose_an_answer(&store, &direct, &proxy).await;
        proxy.break_connections();
        settle(&store, &put).await;
    });
}

#[test]
fn what_was_acknowledged_outlives_a_killed_server_and_the_store_recovers() {
    let mut server = MongoDb::start().unwrap();
    block_on(&runtime(), async {
        let store = quick().open(&server.url()).await.unwrap();
        for number in 0..50 {
            let put = creation(&format!("{number}"));
            assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
        }
        server.kill();
        let put = creation("while it is down");
        // The first may still go to a connection whose end the driver has not seen.
        store.put(&put).await.unwrap_err();
        let error = store.put(&put).await.unwrap_err();
        assert_eq!(error.applied(), Applied::No, "{error}");
        server.restart().unwrap();
        // Until it is the primary again.
        while store.put(&put).await.is_err() {}
        for number in 0..50 {
            let key = format!("{number}");
            assert_eq!(value_of(&store, &key).await.unwrap(), key);
        }
        store.health().await.unwrap();
    });
}

#[test]
fn nobody_is_asked_who_is_not_there() {
    block_on(&runtime(), async {
        let error = MongodbStore::open("mongodb://127.0.0.1:1/?timeout=1");
        let error = error.await.unwrap_err();
        assert_eq!(error.applied(), Applied::No, "{error}");
        assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
    });
}

#[test]
fn a_write_that_is_refused_says_why_and_nothing_of_the_record() {
    let server = MongoDb::start().unwrap();
    block_on(&runtime(), async {
        let store = quick().open(&server.url()).await.unwrap();
        let stored = creation("before");
        assert_eq!(store.put(&stored).await.unwrap(), PutOutcome::Stored);
        let strict = doc! {
            "collMod": "grantor_records",
            "validator": { "$expr": { "$eq": ["$d", "nothing"] } },
        };
        administer(&server.url(), "grantor", strict).await;
        let mut update = creation("before");
        update.expect = Expect::Version(stored.version);
        for refused in [creation("hunter2"), update] {
            let error = store.put(&refused).await.unwrap_err();
            let text = format!("{error} {error:?}");
            assert_eq!(error.applied(), Applied::No, "{text}");
            assert!(text.contains("failed validation (121"), "{text}");
            let digits = refused.key.as_bytes().iter();
            let digits: String = digits.map(|byte| format!("{byte:02x}")).collect();
            for quoted in [&digits, "considered", "failing", "Binary", "details"] {
                assert!(!text.contains(quoted), "{quoted}: {text}");
            }
        }
    });
}
