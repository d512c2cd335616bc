use grantor_core::Timestamp;
use grantor_store::{Class, Record};
use serde::{Deserialize, Serialize};

/// The epoch of a subject or a session: tokens that were issued under another one are invalid.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EpochRecord {
    pub(crate) epoch: String,
}

impl Record for EpochRecord {
    const KIND: [u8; 2] = *b"an";
    const NAME: &'static str = "a revocation epoch";
    const CLASS: Class = Class::Transition;

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}
