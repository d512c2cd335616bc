//! Dead records are deleted: by MongoDB where that is cheap to lose, by us where it is not.

use grantor_store_mongodb::MongodbStore;
use grantor_testservers::MongoDb;
use grantor_testservers::store_upkeep::delete_caches_by_the_databases_clock;

use crate::{block_on, runtime};

#[test]
fn grants_are_deleted_by_the_clock_of_the_caller_and_caches_by_that_of_mongodb() {
    let server = MongoDb::start().unwrap();
    block_on(&runtime(), async {
        let store = MongodbStore::open(&server.url()).await.unwrap();
        delete_caches_by_the_databases_clock(&store).await;
    });
}
