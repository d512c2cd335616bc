//! grantor's storage in PostgreSQL, for servers on several machines that share their records.
//!
//! One row per record, and one statement per operation: a conditional put is one round trip and one
//! transaction. [`PostgresStore::open`] makes the tables that are missing; several processes may do
//! that at once.
//!
//! The futures of the store need a Tokio runtime.
//!
//! A primary with synchronous standbys survives the loss of a machine without losing what it
//! acknowledged: give all hosts in the URL. The store connects to the one that takes writes.

mod connection;
mod counter;
mod error;
mod manager;
mod options;
mod rows;
mod schema;
mod statement;
mod store;
mod tls;
mod upkeep;
mod url;

pub use options::PostgresOptions;
pub use store::PostgresStore;
