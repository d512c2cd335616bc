use grantor_core::Timestamp;
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};

/// The epoch of a subject or session: whatever was issued under another one is dead.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AnchorRecord {
    pub(crate) epoch: String,
}

impl Record for AnchorRecord {
    const KIND: Kind = kinds::REVOCATION_EPOCHS;
    const NAME: &'static str = "an anchor";

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}
