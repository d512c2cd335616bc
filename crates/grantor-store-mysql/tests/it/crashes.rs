//! The server is killed in the middle of writes, and comes back.

use std::sync::Arc;

use grantor_store_mysql::MysqlStore;
use grantor_testservers::MariaDb;
use grantor_testservers::store_writers::Writers;

use crate::{block_on, runtime};

#[test]
fn what_was_acknowledged_outlives_a_killed_server_and_the_store_recovers() {
    let mut server = MariaDb::start_with(&["--innodb-flush-log-at-trx-commit=2"]).unwrap();
    block_on(&runtime(), async {
        let store = Arc::new(MysqlStore::open(&server.url()).await.unwrap());
        let writers = Writers::start(&store);
        for _ in 0..3 {
            writers.write_on().await;
            server.kill();
            server.restart().unwrap();
        }
        writers.write_on().await;
        writers.end().await;
    });
}
