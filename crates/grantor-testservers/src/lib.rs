//! Real servers for tests: PostgreSQL, MariaDB, Redis, memcached and MongoDB in a temporary folder on a
//! free port of the loopback address, clusters of three of them, a [`Proxy`] that stalls and breaks as a
//! network does, and the parts that the tests of [`stores`] share.
//!
//! A server is ready when `start` returns. It stops when the value is dropped, also while a test
//! panics, and when the process of the test is killed. A server that is not installed fails the test;
//! the message names the command that installs it.
//!
//! Linux only: the kernel stops a server whose test is gone.

pub mod certificates;
mod etcd;
mod galera;
mod galera_cluster;
mod load;
mod machines;
mod mariadb;
mod memcached;
mod mongodb;
mod patroni;
mod postgres;
mod process;
mod proxy;
mod redis;
mod redis_cluster;
mod redis_sentinel;
mod small_disk;
pub mod store_counts;
pub mod store_faults;
pub mod store_processes;
pub mod store_upkeep;
pub mod store_writers;
pub mod stores;

pub use galera::start_galera_node;
pub use galera_cluster::GaleraCluster;
pub use load::{Account, Load};
pub use machines::Machines;
pub use mariadb::MariaDb;
pub use memcached::Memcached;
pub use mongodb::{MongoDb, MongoDbSet};
pub use patroni::PatroniCluster;
pub use postgres::Postgres;
pub use proxy::{Network, Proxy};
pub use redis::Redis;
pub use redis_cluster::RedisCluster;
pub use redis_sentinel::RedisSentinels;
pub use small_disk::SmallDisk;

use std::fmt;
use std::net::TcpListener;

/// The reason why a server did not start.
#[derive(Debug)]
pub struct Error(String);

impl Error {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    fn not_installed(program: &str) -> Self {
        Self(format!(
            "{program} is not installed: `cargo xtask test` installs what tests need"
        ))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// A port that nobody listened on a moment ago.
fn free_port() -> Result<u16, Error> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
