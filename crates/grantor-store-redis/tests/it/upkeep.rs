//! Dead records are deleted: by Redis where that is cheap to lose, by us where it is not.

use grantor_store_redis::RedisStore;
use grantor_testservers::Redis;
use grantor_testservers::store_upkeep::delete_caches_by_the_databases_clock;

use crate::{block_on, runtime};

#[test]
fn grants_are_deleted_by_the_clock_of_the_caller_and_caches_by_that_of_redis() {
    let server = Redis::start().unwrap();
    block_on(&runtime(), async {
        let store = RedisStore::open(&server.url()).await.unwrap();
        delete_caches_by_the_databases_clock(&store).await;
    });
}
