//! The contract of a store, on MariaDB.

use grantor_store::contract::{Alternating, run};
use grantor_store::{Durability, Store};
use grantor_store_mysql::MysqlStore;
use grantor_testservers::MariaDb;

use crate::{runtime, suite};

#[test]
fn keeps_the_contract_alone_and_with_another_store_on_the_same_database() {
    let (server, runtime) = (
        MariaDb::start_with(&["--innodb-flush-log-at-trx-commit=1"]).unwrap(),
        runtime(),
    );
    let (handle, url) = (runtime.handle().clone(), server.url());
    let open = move || handle.block_on(MysqlStore::open(&url)).unwrap();
    let (one, other) = (open(), open());
    assert_eq!(one.capabilities().durability, Durability::Disk);

    let handle = runtime.handle();
    let alone = || suite(one.clone(), handle);
    assert_eq!(run(|| alone().reopen(open.clone())), Ok(()));
    let both = || suite(Alternating::new([one.clone(), other.clone()]), handle);
    assert_eq!(run(both), Ok(()));
    let counted = runtime.block_on(one.listing().unwrap().count());
    assert!(counted.unwrap() > Some(100));
}
