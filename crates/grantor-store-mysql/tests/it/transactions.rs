//! Writes that meet those of others: locks, deadlocks, and callers that are gone.

use std::time::Duration;

use futures_util::future::join_all;
use grantor_core::Timestamp;
use grantor_store::{Applied, Counter, Expect, Key, Put, PutOutcome, Store};
use grantor_store_mysql::{MysqlOptions, MysqlStore};
use grantor_testservers::MariaDb;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, TxOpts};

use crate::{administrator, block_on, creation, execute, runtime, value_of};

/// Long enough to connect while the machine has other work.
const TIMEOUT: Duration = Duration::from_secs(1);

async fn open(server: &MariaDb, timeout: Duration) -> MysqlStore {
    let options = MysqlOptions {
        timeout,
        max_connections: 1,
        ..MysqlOptions::default()
    };
    options.open(&server.url()).await.unwrap()
}

/// Locks the row, so that writes of it wait.
async fn lock(server: &MariaDb, put: &Put) -> Conn {
    let mut administrator = administrator(server).await;
    execute(&mut administrator, &["BEGIN"]).await;
    let select = "SELECT 1 FROM grantor_records WHERE record_key = ? FOR UPDATE";
    let locked = administrator.exec_first::<u32, _, _>(select, (put.key.as_bytes(),));
    assert_eq!(locked.await.unwrap(), Some(1));
    administrator
}

fn update_of(first: &Put) -> Put {
    Put {
        expect: Expect::Version(first.version),
        ..creation("a")
    }
}

#[test]
fn a_write_whose_caller_is_gone_gives_its_answer_to_nobody_else() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let store = open(&server, TIMEOUT).await;
        let (first, neighbour) = (creation("a"), creation("b"));
        assert_eq!(store.put(&first).await.unwrap(), PutOutcome::Stored);
        assert_eq!(store.put(&neighbour).await.unwrap(), PutOutcome::Stored);
        let mut locked = lock(&server, &first).await;

        let update = update_of(&first);
        let dropped = tokio::time::timeout(TIMEOUT / 3, store.put(&update)).await;
        assert!(dropped.is_err(), "the write does not wait");
        // The only connection is free again, and answers what it is asked.
        assert_eq!(value_of(&store, "b").await.unwrap(), "b");

        execute(&mut locked, &["ROLLBACK"]).await;
        // The write that nobody waited for is applied once it gets the row; the same one again is
        // stored in either case.
        assert_eq!(store.put(&update).await.unwrap(), PutOutcome::Stored);
    });
}

#[test]
fn a_store_whose_connections_are_all_in_use_says_so_within_the_timeout() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let store = open(&server, TIMEOUT).await;
        let first = creation("a");
        assert_eq!(store.put(&first).await.unwrap(), PutOutcome::Stored);
        let mut locked = lock(&server, &first).await;
        let update = update_of(&first);
        let (waiting, second) = tokio::join!(store.put(&update), store.put(&first));
        assert_eq!(waiting.unwrap_err().applied(), Applied::Unknown);
        let error = second.unwrap_err();
        assert_eq!(error.applied(), Applied::No, "{error}");
        assert!(error.to_string().contains("was free"), "{error}");
        execute(&mut locked, &["ROLLBACK"]).await;
    });
}

/// A trigger that ends the first so many insertions with an error of the server.
fn losing(times: u32, code: u32) -> [String; 4] {
    [
        "DROP TABLE IF EXISTS tries".to_owned(),
        // Not part of the transaction that is undone.
        "CREATE TABLE tries (n INT) ENGINE = MyISAM".to_owned(),
        "INSERT INTO tries VALUES (0)".to_owned(),
        format!(
            "CREATE OR REPLACE TRIGGER lose BEFORE INSERT ON grantor_records FOR EACH ROW BEGIN
                 UPDATE tries SET n = n + 1;
                 IF (SELECT n FROM tries) <= {times} THEN
                     SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = {code}, MESSAGE_TEXT = 'lost';
                 END IF;
             END"
        ),
    ]
}

#[test]
fn a_write_that_lost_against_another_transaction_is_tried_again() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let store = open(&server, TIMEOUT * 5).await;
        let mut administrator = administrator(&server).await;
        let tries = "SELECT n FROM tries";
        for (times, code, tried) in [(2, 1213, 3), (3, 1205, 4), (1000, 1213, 16)] {
            for statement in losing(times, code) {
                execute(&mut administrator, &[&statement]).await;
            }
            let put = creation(&format!("{times} {code}"));
            match times {
                1000 => {
                    let error = store.put(&put).await.unwrap_err();
                    assert_eq!(error.applied(), Applied::No, "{error}");
                }
                _ => assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored),
            }
            let counted = administrator.query_first::<u32, _>(tries).await.unwrap();
            assert_eq!(counted, Some(tried), "{code}");
        }
    });
}

#[test]
fn an_update_is_decided_by_what_the_transaction_before_it_left() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let store = open(&server, TIMEOUT * 10).await;
        let first = creation("a");
        assert_eq!(store.put(&first).await.unwrap(), PutOutcome::Stored);
        let mut other = administrator(&server).await;
        let mut transaction = other.start_transaction(TxOpts::default()).await.unwrap();
        let write = "UPDATE grantor_records SET version = REPEAT('x', 16) WHERE record_key = 'a'";
        transaction.query_drop(write).await.unwrap();
        // It waits for the row, which then has another version.
        let update = update_of(&first);
        let waiting = tokio::spawn({
            let store = store.clone();
            async move { store.put(&update).await }
        });
        let mut watcher = administrator(&server).await;
        // The tables of transactions are copies that are not renewed while somebody reads them.
        let waits = "SELECT CAST(variable_value AS UNSIGNED) FROM information_schema.global_status
            WHERE variable_name = 'INNODB_ROW_LOCK_CURRENT_WAITS'";
        while watcher.query_first::<u32, _>(waits).await.unwrap() != Some(1) {}
        transaction.commit().await.unwrap();
        assert_eq!(waiting.await.unwrap().unwrap(), PutOutcome::Conflict);
    });
}

#[test]
fn a_count_of_many_at_once_loses_nothing_and_stops_at_its_end() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let store = MysqlStore::open(&server.url()).await.unwrap();
        let key = Key::from_bytes(b"count").unwrap();
        let (window, now) = (Duration::from_secs(60), Timestamp::from_secs(1_000_000));
        let add = async |n| store.add(&key, n, window, now).await.unwrap();
        let mut sums = join_all((0..50).map(|_| add(2))).await;
        sums.sort_unstable();
        let expected: Vec<u64> = (1..=50).map(|number| number * 2).collect();
        assert_eq!(sums, expected);
        assert_eq!(add(0).await, 100);
        assert_eq!(add(u64::MAX - 100).await, u64::MAX);
        assert_eq!(add(5).await, u64::MAX);
    });
}

#[test]
fn a_session_has_the_settings_that_the_store_needs_whatever_the_server_has() {
    let server = MariaDb::start_with(&[
        "--transaction-isolation=SERIALIZABLE",
        "--autocommit=0",
        "--sql-mode=",
        "--innodb-lock-wait-timeout=100",
    ])
    .unwrap();
    block_on(&runtime(), async {
        let store = open(&server, TIMEOUT * 3).await;
        let mut administrator = administrator(&server).await;
        let note = "CREATE TABLE note (text VARCHAR(200)) ENGINE = MyISAM";
        let trigger = "CREATE TRIGGER note BEFORE INSERT ON grantor_records FOR EACH ROW
            INSERT INTO note VALUES (CONCAT_WS(' ', @@tx_isolation, @@autocommit,
                @@innodb_lock_wait_timeout))";
        execute(&mut administrator, &[note, trigger]).await;
        assert_eq!(store.put(&creation("a")).await.unwrap(), PutOutcome::Stored);
        let noted = administrator.query_first::<String, _>("SELECT text FROM note");
        assert_eq!(noted.await.unwrap().unwrap(), "READ-COMMITTED ON 4");
    });
}
