//! Replacing the keys that sign access tokens: the next key is published before it signs, and the old
//! one stays published until its last token has expired.

use std::time::Duration;

use grantor_core::Timestamp;
use grantor_jose::Algorithm;
use grantor_store::Error;

use super::record::{KeysRecord, PUBLISHED_AHEAD, SigningKey};
use crate::config::{AccessTokens, Config};

/// The time within which every process has read a change of the record.
const KNOWN_AHEAD: Duration = Duration::from_secs(120);

/// The rules of a server for its signing keys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyRules {
    /// The algorithm of its access tokens; none, if they are opaque.
    pub(crate) algorithm: Option<Algorithm>,
    /// The time for which a key signs; no end, if absent.
    pub(crate) rotation: Option<Duration>,
    /// The longest lifetime of an access token.
    pub(crate) longest_lifetime: Duration,
    /// The difference that clocks may have.
    pub(crate) max_clock_skew: Duration,
}

impl KeyRules {
    /// The rules of a configuration.
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            algorithm: match config.access_tokens {
                AccessTokens::Jwt(algorithm) => Some(algorithm),
                _ => None,
            },
            rotation: config.signing_key_rotation,
            longest_lifetime: config.longest_access_token_lifetime(),
            max_clock_skew: config.max_clock_skew,
        }
    }

    /// Rules that change nothing, for a program that only reads the keys.
    pub(crate) const NONE: Self = Self {
        algorithm: None,
        rotation: None,
        longest_lifetime: Duration::ZERO,
        max_clock_skew: Duration::ZERO,
    };
}

impl KeysRecord {
    /// Makes the keys that are due, and removes those whose tokens have expired. Whether anything
    /// changed.
    pub(super) fn keep_rules(&mut self, rules: &KeyRules, now: Timestamp) -> Result<bool, Error> {
        let Some(algorithm) = rules.algorithm else {
            return Ok(false);
        };
        let mut changed = false;
        if self.active(algorithm, now).is_none() {
            self.signing
                .push(SigningKey::generate(algorithm, now, now)?);
            changed = true;
        }
        changed |= self.note_lifetime(algorithm, rules.longest_lifetime);
        let next_is_due = |key: &SigningKey, rotation: Duration| {
            now + PUBLISHED_AHEAD >= key.signs_from() + rotation
        };
        let has_next = self.next(algorithm, now).is_some();
        let active = self.active(algorithm, now);
        if let (Some(active), Some(rotation), false) = (active, rules.rotation, has_next)
            && next_is_due(active, rotation)
        {
            let signs_from = (active.signs_from() + rotation).max(now + PUBLISHED_AHEAD);
            self.add(algorithm, now, signs_from, rules.longest_lifetime)?;
            changed = true;
        }
        Ok(self.remove_expired(algorithm, rules.max_clock_skew, now) || changed)
    }

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

    fn add(
        &mut self,
        algorithm: Algorithm,
        now: Timestamp,
        signs_from: Timestamp,
        longest_lifetime: Duration,
    ) -> Result<(), Error> {
        let mut key = SigningKey::generate(algorithm, now, signs_from)?;
        key.longest_lifetime = Some(longest_lifetime.as_secs());
        self.signing.push(key);
        Ok(())
    }

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

    fn note_lifetime(&mut self, algorithm: Algorithm, longest: Duration) -> bool {
        let mut changed = false;
        for key in &mut self.signing {
            if key.algorithm == algorithm && key.longest_lifetime() < longest {
                key.longest_lifetime = Some(longest.as_secs());
                changed = true;
            }
        }
        changed
    }

    fn remove_expired(&mut self, algorithm: Algorithm, skew: Duration, now: Timestamp) -> bool {
        // Another process may go on with the old key until it has read the record again.
        let margin = skew + PUBLISHED_AHEAD;
        let is_over = |key: &SigningKey| {
            key.algorithm == algorithm
                && self
                    .last_token_expires(key, now)
                    .is_some_and(|at| at + margin <= now)
        };
        let over: Vec<bool> = self.signing.iter().map(is_over).collect();
        let mut each = over.iter();
        self.signing
            .retain(|_| !each.next().copied().unwrap_or_default());
        over.contains(&true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 3600;
    const ES256: Algorithm = Algorithm::Es256;

    fn rules() -> KeyRules {
        KeyRules {
            algorithm: Some(ES256),
            rotation: Some(Duration::from_secs(30 * DAY)),
            longest_lifetime: Duration::from_secs(300),
            max_clock_skew: Duration::from_secs(60),
        }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_secs(1_790_000_000) + Duration::from_secs(seconds)
    }

    fn record() -> KeysRecord {
        KeysRecord {
            signing: vec![SigningKey::generate(ES256, at(0), at(0)).unwrap()],
            mac: Vec::new(),
            purposes: std::collections::BTreeMap::new(),
        }
    }

    fn ids(record: &KeysRecord) -> Vec<String> {
        let keys = record.signing.iter();
        keys.map(|key| key.parse().unwrap().key_id().to_owned())
            .collect()
    }

    #[test]
    fn the_next_key_is_published_first_and_the_old_one_stays_until_its_last_token_ends() {
        let mut record = record();
        let first = ids(&record).remove(0);
        assert!(record.keep_rules(&rules(), at(0)).unwrap());
        assert!(!record.keep_rules(&rules(), at(30 * DAY - 601)).unwrap());
        assert!(record.keep_rules(&rules(), at(30 * DAY - 600)).unwrap());
        let both = ids(&record);
        assert_eq!((both.len(), &both[0]), (2, &first));
        let active = |record: &KeysRecord, seconds| {
            let key = record.active(ES256, at(seconds)).unwrap();
            key.parse().unwrap().key_id().to_owned()
        };
        assert_eq!(active(&record, 30 * DAY - 1), first);
        assert_eq!(active(&record, 30 * DAY), both[1]);
        let gone = 30 * DAY + 300 + 60 + 600;
        assert!(!record.keep_rules(&rules(), at(gone - 1)).unwrap());
        assert_eq!(ids(&record), both);
        assert!(record.keep_rules(&rules(), at(gone)).unwrap());
        assert_eq!(ids(&record), both[1..]);
    }

    #[test]
    fn a_token_that_was_issued_for_longer_keeps_its_key_for_longer() {
        let mut record = record();
        let long = KeyRules {
            longest_lifetime: Duration::from_secs(7 * DAY),
            ..rules()
        };
        record.keep_rules(&long, at(0)).unwrap();
        record.rotate(at(DAY), ES256, at(DAY), at(DAY)).unwrap();
        // Shorter tokens of today don't end those of before.
        record.keep_rules(&rules(), at(7 * DAY)).unwrap();
        assert_eq!(record.signing.len(), 2);
        record.keep_rules(&rules(), at(9 * DAY)).unwrap();
        assert_eq!(record.signing.len(), 1);
    }

    #[test]
    fn without_a_rotation_nothing_is_replaced_and_another_algorithm_gets_a_key() {
        let mut record = record();
        let never = KeyRules {
            rotation: None,
            ..rules()
        };
        record.keep_rules(&never, at(0)).unwrap();
        assert!(!record.keep_rules(&never, at(3650 * DAY)).unwrap());
        let other = KeyRules {
            algorithm: Some(Algorithm::EdDsa),
            ..never
        };
        assert!(record.keep_rules(&other, at(1)).unwrap());
        assert_eq!(record.signing.len(), 2);
        assert!(!record.keep_rules(&KeyRules::NONE, at(2)).unwrap());
    }

    #[test]
    fn a_server_that_slept_publishes_ahead_all_the_same() {
        let mut record = record();
        record.keep_rules(&rules(), at(400 * DAY)).unwrap();
        let next = record.next(ES256, at(400 * DAY)).unwrap();
        assert_eq!(next.signs_from(), at(400 * DAY) + PUBLISHED_AHEAD);
    }

    #[test]
    fn rotating_twice_leaves_one_key_waiting() {
        let mut record = record();
        for seconds in [10, 20] {
            record
                .rotate(at(seconds), ES256, at(seconds), at(seconds + 600))
                .unwrap();
            assert_eq!(record.signing.len(), 2);
        }
        record.rotate(at(30), ES256, at(30), at(30)).unwrap();
        assert_eq!(record.active(ES256, at(30)).unwrap().created_at, at(30));
    }

    /// A rotation that read the time before another one wrote its key, and decides after it.
    #[test]
    fn a_rotation_with_an_older_time_keeps_a_key_that_signs_at_once() {
        let mut record = record();
        record.rotate(at(10), ES256, at(10), at(10)).unwrap();
        let now = ids(&record).remove(1);
        record.rotate(at(9), ES256, at(9), at(609)).unwrap();
        assert_eq!(record.signing.len(), 3);
        let active = record.active(ES256, at(10)).unwrap();
        assert_eq!(active.parse().unwrap().key_id(), now);
    }

    /// A process that has not read the record again signs with the key that was next.
    #[test]
    fn a_rotation_keeps_a_key_published_that_is_about_to_sign() {
        for (seconds, kept) in [(30 * DAY - 30, true), (30 * DAY - 300, false)] {
            for ahead in [0, 600] {
                let mut record = record();
                record.keep_rules(&rules(), at(30 * DAY - 600)).unwrap();
                let next = ids(&record).remove(1);
                let now = at(seconds);
                let signs_from = at(seconds + ahead);
                record.rotate(now, ES256, now, signs_from).unwrap();
                assert_eq!(ids(&record).contains(&next), kept, "{seconds} {ahead}");
                let active = record.active(ES256, signs_from).unwrap();
                assert_eq!(active.created_at, now);
            }
        }
    }
}
