//! Opening: what a server must be, and two that make the indexes at once.

use std::sync::Arc;

use grantor_store::{Listing as _, Store};
use grantor_store_mongodb::MongodbStore;
use grantor_testservers::MongoDb;
use mongodb::bson::doc;

use crate::{administer, block_on, creation, runtime};

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
        let sorted = ["a", "aa", "aaa", "ab", "b", "ba"];
        for key in ["b", "aaa", "a", "ba", "ab", "aa"] {
            store.put(&creation(key)).await.map(drop).unwrap();
        }
        let all = grantor_store::Key::from_bytes(b"").unwrap();
        let listed = store.list(&all, None, 100).await.unwrap();
        let found: Vec<_> = listed.iter().map(|(key, _)| key.as_bytes()).collect();
        assert_eq!(found, sorted.map(str::as_bytes));
    });
}
