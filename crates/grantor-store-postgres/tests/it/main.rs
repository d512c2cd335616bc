//! The PostgreSQL store on a real server: held to the contract, to its processes, and to what goes
//! wrong between them and the server.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

mod contract;
mod crashes;
mod failover;
mod hosts;
mod network;
mod opening;
mod processes;
mod standby;
mod upkeep;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{Clock, Environment};
use grantor_store::{Expect, Key, Put, Store, Version};
use grantor_store_postgres::PostgresStore;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

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

fn clock() -> Arc<dyn Clock> {
    system().clock
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

async fn value_of(store: &PostgresStore, key: &str) -> Option<Bytes> {
    let key = Key::from_bytes(key.as_bytes()).unwrap();
    let entry = store.get(&key).await.unwrap();
    entry.map(|entry| entry.value)
}

/// A connection of the administrator's.
async fn administrator(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
