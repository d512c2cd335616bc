//! Dead rows are deleted, and a clock that jumps deletes nothing.

use grantor_core::Timestamp;
use grantor_store::{Expect, PutOutcome, Store, Version};
use grantor_store_mysql::MysqlStore;
use grantor_testservers::MariaDb;
use grantor_testservers::store_upkeep::{
    delete_after_the_skew, delete_by_the_last_expiry, delete_no_record_that_is_renewed_meanwhile,
    know_the_newest_time,
};
use grantor_testservers::stores::system;
use mysql_async::prelude::Queryable;

use crate::{administrator, block_on, creation, runtime};

#[test]
fn what_is_dead_is_deleted_after_the_clock_skew_and_not_after_a_jump() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let store = MysqlStore::open(&server.url()).await.unwrap();
        let counts = async || {
            let mut administrator = administrator(&server).await;
            let counts = administrator.query_first("SELECT COUNT(*) FROM grantor_counts");
            counts.await.unwrap().unwrap()
        };
        delete_after_the_skew(&store, counts).await;
    });
}

#[test]
fn the_newest_time_is_known_at_the_next_start() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let url = server.url();
        know_the_newest_time(async || MysqlStore::open(&url).await).await;
    });
}

#[test]
fn a_record_is_deleted_by_the_expiry_that_it_was_given_last() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let store = MysqlStore::open(&server.url()).await.unwrap();
        delete_by_the_last_expiry(&store).await;
    });
}

#[test]
fn a_record_that_is_renewed_during_a_sweep_is_not_deleted() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let store = MysqlStore::open(&server.url()).await.unwrap();
        delete_no_record_that_is_renewed_meanwhile(&store).await;
    });
}

/// It writes to no index then, since no column of one changes.
#[test]
fn a_put_that_moves_the_expiry_later_leaves_the_column_of_the_sweep_alone() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let store = MysqlStore::open(&server.url()).await.unwrap();
        let mut administrator = administrator(&server).await;
        let mut put = creation("renewed");
        for (seconds, sweep_at) in [(1000, 1000), (1001, 1000), (2000, 1000), (500, 500)] {
            put.expires_at = Some(Timestamp::from_secs(seconds));
            assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
            let stored = "SELECT sweep_at FROM grantor_records";
            let stored: Option<i64> = administrator.query_first(stored).await.unwrap();
            assert_eq!(stored, Some(sweep_at * 1000));
            put.expect = Expect::Version(put.version);
            put.version = Version(system().random_bytes());
        }
    });
}
