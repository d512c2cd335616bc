//! Several hosts in one URL, and the one of them that takes writes.

use grantor_store::{PutOutcome, Store};
use grantor_store_postgres::PostgresStore;
use grantor_testservers::store_faults::repeat_until_stored;
use grantor_testservers::{Network, Postgres, Proxy};

use crate::{block_on, creation, runtime, value_of};

/// The URL of two servers.
pub(crate) fn both(first: u16, second: u16) -> String {
    both_with(first, second, "target_session_attrs=read-write&timeout=10")
}

fn both_with(first: u16, second: u16, parameters: &str) -> String {
    let password = Postgres::PASSWORD;
    let hosts = format!("127.0.0.1:{first},127.0.0.1:{second}");
    format!("postgres://postgres:{password}@{hosts}/postgres?{parameters}")
}

#[test]
fn the_server_that_takes_writes_is_found_among_those_that_do_not() {
    let read_only = Postgres::start_with(&["default_transaction_read_only=on"]).unwrap();
    let mut primary = Postgres::start().unwrap();
    block_on(&runtime(), async {
        let url = both(read_only.port(), primary.port());
        let store = PostgresStore::open(&url).await.unwrap();
        assert!(store.capabilities().loses_on_failover, "without a standby");
        let put = creation("a");
        assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
        store.health().await.unwrap();

        // A host that is down, and one that accepts connections and says nothing.
        let gone = Postgres::start().unwrap();
        let port = gone.port();
        drop(gone);
        let store = PostgresStore::open(&both(port, primary.port()))
            .await
            .unwrap();
        assert_eq!(value_of(&store, "a").await.unwrap(), "a");
        let silent = Proxy::start(read_only.port()).unwrap();
        silent.set(Network::Stalls);
        let store = PostgresStore::open(&both(silent.port(), primary.port())).await;
        assert_eq!(value_of(&store.unwrap(), "a").await.unwrap(), "a");

        primary.shut_down();
        let error = PostgresStore::open(&url).await.unwrap_err();
        let error = error.to_string();
        assert!(error.contains("default_transaction_read_only"), "{error}");
        assert!(!error.contains("standby"), "{error}");
        assert!(error.contains(&primary.port().to_string()), "{error}");
        assert!(!error.contains(Postgres::PASSWORD), "{error}");
    });
}

#[test]
fn a_standby_is_called_one() {
    let primary = Postgres::start().unwrap();
    let standby = primary.start_standby("second").unwrap();
    block_on(&runtime(), async {
        let error = PostgresStore::open(&standby.url()).await.unwrap_err();
        let error = error.to_string();
        assert!(error.contains("it is a standby"), "{error}");
        assert!(!error.contains("read_only"), "{error}");
    });
}

#[test]
fn a_host_that_falls_silent_is_left_also_by_operations_that_have_no_time_for_another() {
    let server = Postgres::start().unwrap();
    let (first, second) = (Proxy::start(server.port()), Proxy::start(server.port()));
    let (first, second) = (first.unwrap(), second.unwrap());
    block_on(&runtime(), async {
        // Less than a host may take to answer.
        let url = both_with(first.port(), second.port(), "timeout=1");
        let store = PostgresStore::open(&url).await.unwrap();
        assert_eq!(store.put(&creation("a")).await.unwrap(), PutOutcome::Stored);
        first.set(Network::Stalls);
        repeat_until_stored(&store, &creation("b")).await;
        assert!(second.connections() > 0);
    });
}
