//! The contract of a store, on Redis.

use grantor_store::contract::{Alternating, run};
use grantor_store::{Durability, Store};
use grantor_store_redis::RedisStore;
use grantor_testservers::Redis;

use crate::{runtime, suite};

#[test]
fn keeps_the_contract_alone_and_with_another_store_on_the_same_server() {
    let (server, runtime) = (Redis::start().unwrap(), runtime());
    let (handle, url) = (runtime.handle().clone(), server.url());
    let open = move || handle.block_on(RedisStore::open(&url)).unwrap();
    let (one, other) = (open(), open());
    let capabilities = one.capabilities();
    assert_eq!(capabilities.durability, Durability::Disk);
    assert!(!capabilities.may_evict && !capabilities.loses_on_failover);

    let handle = runtime.handle();
    let alone = || suite(one.clone(), handle);
    assert_eq!(run(|| alone().reopen(open.clone())), Ok(()));
    let both = || suite(Alternating::new([one.clone(), other.clone()]), handle);
    assert_eq!(run(both), Ok(()));
}
