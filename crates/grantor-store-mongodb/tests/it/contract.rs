//! The contract of a store, on MongoDB.

use grantor_store::contract::{Alternating, run};
use grantor_store::{Durability, Store};
use grantor_store_mongodb::MongodbStore;
use grantor_testservers::MongoDb;

use crate::{runtime, suite};

#[test]
fn keeps_the_contract_by_two_stores_on_the_same_server_in_turn() {
    let (server, runtime) = (MongoDb::start().unwrap(), runtime());
    let (handle, url) = (runtime.handle().clone(), server.url());
    let open = move || handle.block_on(MongodbStore::open(&url)).unwrap();
    let (one, other) = (open(), open());
    let capabilities = one.capabilities();
    assert_eq!(capabilities.durability, Durability::Disk);
    assert!(!capabilities.may_evict && !capabilities.loses_on_failover);
    let both = || {
        suite(
            Alternating::new([one.clone(), other.clone()]),
            runtime.handle(),
        )
    };
    assert_eq!(run(|| both().reopen(open.clone())), Ok(()));
    let counted = runtime.block_on(one.listing().unwrap().count());
    assert!(counted.unwrap() > Some(100));
}
