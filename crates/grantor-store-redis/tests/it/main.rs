//! The Redis store on a real server: held to the contract, and to what goes wrong between them.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

mod contract;
mod failures;
mod opening;
mod upkeep;

use std::time::Duration;

use bytes::Bytes;
use grantor_core::Environment;
use grantor_store::{Expect, Key, Put, Store, Version};
use grantor_store_redis::RedisStore;
use tokio::runtime::Runtime;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a test, which fails if it does not end.
fn block_on<T>(runtime: &Runtime, test: impl Future<Output = T>) -> T {
    let in_time = async { tokio::time::timeout(PATIENCE, test).await.unwrap() };
    runtime.block_on(in_time)
}

fn system() -> Environment {
    grantor_http::system()
}

/// A creation of the record `key` under a fresh version.
fn creation(key: &str) -> Put {
    Put {
        key: Key::from_bytes(key.as_bytes()).unwrap(),
        value: Bytes::copy_from_slice(key.as_bytes()),
        version: Version(system().random_bytes()),
        expires_at: None,
        expect: Expect::Absent,
    }
}

async fn value_of(store: &RedisStore, key: &str) -> Option<Bytes> {
    let key = Key::from_bytes(key.as_bytes()).unwrap();
    let entry = store.get(&key).await.unwrap();
    entry.map(|entry| entry.value)
}

/// One command on a connection of the administrator's.
async fn administer(url: &str, command: &str) -> redis::Value {
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut words = command.split(' ');
    let mut request = redis::cmd(words.next().unwrap());
    for word in words {
        request.arg(word);
    }
    request.query_async(&mut connection).await.unwrap()
}
