//! Public keys and sets of them as JSON (RFC 7517).

mod material;
mod public_key;
mod set;

pub(crate) use material::Material;
pub use public_key::PublicKey;
pub use set::{KeySet, Skipped};
