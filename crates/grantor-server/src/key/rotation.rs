//! Replacing and removing the keys that sign access tokens by hand.

use std::time::Duration;

use grantor_core::Timestamp;
use grantor_jose::Algorithm;
use grantor_store::Error;

use super::record::{KeysRecord, SigningKey};

/// The time within which every process has read a change of the record.
const KNOWN_AHEAD: Duration = Duration::from_secs(120);

impl KeysRecord {
    /// Adds a key that signs from `signs_from`, in place of those that were waiting before `began`.
    ///
    /// A rotation that runs at the same moment thus keeps its key. A key that signs within the next
    /// minutes stays published too: a process that has not read the record again may sign with it.
    pub(super) fn rotate(
        &mut self,
        began: Timestamp,
        algorithm: Algorithm,
        now: Timestamp,
        signs_from: Timestamp,
    ) -> Result<(), Error> {
        let longest = self
            .active(algorithm, now)
            .map(SigningKey::longest_lifetime);
        let is_before = |key: &SigningKey| {
            key.algorithm == algorithm && key.is_waiting(now) && key.created_at < began
        };
        self.signing
            .retain(|key| !is_before(key) || key.signs_from() <= now + KNOWN_AHEAD);
        for key in self.signing.iter_mut().filter(|key| is_before(key)) {
            // It retires with the key that signs, if the new one signs sooner.
            key.sign_from(key.signs_from().min(signs_from));
        }
        self.add(algorithm, now, signs_from, longest.unwrap_or_default())
    }

    /// Removes the key with this identifier, whose tokens are good no longer; none, if there is no such
    /// key. In place of one that signs a new key signs at once.
    pub(super) fn remove(&mut self, id: &str, now: Timestamp) -> Result<Option<Removed>, Error> {
        let mut found = None;
        for (place, key) in self.signing.iter().enumerate() {
            if key.parse()?.key_id() == id {
                found = Some((place, key.algorithm));
            }
        }
        let Some((place, algorithm)) = found else {
            return Ok(None);
        };
        let active = self.active(algorithm, now);
        let signed = active.is_some_and(|active| std::ptr::eq(active, &self.signing[place]));
        let longest_lifetime = self.signing.remove(place).longest_lifetime();
        if !signed && self.signing.iter().any(|key| key.algorithm == algorithm) {
            return Ok(Some(Removed::Unused));
        }
        self.add(algorithm, now, now, longest_lifetime)?;
        Ok(Some(Removed::Replaced))
    }
}

/// A key that signs no longer was removed, or one that did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Removed {
    /// Other keys sign as before.
    Unused,
    /// The last key of the record signs in its place.
    Replaced,
}
