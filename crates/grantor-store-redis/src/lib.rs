//! grantor's storage in Redis, for servers on several machines that share their records: in one
//! server, in a primary that sentinels watch, or in a Redis Cluster.
//!
//! A record is one string; a conditional put is one script on one key. The records that a crash of
//! the server loses depend on its configuration, and the store declares them: with `appendonly yes`
//! and `appendfsync always` nothing that was acknowledged, otherwise the last writes. A server that
//! may evict records (any `maxmemory-policy` but `noeviction`) carries caches and what is
//! short-lived, and nothing else.
//!
//! Where another server takes over from one that fails, a write of what must last waits on its own
//! connection until most replicas have it, and has an unknown outcome if they do not. A fail-over may
//! lose writes even so, which the store declares. Without replicas to wait for it carries caches and
//! what is short-lived.
//!
//! Redis lists no records in the order of their keys. Records that are listed (clients, accounts,
//! consents) belong into another store.
//!
//! The futures of the store need a Tokio runtime.

mod cluster;
mod counter;
mod error;
mod layout;
mod lifetime;
mod link;
mod node;
mod opening;
mod options;
mod promise;
mod request;
mod script;
mod sentinel;
mod server;
mod slots;
mod store;
mod topology;
mod upkeep;
mod url;

pub use options::RedisOptions;
pub use store::RedisStore;
