//! The contract of a store, on PostgreSQL.

use std::sync::Arc;

use grantor_store::contract::{Alternating, run};
use grantor_store::{Durability, MasterKey, SealedStore, Store};
use grantor_store_postgres::PostgresStore;
use grantor_testservers::Postgres;

use crate::{runtime, suite};

#[test]
fn keeps_the_contract_alone_and_with_another_store_on_the_same_database() {
    let (server, runtime) = (Postgres::start_with(&["fsync=on"]).unwrap(), runtime());
    let (handle, url) = (runtime.handle().clone(), server.url());
    let open = move || handle.block_on(PostgresStore::open(&url)).unwrap();
    let (one, other) = (open(), open());
    assert_eq!(one.capabilities().durability, Durability::Disk);

    let handle = runtime.handle();
    let alone = || suite(one.clone(), handle);
    assert_eq!(run(|| alone().reopen(open.clone())), Ok(()));
    let both = || suite(Alternating::new([one.clone(), other.clone()]), handle);
    assert_eq!(run(both), Ok(()));
}

#[test]
fn sealed_values_keep_the_contract() {
    let (server, runtime) = (Postgres::start_with(&["fsync=on"]).unwrap(), runtime());
    let (handle, url) = (runtime.handle().clone(), server.url());
    let open = move || {
        let store = handle.block_on(PostgresStore::open(&url)).unwrap();
        let key = MasterKey::from_bytes([7; 32]).sealing_key();
        SealedStore::new(Arc::new(store), key)
    };
    let store = open();
    let suite = || suite(store.clone(), runtime.handle()).max_value(SealedStore::MAX_VALUE);
    assert_eq!(run(|| suite().reopen(open.clone())), Ok(()));
    let counted = runtime.block_on(store.listing().unwrap().count());
    assert!(counted.unwrap() > Some(100));
}
