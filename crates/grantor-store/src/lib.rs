//! The storage contract of grantor, for clients and servers alike.
//!
//! A versioned key-value record with expiry: [`Store::get`], conditional [`Store::put`],
//! [`Store::remove`]. Every atomic step of the protocol (single use, rotation, lease, replay guard)
//! is one conditional put on one key; nothing here needs a transaction, and no adapter reads a
//! clock. Above it, [`Records`] gives typed, versioned records that judge expiry themselves, sealed
//! if they ask for it.
//!
//! | feature | adds |
//! |---|---|
//! | `cache` | `Cached`, a bounded cache of what was read from a store lately |
//! | `file` | `FileStore`, which keeps a file for each record |
//! | `contract` | the module `contract`: a suite that holds any adapter to the rules |
//! | `keyring` | [`MasterKey::from_keyring`], the key in the keyring of the user's desktop |
//! | `transfer` | the module `transfer`: records on their way to another store, or under another key |
//! | `foldhash` | a faster hash in the maps of [`MemoryStore`] |

#[cfg(feature = "cache")]
mod cache;
mod capabilities;
mod change;
#[cfg(feature = "contract")]
pub mod contract;
mod error;
mod fields;
#[cfg(feature = "file")]
mod file;
mod key;
pub mod kinds;
mod maintenance;
mod master_key;
mod memory;
mod page;
mod placement;
mod platform;
pub mod private_files;
mod record;
mod records;
mod retry;
mod sealed;
mod shared;
mod simple;
mod single_use;
mod store;
mod stores;
mod sweep_clock;
#[cfg(test)]
mod testing;
#[cfg(feature = "transfer")]
pub mod transfer;
mod writer_thread;

#[cfg(feature = "cache")]
pub use cache::{Cached, ReadAt};
pub use capabilities::{Capabilities, Class, Durability};
pub use change::Change;
pub use error::{Applied, Error};
pub use fields::{Field, FieldWriter, Fields, InvalidField};
#[cfg(feature = "file")]
pub use file::{FileOptions, FileStore};
pub use key::{Key, Namespace};
pub use kinds::Kind;
pub use maintenance::{BatchTimes, FailedMaintenance, Maintenance, Notice, StoresMaintenance};
pub use master_key::MasterKey;
pub use memory::MemoryStore;
pub use page::Page;
pub use placement::Placement;
pub use record::{Record, read_json};
pub use records::{Conflict, Records, Versioned};
pub use retry::Retry;
pub use sealed::SealedStore;
pub use simple::{SimpleAdapter, SimpleError, SimpleStore};
pub use single_use::{ClientAssertions, DpopProofs, GrantAssertions, Use, UsedOnce};
pub use store::{
    Counter, DEFAULT_MAX_CLOCK_SKEW, Entry, Expect, Listing, Moment, Put, PutOutcome,
    RemoveOutcome, Store, Version,
};
pub use stores::{Diagnostics, Stores};
pub use sweep_clock::SweepClock;
pub use writer_thread::{Reply, WriterThread};
