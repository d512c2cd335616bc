//! The common parts of the tests of stores on a server.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::time::Duration;

use bytes::Bytes;
use grantor_core::Environment;
use grantor_store::contract::Suite;
use grantor_store::{Error, Expect, Key, Put, Store, Version};
use tokio::runtime::{Builder, Handle, Runtime};

/// Longer than any of these tests takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A runtime with two threads.
///
/// # Panics
/// The system starts no threads.
#[must_use]
pub fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
}

/// Runs a test.
///
/// # Panics
/// The test does not end within a minute.
pub fn block_on<T>(runtime: &Runtime, test: impl Future<Output = T>) -> T {
    let in_time = async { tokio::time::timeout(PATIENCE, test).await.unwrap() };
    runtime.block_on(in_time)
}

/// The clock and the randomness of the system.
#[must_use]
pub fn system() -> Environment {
    grantor_http::system()
}

/// A creation of the record `key` under a fresh version. The value is the key.
///
/// # Panics
/// The key is too long.
#[must_use]
pub fn creation(key: &str) -> Put {
    Put {
        key: Key::from_bytes(key.as_bytes()).unwrap(),
        value: Bytes::copy_from_slice(key.as_bytes()),
        version: Version(system().random_bytes()),
        expires_at: None,
        expect: Expect::Absent,
    }
}

/// The value of the record `key`; none, if there is no such record.
///
/// # Panics
/// The store fails.
pub async fn value_of(store: &impl Store, key: &str) -> Option<Bytes> {
    value_at(store, key).await.unwrap()
}

/// Like [`value_of`].
///
/// # Errors
/// The store fails.
///
/// # Panics
/// The key is too long.
pub async fn value_at(store: &dyn Store, key: &str) -> Result<Option<Bytes>, Error> {
    let key = Key::from_bytes(key.as_bytes()).unwrap();
    let entry = store.get(&key).await?;
    Ok(entry.map(|entry| entry.value))
}

/// The contract suite for a store whose calls need this runtime.
pub fn suite(store: impl Store, handle: &Handle) -> Suite {
    let handle = handle.clone();
    Suite::new(store, system()).block_on(move |future| handle.block_on(future))
}
