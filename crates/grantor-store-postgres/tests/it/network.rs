//! A network that stalls and breaks between the store and its server.

use std::time::Duration;

use grantor_store::{Applied, PutOutcome, Store};
use grantor_store_postgres::{PostgresOptions, PostgresStore};
use grantor_testservers::store_faults::{
    bear_every_network, break_while_idle, lose_an_answer, lose_an_answer_and_the_server,
    lose_idle_connections, settle,
};
use grantor_testservers::{Postgres, Proxy};

use crate::{administrator, block_on, clock, creation, runtime, value_of};

/// Long enough to connect while the machine has other work.
const TIMEOUT: Duration = Duration::from_secs(1);

async fn open_at(server: &Postgres, port: u16, max_connections: usize) -> PostgresStore {
    let options = PostgresOptions {
        timeout: TIMEOUT,
        max_connections,
        ..PostgresOptions::default()
    };
    options.open(&server.url_at(port)).await.unwrap()
}

#[test]
fn an_answer_that_does_not_come_is_an_unknown_outcome_and_the_same_put_clears_it() {
    let server = Postgres::start().unwrap();
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
    let server = Postgres::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let store = open_at(&server, proxy.port(), 10).await;
        bear_every_network(&store, &proxy, TIMEOUT).await;
    });
}

#[test]
fn a_try_that_may_have_been_applied_leaves_the_outcome_unknown_whatever_comes_after() {
    let mut server = Postgres::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let options = PostgresOptions {
            timeout: TIMEOUT * 10,
            ..PostgresOptions::default()
        };
        let store = options.open(&server.url_at(proxy.port())).await.unwrap();
        let direct = open_at(&server, server.port(), 1).await;
        lose_an_answer_and_the_server(store, direct, &proxy, || server.kill()).await;
    });
}

#[test]
fn connections_that_are_lost_without_a_sign_cost_one_operation() {
    let server = Postgres::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let store = open_at(&server, proxy.port(), 10).await;
        lose_idle_connections(&store, &proxy).await;
    });
}

#[test]
fn connections_that_break_while_idle_disturb_nobody() {
    let server = Postgres::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let store = PostgresStore::open(&server.url_at(proxy.port()))
            .await
            .unwrap();
        break_while_idle(&store, &proxy).await;
    });
}

/// Locks the row, so that writes of it wait.
async fn lock(server: &Postgres, put: &grantor_store::Put) -> tokio_postgres::Client {
    let administrator = administrator(&server.url()).await;
    administrator.batch_execute("BEGIN").await.unwrap();
    let select = "SELECT FROM grantor_records WHERE key = $1 FOR UPDATE";
    let locked = administrator.query(select, &[&put.key.as_bytes()]).await;
    assert_eq!(locked.unwrap().len(), 1);
    administrator
}

#[test]
fn a_write_whose_caller_is_gone_gives_its_answer_to_nobody_else() {
    let server = Postgres::start().unwrap();
    block_on(&runtime(), async {
        let store = open_at(&server, server.port(), 1).await;
        let (first, neighbour) = (creation("a"), creation("b"));
        assert_eq!(store.put(&first).await.unwrap(), PutOutcome::Stored);
        assert_eq!(store.put(&neighbour).await.unwrap(), PutOutcome::Stored);
        let locked = lock(&server, &first).await;

        let mut update = creation("a");
        update.expect = grantor_store::Expect::Version(first.version);
        let dropped = tokio::time::timeout(TIMEOUT / 3, store.put(&update)).await;
        assert!(dropped.is_err(), "the write does not wait");
        // The only connection is free again, and answers what it is asked.
        assert_eq!(value_of(&store, "b").await.unwrap(), "b");

        locked.batch_execute("ROLLBACK").await.unwrap();
        // The write that nobody waited for is applied once it gets the row; the same one again is
        // stored in either case.
        assert_eq!(store.put(&update).await.unwrap(), PutOutcome::Stored);
    });
}

#[test]
fn a_store_whose_connections_are_all_in_use_says_so_within_the_timeout() {
    let server = Postgres::start().unwrap();
    block_on(&runtime(), async {
        let store = open_at(&server, server.port(), 1).await;
        let first = creation("a");
        assert_eq!(store.put(&first).await.unwrap(), PutOutcome::Stored);
        let locked = lock(&server, &first).await;
        let mut update = creation("a");
        update.expect = grantor_store::Expect::Version(first.version);

        let started = clock().elapsed();
        let (waiting, second) = tokio::join!(store.put(&update), store.put(&first));
        assert_eq!(waiting.unwrap_err().applied(), Applied::Unknown);
        let error = second.unwrap_err();
        assert_eq!(error.applied(), Applied::No, "{error}");
        assert!(error.to_string().contains("was free"), "{error}");
        assert!(clock().elapsed() - started < TIMEOUT * 10);
        locked.batch_execute("ROLLBACK").await.unwrap();
    });
}
