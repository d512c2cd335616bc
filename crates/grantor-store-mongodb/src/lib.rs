//! grantor's storage in MongoDB, for servers on several machines that share their records.
//!
//! One document for each record, in a replica set, which one server may be, or behind `mongos`. A
//! write is one statement, answered once most of the servers have it in their journals; a read is
//! linearizable, so that a primary that was deposed and does not know it answers nothing old.
//!
//! The futures of the store need a Tokio runtime.

mod counter;
mod error;
mod listing;
mod open;
mod options;
mod row;
mod store;
mod upkeep;
mod url;

pub use options::MongodbOptions;
pub use store::MongodbStore;
