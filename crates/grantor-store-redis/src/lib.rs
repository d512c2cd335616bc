//! grantor's storage in one Redis server, for servers on several machines that share their records.
//!
//! A record is one string; a conditional put is one script on one key. The records that a crash of
//! the server loses depend on its configuration, and the store declares them: with `appendonly yes`
//! and `appendfsync always` nothing that was acknowledged, otherwise the last writes. A server that
//! may evict records (any `maxmemory-policy` but `noeviction`) carries caches and what is
//! short-lived, and nothing else.
//!
//! Redis lists no records in the order of their keys. Records that are listed (clients, accounts,
//! consents) belongs into another store.
//!
//! The futures of the store need a Tokio runtime.

mod counter;
mod error;
mod layout;
mod link;
mod options;
mod script;
mod server;
mod store;
mod stream;
mod upkeep;
mod url;

pub use options::RedisOptions;
pub use store::RedisStore;
