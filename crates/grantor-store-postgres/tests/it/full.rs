//! A disk that is full.

use grantor_store::Store;
use grantor_store_postgres::PostgresStore;
use grantor_testservers::Postgres;
use grantor_testservers::store_faults::{fill_up, make_room, repeat_until_stored};

use crate::{administrator, block_on, runtime};

#[test]
fn a_write_that_finds_no_room_changes_nothing_and_succeeds_once_there_is_some() {
    // Segments of the log are shorter.
    let server = Postgres::start_with_short_files(20_000_100).unwrap();
    let runtime = runtime();
    block_on(&runtime, async {
        let store = PostgresStore::open(&server.url()).await.unwrap();
        let (keys, refused) = fill_up(&store).await;
        make_room(&store, &keys[..10]).await;
        let administrator = administrator(&server.url()).await;
        let vacuum = "VACUUM grantor_records";
        administrator.batch_execute(vacuum).await.unwrap();
        repeat_until_stored(&store, &refused).await;
        for key in &keys[10..] {
            assert!(store.get(key).await.unwrap().is_some());
        }
    });
}
