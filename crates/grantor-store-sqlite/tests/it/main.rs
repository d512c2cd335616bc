//! The SQLite store held to the contract, and to what only a store on a disk has to keep.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

mod backup;
mod contract;
mod durability;
mod files;
mod garbage;
mod names;
mod processes;
mod read_only;
mod upkeep;

use bytes::Bytes;
use grantor_store::{Expect, Key, Put, Store, Version};
use grantor_store_sqlite::SqliteStore;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

/// A creation of the record `key` under a fresh version.
fn creation(key: &str) -> Put {
    Put {
        key: Key::from_bytes(key.as_bytes()).unwrap(),
        value: Bytes::copy_from_slice(key.as_bytes()),
        version: Version(grantor_http::system().random_bytes()),
        expires_at: None,
        expect: Expect::Absent,
    }
}

fn value_of(store: &SqliteStore, key: &str) -> Option<Bytes> {
    let key = Key::from_bytes(key.as_bytes()).unwrap();
    let entry = block_on(store.get(&key)).unwrap();
    entry.map(|entry| entry.value)
}
