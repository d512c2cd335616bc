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
//! | `contract` | the module `contract`: a suite that holds any adapter to the rules |
//! | `keyring` | [`MasterKey::from_keyring`], the key in the keyring of the user's desktop |

mod capabilities;
#[cfg(feature = "contract")]
pub mod contract;
mod error;
mod file;
mod key;
mod master_key;
mod memory;
mod platform;
mod record;
mod records;
mod simple;
mod store;
mod stores;
#[cfg(test)]
mod testing;

pub use capabilities::{Capabilities, Class, Durability};
pub use error::{Applied, Error};
pub use file::{FileOptions, FileStore};
pub use key::{Key, Namespace};
pub use master_key::MasterKey;
pub use memory::MemoryStore;
pub use record::Record;
pub use records::{Conflict, Records, Versioned};
pub use simple::{SimpleAdapter, SimpleError, SimpleStore};
pub use store::{
    Counter, DEFAULT_MAX_CLOCK_SKEW, Entry, Expect, Listing, Put, PutOutcome, RemoveOutcome, Store,
    Version,
};
pub use stores::{Diagnostics, Stores};
