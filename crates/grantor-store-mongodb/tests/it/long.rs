//! Long runs, for `cargo xtask stores`: a replica set that loses its primary under load, and a disk
//! that is full.

use std::sync::Arc;

use grantor_store::{Applied, Durability, Store};
use grantor_store_mongodb::MongodbStore;
use grantor_testservers::store_faults::{put_until_refused, repeat_until_stored};
use grantor_testservers::{Load, MongoDb, MongoDbSet, SmallDisk};

use crate::{creation, runtime};

/// How often the primary is killed.
const ROUNDS: usize = 5;

#[test]
#[ignore = "minutes: cargo xtask stores"]
fn a_replica_set_loses_its_primary_under_load_and_nothing_else() {
    let mut set = MongoDbSet::start(3).unwrap();
    runtime().block_on(async {
        let open = async || Arc::new(MongodbStore::open(&set.url()).await.unwrap());
        let stores: [Arc<dyn Store>; 2] = [open().await, open().await];
        let capabilities = stores[0].capabilities();
        assert_eq!(capabilities.durability, Durability::Quorum);
        assert!(!capabilities.loses_on_failover);
        let load = Load::start(&stores, 8);
        for _ in 0..ROUNDS {
            load.reach(500).await;
            let primary = set.primary().unwrap();
            set.servers()[primary].kill();
            load.reach(500).await;
            set.servers()[primary].restart().unwrap();
            set.settle().unwrap();
        }
        let account = load.stop().await.unwrap();
        let lost = account.lost(&*stores[0]).await.unwrap();
        let summary = account.summary(lost);
        eprintln!("a replica set of three, {ROUNDS} primaries killed: {summary}");
        assert_eq!((lost, account.won_twice()), (0, 0), "{summary}");
        assert!(account.longest.as_secs() < 7, "{summary}");
    });
}

#[test]
#[ignore = "minutes: cargo xtask stores"]
fn a_primary_without_followers_acknowledges_nothing() {
    let mut set = MongoDbSet::start(3).unwrap();
    runtime().block_on(async {
        // Makes the indexes, for which it has more time.
        MongodbStore::open(&set.url()).await.unwrap();
        let url = format!("{}&timeout=2", set.url());
        let store = MongodbStore::open(&url).await.unwrap();
        let primary = set.primary().unwrap();
        for (place, server) in set.servers().iter().enumerate() {
            if place != primary {
                server.pause();
            }
        }
        let put = creation("a");
        let error = store.put(&put).await.unwrap_err();
        assert_eq!(error.applied(), Applied::Unknown, "{error}");
        // Nor does it answer with what may be old.
        let error = store.get(&put.key).await.unwrap_err();
        assert_eq!(error.applied(), Applied::No, "{error}");
        for server in set.servers() {
            server.resume();
        }
        while store.put(&put).await.is_err() {}
        assert!(store.get(&put.key).await.unwrap().is_some());
    });
}

/// The server ends itself when it can't write its journal.
#[test]
#[ignore = "needs root's rights: cargo xtask stores"]
fn a_full_disk_ends_the_server_and_loses_nothing_that_was_acknowledged() {
    let disk = SmallDisk::new(400).unwrap();
    let mut server = MongoDb::start_on(&disk).unwrap();
    runtime().block_on(async {
        let store = MongodbStore::open(&server.url()).await.unwrap();
        let (keys, refused, error) = put_until_refused(&store).await;
        eprintln!("a full disk after {} records: {error}", keys.len());
        assert_eq!(error.applied(), Applied::Unknown, "{error}");
        assert!(keys.len() > 10, "{}: {error}", keys.len());
        server.wait_for_its_end();
        let error = store.get(&refused.key).await.unwrap_err();
        assert_eq!(error.applied(), Applied::No, "{error}");
        disk.grow(1024).unwrap();
        server.restart().unwrap();
        repeat_until_stored(&store, &refused).await;
        for key in keys.iter().chain([&refused.key]) {
            assert!(store.get(key).await.unwrap().is_some());
        }
    });
}
