//! A primary whose synchronous standby is missing: writes are there, and not acknowledged.

use std::time::Duration;

use grantor_store::{Applied, Durability, PutOutcome, Store};
use grantor_store_postgres::{PostgresOptions, PostgresStore};
use grantor_testservers::Postgres;
use tokio_postgres::Client;

use crate::{administrator, block_on, creation, runtime, value_of};

/// Has the server wait for a standby of this name, or for none.
async fn wait_for(administrator: &Client, standby: &str) {
    let set = format!("ALTER SYSTEM SET synchronous_standby_names = '{standby}'");
    administrator.batch_execute(&set).await.unwrap();
    let reload = "SELECT pg_reload_conf()";
    administrator.batch_execute(reload).await.unwrap();
    // The processes of the server read it each at its time; the checkpointer tells the others.
    let known = "SELECT current_setting('synchronous_standby_names')";
    loop {
        let row = administrator.query_one(known, &[]).await.unwrap();
        if row.get::<_, &str>(0) == standby {
            break;
        }
    }
}

async fn open(server: &Postgres) -> PostgresStore {
    let options = PostgresOptions {
        timeout: Duration::from_millis(500),
        ..PostgresOptions::default()
    };
    options.open(&server.url()).await.unwrap()
}

/// Ends every wait for a standby as an administrator may.
async fn cancel_a_wait(administrator: &Client) {
    let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    while administrator.query(cancel, &[]).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_write_that_its_standby_has_not_got_is_never_acknowledged() {
    let server = Postgres::start_with(&["fsync=on"]).unwrap();
    block_on(&runtime(), async {
        let administrator = administrator(&server.url()).await;
        let store = open(&server).await;
        assert!(!store.capabilities().loses_on_failover);
        assert_eq!(
            store.put(&creation("before")).await.unwrap(),
            PutOutcome::Stored
        );
        wait_for(&administrator, "nobody").await;
        let synchronous = open(&server).await;
        assert_eq!(synchronous.capabilities().durability, Durability::Quorum);

        // No answer in time: the write is there once the standby is.
        let waits = creation("waits");
        let error = synchronous.put(&waits).await.unwrap_err();
        assert_eq!(error.applied(), Applied::Unknown, "{error}");
        // The server answers success here, with a warning.
        let cancelled = creation("cancelled");
        let (outcome, ()) =
            tokio::join!(synchronous.put(&cancelled), cancel_a_wait(&administrator));
        let error = outcome.unwrap_err();
        assert_eq!(error.applied(), Applied::Unknown, "{error}");

        wait_for(&administrator, "").await;
        for put in [waits, cancelled] {
            assert_eq!(synchronous.put(&put).await.unwrap(), PutOutcome::Stored);
        }
        assert_eq!(value_of(&synchronous, "before").await.unwrap(), "before");
    });
}
