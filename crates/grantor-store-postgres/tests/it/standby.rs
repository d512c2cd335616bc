//! A primary whose synchronous standby is missing: writes are there, and not acknowledged.

use std::future::poll_fn;
use std::time::Duration;

use grantor_store::{Applied, Durability, Error, PutOutcome, Store};
use grantor_store_postgres::{PostgresOptions, PostgresStore};
use grantor_testservers::Postgres;
use tokio_postgres::error::SqlState;
use tokio_postgres::{AsyncMessage, Client, NoTls};

use crate::{administrator, block_on, creation, runtime, value_of};

/// Has the server wait for a standby of this name, or for none, from its next start on.
async fn wait_for(administrator: &Client, standby: &str) {
    let set = format!("ALTER SYSTEM SET synchronous_standby_names = '{standby}'");
    administrator.batch_execute(&set).await.unwrap();
}

async fn open(server: &Postgres) -> PostgresStore {
    let options = PostgresOptions {
        timeout: Duration::from_secs(1),
        ..PostgresOptions::default()
    };
    options.open(&server.url()).await.unwrap()
}

/// Ends waits for a standby as an administrator may, again and again.
async fn cancel_waits(administrator: &Client) -> Result<PutOutcome, Error> {
    let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    loop {
        administrator.query(cancel, &[]).await.unwrap();
    }
}

#[test]
fn a_write_that_its_standby_has_not_got_is_never_acknowledged() {
    let mut server = Postgres::start_with(&["fsync=on"]).unwrap();
    block_on(&runtime(), async {
        let store = open(&server).await;
        assert!(!store.capabilities().loses_on_failover);
        assert_eq!(
            store.put(&creation("before")).await.unwrap(),
            PutOutcome::Stored
        );
        wait_for(&administrator(&server.url()).await, "nobody").await;
        // A server that only reads its settings again may acknowledge some more writes.
        server.kill();
        server.restart().unwrap();
        let administrator = administrator(&server.url()).await;
        let synchronous = open(&server).await;
        assert_eq!(synchronous.capabilities().durability, Durability::Quorum);

        // No answer in time: the write is there once the standby is.
        let waits = creation("waits");
        let error = synchronous.put(&waits).await.unwrap_err();
        assert_eq!(error.applied(), Applied::Unknown, "{error}");
        // The server answers success here, with a warning.
        let cancelled = creation("cancelled");
        let outcome = tokio::select! {
            outcome = synchronous.put(&cancelled) => outcome,
            never = cancel_waits(&administrator) => never,
        };
        let error = outcome.unwrap_err();
        assert_eq!(error.applied(), Applied::Unknown, "{error}");
        assert!(error.to_string().contains("did not wait"), "{error}");

        wait_for(&administrator, "").await;
        let reload = "SELECT pg_reload_conf()";
        administrator.batch_execute(reload).await.unwrap();
        for put in [waits, cancelled] {
            assert_eq!(synchronous.put(&put).await.unwrap(), PutOutcome::Stored);
        }
        assert_eq!(value_of(&synchronous, "before").await.unwrap(), "before");
    });
}

#[test]
fn a_role_that_would_not_wait_for_a_standby_waits_here() {
    let mut server = Postgres::start_with(&["fsync=on"]).unwrap();
    block_on(&runtime(), async {
        PostgresStore::open(&server.url()).await.map(drop).unwrap();
        let before = administrator(&server.url()).await;
        wait_for(&before, "nobody").await;
        let role = "ALTER ROLE postgres SET synchronous_commit";
        let local = format!("{role} = local");
        before.batch_execute(&local).await.unwrap();
        server.kill();
        server.restart().unwrap();

        let store = open(&server).await;
        assert_eq!(store.capabilities().durability, Durability::Quorum);
        assert!(!store.capabilities().loses_on_failover);
        let error = store.put(&creation("a")).await.unwrap_err();
        assert_eq!(error.applied(), Applied::Unknown, "{error}");
        // This one does not wait.
        let administrator = administrator(&server.url()).await;
        let remote_write = format!("{role} = remote_write");
        administrator.batch_execute(&remote_write).await.unwrap();
        let store = open(&server).await;
        assert_eq!(store.capabilities().durability, Durability::Quorum);
    });
}

#[test]
fn a_warning_at_the_connection_says_nothing_of_the_write_after_it() {
    let server = Postgres::start().unwrap();
    block_on(&runtime(), async {
        PostgresStore::open(&server.url()).await.map(drop).unwrap();
        // As after an upgrade of the libraries that have the collations.
        let upgrade = "UPDATE pg_database SET datcollversion = '0.1' WHERE datname = 'postgres'";
        let administrator = administrator(&server.url()).await;
        administrator.batch_execute(upgrade).await.unwrap();
        let (_, mut connection) = tokio_postgres::connect(&server.url(), NoTls).await.unwrap();
        let message = poll_fn(|context| connection.poll_message(context)).await;
        let Some(Ok(AsyncMessage::Notice(warning))) = message else {
            panic!("the server does not warn");
        };
        assert_eq!(*warning.code(), SqlState::WARNING);

        let store = PostgresStore::open(&server.url()).await.unwrap();
        assert_eq!(store.put(&creation("a")).await.unwrap(), PutOutcome::Stored);
    });
}
