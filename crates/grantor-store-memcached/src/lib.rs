//! grantor's storage in memcached, for records that may be lost.
//!
//! memcached drops records when its memory is full, and all of them when it ends. The store says so,
//! and carries caches and what is short-lived: access tokens, sessions, counts. Grants and guards on
//! it are refused when a server is built.
//!
//! A record has its own version inside the value; the token by which memcached compares and swaps is
//! the mechanism of one operation and nothing more, since it begins anew with every start of a
//! server. Several servers share the keys, each key on one of them; when that one is gone its keys
//! fail, and no other one takes them over: it would be found there with what is old when it is back.
//!
//! The protocol is that of meta commands, of memcached 1.6 and newer. The client for it is this
//! crate's own.
//!
//! The futures of the store need a Tokio runtime.

mod connection;
mod counter;
mod error;
mod handshake;
mod layout;
mod link;
mod options;
mod servers;
mod store;
mod url;
mod wire;

pub use options::MemcachedOptions;
pub use store::MemcachedStore;
