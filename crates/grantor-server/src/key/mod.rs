//! The server's keys.

mod keys;
mod record;
mod rotation;
mod signing;
mod stored;

pub(crate) use keys::{Keys, Purpose};
pub(crate) use record::KeysRecord;
pub(crate) use rotation::KeyRules;
pub use stored::{KeyState, RotateAt, StoredKey, StoredKeys};
