//! Which key signs, which one will, and until when one that was replaced is needed.

use grantor_core::Timestamp;
use grantor_jose::Algorithm;

use super::record::{KeysRecord, SigningKey};

impl KeysRecord {
    /// The key that signs.
    pub(super) fn active(&self, algorithm: Algorithm, now: Timestamp) -> Option<&SigningKey> {
        let keys = self.signing.iter().filter(|key| key.algorithm == algorithm);
        // Of two that sign from one moment on, the later one.
        keys.filter(|key| key.signs_from() <= now)
            .max_by_key(|key| key.signs_from())
    }

    /// A key that is published and does not sign yet.
    pub(super) fn next(&self, algorithm: Algorithm, now: Timestamp) -> Option<&SigningKey> {
        let mut keys = self.signing.iter().filter(|key| key.algorithm == algorithm);
        keys.find(|key| key.signs_from() > now)
    }

    /// Returns the time until which tokens of a key may be valid; none, if it signs or will.
    pub(super) fn last_token_expires(&self, key: &SigningKey, now: Timestamp) -> Option<Timestamp> {
        let mut is_behind = false;
        let later = self.signing.iter().filter(|other| {
            // Of two that sign from one moment on, the later one signs.
            let is_after = match is_behind {
                true => other.signs_from() >= key.signs_from(),
                false => other.signs_from() > key.signs_from(),
            };
            is_behind |= std::ptr::eq(*other, key);
            other.algorithm == key.algorithm && other.signs_from() <= now && is_after
        });
        let replaced_at = later.map(SigningKey::signs_from).min()?;
        Some(replaced_at + key.longest_lifetime())
    }

    /// A key that waits to sign, and was made since `began`.
    pub(super) fn waiting_since(
        &self,
        began: Timestamp,
        algorithm: Algorithm,
        now: Timestamp,
    ) -> Option<&SigningKey> {
        let mut keys = self.signing.iter().filter(|key| key.algorithm == algorithm);
        keys.find(|key| key.is_waiting(now) && key.created_at >= began)
    }
}
