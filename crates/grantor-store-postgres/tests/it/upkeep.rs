//! Dead rows are deleted, and a clock that jumps deletes nothing.

use std::time::Duration;

use grantor_core::Timestamp;
use grantor_store::{Expect, PutOutcome, Store, Version};
use grantor_store_postgres::PostgresStore;
use grantor_testservers::Postgres;
use grantor_testservers::store_upkeep::{
    delete_after_the_skew, delete_by_the_last_expiry, delete_no_record_that_is_renewed_meanwhile,
    know_the_newest_time,
};
use tokio::time::sleep;

use crate::{administrator, block_on, creation, runtime, system};

#[test]
fn what_is_dead_is_deleted_after_the_clock_skew_and_not_after_a_jump() {
    let server = Postgres::start().unwrap();
    block_on(&runtime(), async {
        let store = PostgresStore::open(&server.url()).await.unwrap();
        let counts = async || {
            let administrator = administrator(&server.url()).await;
            let counts = administrator.query("SELECT FROM grantor_counts", &[]);
            counts.await.unwrap().len() as u64
        };
        delete_after_the_skew(&store, counts).await;
    });
}

#[test]
fn the_newest_time_is_known_at_the_next_start() {
    let server = Postgres::start().unwrap();
    block_on(&runtime(), async {
        let url = server.url();
        know_the_newest_time(async || PostgresStore::open(&url).await).await;
    });
}

#[test]
fn a_record_is_deleted_by_the_expiry_that_it_was_given_last() {
    let server = Postgres::start().unwrap();
    block_on(&runtime(), async {
        let store = PostgresStore::open(&server.url()).await.unwrap();
        delete_by_the_last_expiry(&store).await;
    });
}

#[test]
fn a_record_that_is_renewed_during_a_sweep_is_not_deleted() {
    let server = Postgres::start().unwrap();
    block_on(&runtime(), async {
        let store = PostgresStore::open(&server.url()).await.unwrap();
        delete_no_record_that_is_renewed_meanwhile(&store).await;
    });
}

/// The server counts such updates: "heap-only tuples".
#[test]
fn a_put_that_moves_the_expiry_later_writes_to_no_index() {
    let server = Postgres::start().unwrap();
    block_on(&runtime(), async {
        let store = PostgresStore::open(&server.url()).await.unwrap();
        let mut put = creation("renewed");
        put.expires_at = Some(Timestamp::from_secs(1_000_000));
        assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
        for renewal in 1..=100 {
            put.expect = Expect::Version(put.version);
            put.version = Version(system().random_bytes());
            put.expires_at = Some(Timestamp::from_secs(1_000_000 + renewal));
            assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
        }
        // A connection that ends hands in what it counted.
        drop(store);
        let administrator = administrator(&server.url()).await;
        let counts = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables
            WHERE relname = 'grantor_records'";
        let (mut updates, mut heap_only): (i64, i64) = (0, 0);
        while updates < 100 {
            sleep(Duration::from_millis(50)).await;
            let row = administrator.query_one(counts, &[]).await.unwrap();
            (updates, heap_only) = (row.get(0), row.get(1));
        }
        assert!(heap_only >= 95, "{heap_only} of {updates}");
    });
}
