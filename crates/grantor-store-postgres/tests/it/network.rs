//! A network that stalls and breaks between the store and its server.

use std::time::{Duration, Instant};

use grantor_store::{Applied, PutOutcome, Store};
use grantor_store_postgres::{PostgresOptions, PostgresStore};
use grantor_testservers::store_faults::bear_every_network;
use grantor_testservers::{Network, Postgres, Proxy};

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
        // A connection is open when the answers begin to be held.
        assert_eq!(value_of(&store, "a").await, None);
        proxy.set(Network::HoldsAnswers);
        let put = creation("a");
        let started = Instant::now();
        let error = store.put(&put).await.unwrap_err();
        assert_eq!(error.applied(), Applied::Unknown, "{error}");
        assert!(started.elapsed() < TIMEOUT * 10);
        assert_eq!(value_of(&direct, "a").await.unwrap(), "a", "it arrived");

        let error = store.get(&put.key).await.unwrap_err();
        assert_eq!(error.applied(), Applied::No, "{error}");

        proxy.set(Network::Works);
        assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
        let other = creation("a");
        assert_eq!(store.put(&other).await.unwrap(), PutOutcome::Conflict);
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
    let runtime = runtime();
    let put = creation("a");
    let (waiting,) = block_on(&runtime, async {
        let options = PostgresOptions {
            timeout: TIMEOUT * 10,
            ..PostgresOptions::default()
        };
        let store = options.open(&server.url_at(proxy.port())).await.unwrap();
        let direct = open_at(&server, server.port(), 1).await;
        assert_eq!(value_of(&store, "a").await, None);
        let again = put.clone();
        proxy.set(Network::HoldsAnswers);
        let waiting = tokio::spawn(async move { store.put(&again).await });
        while value_of(&direct, "a").await.is_none() {}
        (waiting,)
    });
    // The connection breaks, and there is no other one.
    server.kill();
    proxy.break_connections();
    let error = block_on(&runtime, waiting).unwrap().unwrap_err();
    assert_eq!(error.applied(), Applied::Unknown, "{error}");
    assert!(error.to_string().contains("an earlier try"), "{error}");
}

#[test]
fn connections_that_break_while_idle_disturb_nobody() {
    let server = Postgres::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    block_on(&runtime(), async {
        let store = PostgresStore::open(&server.url_at(proxy.port()))
            .await
            .unwrap();
        for round in 0..20 {
            let key = format!("{round}");
            assert_eq!(
                store.put(&creation(&key)).await.unwrap(),
                PutOutcome::Stored
            );
            proxy.break_connections();
            assert_eq!(value_of(&store, &key).await.unwrap(), key);
        }
        let connections = proxy.connections();
        assert!(connections > 10, "{connections}: none of them broke");
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

#[test]
fn a_write_that_lost_against_another_transaction_is_tried_again() {
    let server = Postgres::start().unwrap();
    block_on(&runtime(), async {
        let store = open_at(&server, server.port(), 1).await;
        let administrator = administrator(&server.url()).await;
        let fails_twice = "
            CREATE SEQUENCE tries;
            CREATE FUNCTION lose() RETURNS trigger AS $$ BEGIN
                IF nextval('tries') <= 2 THEN
                    RAISE EXCEPTION 'could not serialize' USING ERRCODE = '40001';
                END IF;
                RETURN NEW;
            END $$ LANGUAGE plpgsql;
            CREATE TRIGGER lose BEFORE INSERT ON grantor_records
                FOR EACH ROW EXECUTE FUNCTION lose();";
        administrator.batch_execute(fails_twice).await.unwrap();
        assert_eq!(store.put(&creation("a")).await.unwrap(), PutOutcome::Stored);
        let tries = administrator.query_one("SELECT last_value FROM tries", &[]);
        assert_eq!(tries.await.unwrap().get::<_, i64>(0), 3);

        let for_ever = "ALTER SEQUENCE tries MINVALUE -1000 RESTART WITH -1000";
        administrator.batch_execute(for_ever).await.unwrap();
        let error = store.put(&creation("b")).await.unwrap_err();
        assert_eq!(error.applied(), Applied::No, "{error}");
        let tries = administrator.query_one("SELECT last_value FROM tries", &[]);
        assert_eq!(tries.await.unwrap().get::<_, i64>(0), -985);
    });
}
