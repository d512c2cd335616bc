//! Several hosts in one URL, and the one of them that takes writes.

use grantor_store::{PutOutcome, Store};
use grantor_store_mysql::MysqlStore;
use grantor_testservers::store_faults::repeat_until_stored;
use grantor_testservers::{MariaDb, Network, Proxy};

use crate::{administrator, block_on, creation, execute, runtime, value_of};

/// The URL of two servers.
fn both(first: u16, second: u16) -> String {
    both_with(first, second, "timeout=10")
}

fn both_with(first: u16, second: u16, parameter: &str) -> String {
    let password = MariaDb::PASSWORD;
    let hosts = format!("127.0.0.1:{first},127.0.0.1:{second}");
    format!("mysql://grantor:{password}@{hosts}/grantor?{parameter}")
}

#[test]
fn the_server_that_takes_writes_is_found_among_those_that_do_not() {
    let read_only = MariaDb::start_with(&["--read-only"]).unwrap();
    let mut primary = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let url = both(read_only.port(), primary.port());
        let store = MysqlStore::open(&url).await.unwrap();
        assert!(store.capabilities().loses_on_failover);
        assert_eq!(store.put(&creation("a")).await.unwrap(), PutOutcome::Stored);
        store.health().await.unwrap();

        // A host that is down, and one that accepts connections and says nothing.
        let gone = MariaDb::start().unwrap();
        let port = gone.port();
        drop(gone);
        let store = MysqlStore::open(&both(port, primary.port())).await.unwrap();
        assert_eq!(value_of(&store, "a").await.unwrap(), "a");
        let silent = Proxy::start(read_only.port()).unwrap();
        silent.set(Network::Stalls);
        let store = MysqlStore::open(&both(silent.port(), primary.port())).await;
        assert_eq!(value_of(&store.unwrap(), "a").await.unwrap(), "a");

        primary.kill();
        let error = MysqlStore::open(&url).await.unwrap_err();
        let error = error.to_string();
        assert!(error.contains("it takes no writes"), "{error}");
        assert!(error.contains(&primary.port().to_string()), "{error}");
        assert!(!error.contains(MariaDb::PASSWORD), "{error}");
    });
}

#[test]
fn a_primary_that_was_made_read_only_is_left_for_the_one_that_takes_writes() {
    let (first, second) = (MariaDb::start().unwrap(), MariaDb::start().unwrap());
    block_on(&runtime(), async {
        // Both have the tables; the second is what a replica becomes.
        MysqlStore::open(&second.url()).await.map(drop).unwrap();
        let store = MysqlStore::open(&both(first.port(), second.port()))
            .await
            .unwrap();
        assert_eq!(store.put(&creation("a")).await.unwrap(), PutOutcome::Stored);
        let mut administrator = administrator(&first).await;
        execute(&mut administrator, &["SET GLOBAL read_only = 1"]).await;
        assert_eq!(store.put(&creation("b")).await.unwrap(), PutOutcome::Stored);
        let there = MysqlStore::open(&second.url()).await.unwrap();
        assert_eq!(value_of(&there, "b").await.unwrap(), "b");
    });
}

#[test]
fn a_server_whose_sessions_only_read_is_not_used_and_not_healthy() {
    let server = MariaDb::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let url = server.url_at(proxy.port());
        let store = MysqlStore::open(&url).await.unwrap();
        store.health().await.unwrap();
        let mut administrator = administrator(&server).await;
        execute(&mut administrator, &["SET GLOBAL tx_read_only = 1"]).await;
        proxy.break_connections();
        let health = store.health().await.unwrap_err();
        let opened = MysqlStore::open(&url).await.unwrap_err();
        let written = store.put(&creation("a")).await.unwrap_err();
        for error in [health, opened, written] {
            assert!(error.to_string().contains("takes no writes"), "{error}");
        }
        execute(&mut administrator, &["SET GLOBAL tx_read_only = 0"]).await;
        store.health().await.unwrap();
        assert_eq!(store.put(&creation("a")).await.unwrap(), PutOutcome::Stored);
    });
}

/// MariaDB lets such a user write, on connections that are open already.
#[test]
fn health_tells_of_a_read_only_server_also_to_a_user_who_may_write_there() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let mut administrator = administrator(&server).await;
        let right = "GRANT READ_ONLY ADMIN ON *.* TO grantor";
        execute(&mut administrator, &[right]).await;
        let store = MysqlStore::open(&server.url()).await.unwrap();
        store.health().await.unwrap();
        execute(&mut administrator, &["SET GLOBAL read_only = 1"]).await;
        let error = store.health().await.unwrap_err();
        assert!(error.to_string().contains("read_only is on"), "{error}");
        MysqlStore::open(&server.url()).await.unwrap_err();
    });
}

#[test]
fn a_host_that_falls_silent_is_left_also_by_operations_that_have_no_time_for_another() {
    let server = MariaDb::start().unwrap();
    let (first, second) = (Proxy::start(server.port()), Proxy::start(server.port()));
    let (first, second) = (first.unwrap(), second.unwrap());
    block_on(&runtime(), async {
        // Less than a host may take to answer.
        let url = both_with(first.port(), second.port(), "timeout=1");
        let store = MysqlStore::open(&url).await.unwrap();
        assert_eq!(store.put(&creation("a")).await.unwrap(), PutOutcome::Stored);
        first.set(Network::Stalls);
        repeat_until_stored(&store, &creation("b")).await;
        assert!(second.connections() > 0);
    });
}
