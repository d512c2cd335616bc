//! A disk that is full.

use grantor_store::{Applied, PutOutcome, Store};
use grantor_store_postgres::PostgresStore;
use grantor_testservers::Postgres;
use grantor_testservers::store_faults::fill_up;

use crate::{administrator, block_on, runtime};

#[test]
fn a_write_that_finds_no_room_changes_nothing_and_succeeds_once_there_is_some() {
    let (server, runtime) = (Postgres::start().unwrap(), runtime());
    // Not a number of whole pages. Segments of the log are shorter.
    server.limit_files(Some(20_000_100)).unwrap();
    block_on(&runtime, async {
        let store = PostgresStore::open(&server.url()).await.unwrap();
        let (keys, refused, error) = fill_up(&store).await;
        assert_eq!(error.applied(), Applied::No, "{error}");
        assert!(!error.is_configuration(), "{error}");
        assert!(keys.len() > 10, "{}: {error}", keys.len());
        assert_eq!(store.get(&refused.key).await.unwrap(), None);
        assert!(store.put(&refused).await.is_err());
        // There is room again, for connections from now on.
        server.limit_files(None).unwrap();
        let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
        let administrator = administrator(&server.url()).await;
        administrator.batch_execute(others).await.unwrap();
        assert_eq!(store.put(&refused).await.unwrap(), PutOutcome::Stored);
        for key in &keys {
            assert!(store.get(key).await.unwrap().is_some());
        }
    });
}
