//! The stored record of an epoch.

use grantor_core::Timestamp;
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};

/// The epoch of a subject or a session: tokens that were issued under another one are invalid.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EpochRecord {
    pub(crate) epoch: String,
}

impl Record for EpochRecord {
    const KIND: Kind = kinds::REVOCATION_EPOCHS;
    const NAME: &'static str = "a revocation epoch";

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<EpochRecord>();
    }
}
