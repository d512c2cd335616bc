//! The server's keys.

mod keys;
mod record;
mod rotation;
mod schedule;
mod signing;
mod states;
mod stored;
#[cfg(test)]
mod tests;

pub(crate) use keys::{Keys, Purpose};
pub(crate) use record::KeysRecord;
pub(crate) use schedule::KeyRules;
pub use stored::{KeyState, RotateAt, StoredKey, StoredKeys};
