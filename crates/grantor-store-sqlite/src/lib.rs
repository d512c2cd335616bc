//! grantor's storage in one SQLite file, for one machine: WAL, one writer thread, group commit.
//!
//! Writes that arrive together share one transaction and one `fsync`, and each is answered after
//! it. Reads run on the calling thread: a few microseconds each from memory, which is less than
//! handing them to another thread would take; a record that has to come from the disk holds its
//! thread for as long as the disk takes. Several processes may use the same file.
//!
//! Not for a file on a network: SQLite's locks don't hold there.

mod backup;
mod connection;
mod error;
mod file;
mod job;
mod log;
mod log_keeper;
mod options;
mod readers;
mod rows;
mod schema;
mod store;
mod times;
mod upkeep;
mod writer;

pub use backup::{BackupContents, Restore, contents_of, restore};
pub use options::SqliteOptions;
pub use store::SqliteStore;
