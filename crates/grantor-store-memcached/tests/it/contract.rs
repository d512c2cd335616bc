//! The contract of a store, on memcached, as far as nothing is evicted.

use grantor_store::contract::{Alternating, run};
use grantor_store::{Durability, Store};
use grantor_store_memcached::MemcachedStore;
use grantor_testservers::Memcached;

use crate::{runtime, suite};

#[test]
fn keeps_the_contract_alone_and_with_another_store_on_the_same_server() {
    let (server, runtime) = (Memcached::start().unwrap(), runtime());
    let open = || {
        runtime
            .block_on(MemcachedStore::open(&server.url()))
            .unwrap()
    };
    let (one, other) = (open(), open());
    let capabilities = one.capabilities();
    assert_eq!(capabilities.durability, Durability::Memory);
    assert!(capabilities.may_evict && capabilities.shared);

    let handle = runtime.handle();
    assert_eq!(run(|| suite(one.clone(), handle)), Ok(()));
    let both = || suite(Alternating::new([one.clone(), other.clone()]), handle);
    assert_eq!(run(both), Ok(()));
}

#[test]
fn keeps_the_contract_on_three_servers() {
    let servers = [(); 3].map(|()| Memcached::start().unwrap());
    let runtime = runtime();
    let places = servers
        .each_ref()
        .map(|one| format!("127.0.0.1:{}", one.port()));
    let url = format!("memcached://{}", places.join(","));
    let store = runtime.block_on(MemcachedStore::open(&url)).unwrap();
    assert_eq!(run(|| suite(store.clone(), runtime.handle())), Ok(()));
}
