//! A disk that is full.

use grantor_store::Store;
use grantor_store_mysql::MysqlStore;
use grantor_testservers::MariaDb;
use grantor_testservers::store_faults::fill_up;

use crate::{block_on, runtime};

#[test]
fn a_write_that_finds_no_room_changes_nothing_and_reads_go_on() {
    // All tables in one file, with what a transaction would undo: nothing can be deleted then either.
    let settings = [
        "--innodb-file-per-table=0",
        "--innodb-data-file-path=ibdata1:12M:autoextend:max:40M",
    ];
    let (server, runtime) = (MariaDb::start_with(&settings).unwrap(), runtime());
    block_on(&runtime, async {
        let store = MysqlStore::open(&server.url()).await.unwrap();
        let (keys, _) = fill_up(&store).await;
        for key in &keys {
            assert!(store.get(key).await.unwrap().is_some());
        }
    });
}
