//! Stores for tests: one that fails, one that counts, one that forgets, one that is
//! far away.
//!
//! Each is around a [`Store`](grantor_store::Store) and otherwise does what that does, so they can be
//! put around each other.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use std::sync::Arc;
//!
//! use grantor_store::{MemoryStore, Namespace, Store};
//! use grantor_testkit::store::{CountingStore, FaultyStore, StoreFault};
//!
//! let faulty = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new())));
//! let store = CountingStore::new(faulty.clone());
//! let key = Namespace::new("app").key(*b"ab", b"1");
//!
//! assert!(store.get(&key).await.unwrap().is_none());
//! faulty.set(StoreFault::Down);
//! assert!(store.get(&key).await.is_err());
//! assert_eq!(store.reads(), 2);
//! # });
//! ```

mod counting;
mod evicting;
mod faulty;
mod forwarded;
mod waits;

pub use counting::CountingStore;
pub use evicting::EvictingStore;
pub use faulty::{FaultyStore, StoreFault};
pub use waits::WaitsStore;
