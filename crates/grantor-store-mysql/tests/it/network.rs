//! A network that stalls and breaks between the store and its server.

use std::time::{Duration, Instant};

use grantor_store::{Applied, Expect, PutOutcome, RemoveOutcome, Store};
use grantor_store_mysql::{MysqlOptions, MysqlStore};
use grantor_testservers::store_faults::{
    bear_every_network, break_while_idle, lose_an_answer, lose_an_answer_and_the_server,
    lose_idle_connections, settle,
};
use grantor_testservers::{MariaDb, Network, Proxy};

use crate::{block_on, creation, runtime};

/// Long enough to connect while the machine has other work.
const TIMEOUT: Duration = Duration::from_secs(1);

async fn open_at(server: &MariaDb, port: u16, max_connections: usize) -> MysqlStore {
    let options = MysqlOptions {
        timeout: TIMEOUT,
        max_connections,
        ..MysqlOptions::default()
    };
    options.open(&server.url_at(port)).await.unwrap()
}

#[test]
fn an_answer_that_does_not_come_is_an_unknown_outcome_and_the_same_put_clears_it() {
    let server = MariaDb::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let store = open_at(&server, proxy.port(), 10).await;
        let direct = open_at(&server, server.port(), 10).await;
        let put = lose_an_answer(&store, &direct, &proxy).await;
        settle(&store, &put).await;
    });
}

#[test]
fn a_network_that_fails_in_any_way_is_borne() {
    let server = MariaDb::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let store = open_at(&server, proxy.port(), 10).await;
        bear_every_network(&store, &proxy, TIMEOUT).await;
    });
}

#[test]
fn a_try_that_may_have_been_applied_leaves_the_outcome_unknown_whatever_comes_after() {
    let mut server = MariaDb::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let options = MysqlOptions {
            timeout: TIMEOUT * 10,
            ..MysqlOptions::default()
        };
        let store = options.open(&server.url_at(proxy.port())).await.unwrap();
        let direct = open_at(&server, server.port(), 1).await;
        lose_an_answer_and_the_server(store, direct, &proxy, || server.kill()).await;
    });
}

#[test]
fn connections_that_are_lost_without_a_sign_cost_one_operation() {
    let server = MariaDb::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let store = open_at(&server, proxy.port(), 10).await;
        lose_idle_connections(&store, &proxy).await;
    });
}

#[test]
fn connections_that_break_while_idle_disturb_nobody() {
    let server = MariaDb::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let store = MysqlStore::open(&server.url_at(proxy.port()))
            .await
            .unwrap();
        break_while_idle(&store, &proxy).await;
    });
}

#[test]
fn a_connection_that_broke_while_it_was_idle_for_long_costs_a_removal_nothing() {
    let mut server = MariaDb::start_with(&["--innodb-flush-log-at-trx-commit=2"]).unwrap();
    block_on(&runtime(), async {
        let store = open_at(&server, server.port(), 1).await;
        let put = creation("a");
        assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
        let idle_since = Instant::now();
        server.kill();
        server.restart().unwrap();
        while idle_since.elapsed() < Duration::from_millis(1100) {
            tokio::task::yield_now().await;
        }
        let removed = store.remove(&put.key, Expect::Any).await;
        assert_eq!(removed.unwrap(), RemoveOutcome::Removed);
    });
}

#[test]
fn several_statements_of_one_operation_have_one_time() {
    let server = MariaDb::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let store = open_at(&server, proxy.port(), 1).await;
        let put = creation("there");
        assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
        let keys: Vec<_> = (0..2000)
            .map(|number| creation(&number.to_string()).key)
            .collect();
        let conflict = creation("there");
        // One answer comes in time, two do not.
        let late = Network::AnswersLate(TIMEOUT * 6 / 10);

        // The statements are prepared before.
        let outcome = store.put(&conflict).await.unwrap();
        assert_eq!(outcome, PutOutcome::Conflict);
        proxy.set(late);
        let error = store.put(&conflict).await.unwrap_err();
        assert_eq!(error.applied(), Applied::Unknown, "{error}");
        assert!(error.to_string().contains("in time"), "{error}");

        proxy.set(Network::Works);
        let removed = store.remove(&put.key, Expect::Version(conflict.version));
        assert_eq!(removed.await.unwrap(), RemoveOutcome::Conflict);
        proxy.set(late);
        let removed = store.remove(&put.key, Expect::Version(conflict.version));
        let error = removed.await.unwrap_err();
        assert!(error.to_string().contains("in time"), "{error}");

        proxy.set(Network::Works);
        assert_eq!(store.get_many(&keys).await.unwrap().len(), keys.len());
        proxy.set(late);
        let error = store.get_many(&keys).await.unwrap_err();
        assert_eq!(error.applied(), Applied::No, "{error}");
        assert!(error.to_string().contains("in time"), "{error}");
    });
}
