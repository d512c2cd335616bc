use grantor_core::Timestamp;
use grantor_store::{Class, Record};
use serde::{Deserialize, Serialize};

/// The epoch of a subject or session: whatever was issued under another one is dead.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AnchorRecord {
    pub(crate) epoch: String,
}

impl Record for AnchorRecord {
    const KIND: [u8; 2] = *b"an";
    const NAME: &'static str = "an anchor";
    const CLASS: Class = Class::Transition;

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}
