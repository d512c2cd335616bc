//! The server's keys.

mod keys;

pub(crate) use keys::{Keys, KeysRecord, Purpose};
