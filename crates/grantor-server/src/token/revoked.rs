//! The stored record of a revoked JWT access token.

use grantor_core::Timestamp;
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};

/// A JWT access token that was revoked before its time, by its `jti`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RevokedRecord {
    pub(crate) expires_at: Timestamp,
}

impl Record for RevokedRecord {
    const KIND: Kind = kinds::REVOKED_TOKENS;
    const NAME: &'static str = "a revoked token";

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<RevokedRecord>();
    }
}
