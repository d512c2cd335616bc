//! A memory that is full.

use grantor_store::Store;
use grantor_store_redis::RedisStore;
use grantor_testservers::Redis;
use grantor_testservers::store_faults::{fill_up, make_room, repeat_until_stored};

use crate::{block_on, runtime};

#[test]
fn a_write_that_finds_no_room_changes_nothing_and_succeeds_once_there_is_some() {
    let settings = ["--maxmemory 20mb --maxmemory-policy noeviction"];
    let (server, runtime) = (Redis::start_with(&settings).unwrap(), runtime());
    block_on(&runtime, async {
        let store = RedisStore::open(&server.url()).await.unwrap();
        let (keys, refused) = fill_up(&store).await;
        make_room(&store, &keys[..10]).await;
        repeat_until_stored(&store, &refused).await;
        for key in &keys[10..] {
            assert!(store.get(key).await.unwrap().is_some());
        }
    });
}
