//! Dead rows are deleted, and a clock that jumps deletes nothing.

use grantor_store_postgres::PostgresStore;
use grantor_testservers::Postgres;
use grantor_testservers::store_upkeep::{delete_after_the_skew, know_the_newest_time};

use crate::{administrator, block_on, runtime};

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
