//! grantor's storage in MySQL or MariaDB, for servers on several machines that share their records.
//!
//! One row per record, and one statement per operation: a conditional put is one round trip and one
//! transaction. [`MysqlStore::open`] makes the tables that are missing; several processes may do
//! that at once.
//!
//! The futures of the store need a Tokio runtime.
//!
//! On a node of a Galera cluster every statement first waits until the node has applied what the
//! others have committed, so any node may be asked: give all of them in the URL. The tests have a cluster of one node.

mod connection;
mod counter;
mod error;
mod manager;
mod operation;
mod options;
mod rows;
mod schema;
mod shape;
mod statement;
mod store;
mod tls;
mod upkeep;
mod url;

pub use options::MysqlOptions;
pub use store::MysqlStore;
