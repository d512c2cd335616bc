//! Opening: what a server must be, certificates, and several that make the indexes at once.

use std::sync::Arc;

use grantor_store::{Applied, Listing as _, Store};
use grantor_store_mongodb::MongodbStore;
use grantor_testservers::MongoDb;
use grantor_testservers::certificates::{AUTHORITY, CERTIFICATE, KEY};
use mongodb::bson::doc;

use crate::{administer, block_on, creation, runtime, value_of};

#[test]
fn several_that_open_an_empty_database_at_once_all_may() {
    let server = MongoDb::start().unwrap();
    block_on(&runtime(), async {
        let opening = (0..6).map(|_| {
            let url = server.url();
            tokio::spawn(async move { MongodbStore::open(&url).await.map(drop) })
        });
        for opened in opening.collect::<Vec<_>>() {
            opened.await.unwrap().unwrap();
        }
        let store = Arc::new(MongodbStore::open(&server.url()).await.unwrap());
        assert!(store.listing().is_some());
        assert!(Arc::clone(&store).counter().is_some());
        store.health().await.unwrap();
    });
}

#[test]
fn a_server_outside_of_a_replica_set_is_refused() {
    let server = MongoDb::start_alone().unwrap();
    block_on(&runtime(), async {
        let error = MongodbStore::open(&server.url()).await.unwrap_err();
        assert!(error.is_configuration(), "{error}");
        assert!(error.to_string().contains("rs.initiate()"), "{error}");
    });
}

#[test]
fn a_user_without_rights_is_a_configuration_error_that_shows_no_password() {
    let server = MongoDb::start().unwrap();
    block_on(&runtime(), async {
        let user = doc! { "createUser": "ann", "pwd": "correct-horse", "roles": [] };
        administer(&server.url(), "grantor", user).await;
        let url = |password: &str| {
            let login = format!("//ann:{password}@");
            server.url().replace("//", &login) + "&authMechanism=SCRAM-SHA-256"
        };
        // Without --auth everybody may do everything, but a wrong login is refused.
        MongodbStore::open(&url("correct-horse"))
            .await
            .map(drop)
            .unwrap();
        let error = MongodbStore::open(&url("battery-staple"))
            .await
            .unwrap_err();
        assert!(error.is_configuration(), "{error}");
        let text = format!("{error} {error:?}");
        assert!(
            !text.contains("staple") && !text.contains("horse"),
            "{text}"
        );
    });
}

#[test]
fn keys_are_listed_bytewise_whatever_their_length() {
    let server = MongoDb::start().unwrap();
    block_on(&runtime(), async {
        let store = MongodbStore::open(&server.url()).await.unwrap();
        let sorted = ["a", "aa", "aaa", "ab", "b", "bc"];
        for key in ["b", "aaa", "a", "bc", "ab", "aa"] {
            store.put(&creation(key)).await.map(drop).unwrap();
        }
        let all = grantor_store::Key::from_bytes(b"").unwrap();
        let listed = store.list(&all, None, 100).await.unwrap();
        let found: Vec<_> = listed.iter().map(|(key, _)| key.as_bytes()).collect();
        assert_eq!(found, sorted.map(str::as_bytes));
    });
}

#[test]
fn a_certificate_is_checked_and_an_unencrypted_connection_is_not_made_instead() {
    let server = MongoDb::start_with_tls(CERTIFICATE, KEY).unwrap();
    let without = MongoDb::start().unwrap();
    block_on(&runtime(), async {
        let encrypted = |server: &MongoDb| {
            let url = server.url().replace("127.0.0.1", "localhost");
            format!("{url}&timeout=1&tls=true")
        };
        let trusted = format!("&tlsCAFile={AUTHORITY}");
        let good = encrypted(&server) + &trusted;
        // Until it is the primary again.
        let store = loop {
            if let Ok(store) = MongodbStore::open(&good).await {
                break store;
            }
        };
        store.put(&creation("a")).await.map(drop).unwrap();
        assert_eq!(value_of(&store, "a").await.unwrap(), "a");

        let refused = async |url: String| {
            let error = MongodbStore::open(&url).await.unwrap_err();
            assert_eq!(error.applied(), Applied::No, "{error}");
            error.to_string()
        };
        let error = refused(encrypted(&server)).await;
        assert!(error.contains("certificate"), "{error}");
        let error = refused(good.replace("localhost", "127.0.0.2")).await;
        assert!(error.contains("certificate"), "{error}");
        refused(server.url() + "&timeout=1").await;
        refused(encrypted(&without) + &trusted).await;
    });
}
