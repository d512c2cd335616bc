//! Dead rows are deleted, and a clock that jumps deletes nothing.

use grantor_store_mysql::MysqlStore;
use grantor_testservers::MariaDb;
use grantor_testservers::store_upkeep::{
    delete_after_the_skew, delete_by_the_last_expiry, delete_no_record_that_is_renewed_meanwhile,
    know_the_newest_time,
};
use mysql_async::prelude::Queryable;

use crate::{administrator, block_on, runtime};

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
