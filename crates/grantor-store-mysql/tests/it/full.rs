//! A disk that is full.

use grantor_store::{Applied, Expect, RemoveOutcome, Store};
use grantor_store_mysql::MysqlStore;
use grantor_testservers::MariaDb;
use grantor_testservers::store_faults::{fill_up, repeat_until_stored};

use crate::{block_on, runtime};

#[test]
fn a_write_that_finds_no_room_changes_nothing_and_succeeds_once_there_is_some() {
    // All tables in one file.
    let settings = [
        "--innodb-file-per-table=0",
        "--innodb-data-file-path=ibdata1:12M:autoextend:max:40M",
    ];
    let (server, runtime) = (MariaDb::start_with(&settings).unwrap(), runtime());
    block_on(&runtime, async {
        let store = MysqlStore::open(&server.url()).await.unwrap();
        let (keys, refused, error) = fill_up(&store).await;
        assert_eq!(error.applied(), Applied::No, "{error}");
        assert!(!error.is_configuration(), "{error}");
        assert!(keys.len() > 10, "{}: {error}", keys.len());
        assert_eq!(store.get(&refused.key).await.unwrap(), None);
        assert!(store.put(&refused).await.is_err());
        // There is room again once the server has cleaned up behind transactions.
        for key in &keys[..10] {
            let removed = store.remove(key, Expect::Any).await.unwrap();
            assert_eq!(removed, RemoveOutcome::Removed);
        }
        repeat_until_stored(&store, &refused).await;
        for key in &keys[10..] {
            assert!(store.get(key).await.unwrap().is_some());
        }
    });
}
