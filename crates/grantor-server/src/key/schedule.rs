//! Replacing the keys that sign access tokens by schedule: the next key is published before it signs, and
//! the old one stays published until its last token has expired.

use std::time::Duration;

use grantor_core::Timestamp;
use grantor_jose::Algorithm;
use grantor_store::Error;

use super::record::{KeysRecord, PUBLISHED_AHEAD, SigningKey};
use crate::config::{AccessTokens, Config};

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
        // A key that another server made at its first start, by a clock that is ahead, signs here too.
        let signs = |key: &SigningKey| key.algorithm == algorithm && !key.is_waiting(now);
        if !self.signing.iter().any(signs) {
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
