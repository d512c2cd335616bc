//! How often rejections by an API may renew a token.
//!
//! The first rejection by an origin always may. Later ones may once in 30 s, whichever token they are
//! about; the interval doubles up to ten minutes while renewals are of no use, and an acceptance sets
//! it back: an API that answers 401 for another reason must not make every request a token request.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::config::origin::OriginId;
use crate::runtime::instant::{Nanos, nanos};
use crate::token::cached_token::CachedToken;

/// The time between two renewals for one origin; it doubles while they are of no use.
const MIN_RENEWAL_INTERVAL: Duration = Duration::from_secs(30);
const MAX_RENEWAL_INTERVAL: Duration = Duration::from_secs(600);

/// When rejections renewed a token last, for each origin.
#[derive(Debug, Default)]
pub(crate) struct Rejections(Mutex<HashMap<OriginId, LastRenewal>>);

#[derive(Debug, Clone, Copy)]
struct LastRenewal {
    at: Nanos,
    interval: Duration,
}

impl LastRenewal {
    fn is_over(self, accepted: bool, now: Nanos) -> bool {
        let interval = if accepted {
            MIN_RENEWAL_INTERVAL
        } else {
            self.interval
        };
        now.saturating_sub(self.at) >= nanos(interval)
    }
}

impl Rejections {
    /// Returns whether a rejection of the current token by this origin may renew it.
    pub(crate) fn allow_renewal(
        &self,
        current: &CachedToken,
        origin: OriginId,
        now: Nanos,
    ) -> bool {
        let accepted = current.was_accepted_by(origin);
        let last = self.all().get(&origin).copied();
        last.is_none_or(|last| last.is_over(accepted, now))
    }

    /// Notes a renewal; false, if another one was noted meanwhile.
    pub(crate) fn note_renewal(&self, current: &CachedToken, origin: OriginId, now: Nanos) -> bool {
        let accepted = current.was_accepted_by(origin);
        let mut all = self.all();
        let interval = match all.get(&origin) {
            Some(last) if !last.is_over(accepted, now) => return false,
            Some(last) if !accepted => (last.interval * 2).min(MAX_RENEWAL_INTERVAL),
            _ => MIN_RENEWAL_INTERVAL,
        };
        all.insert(origin, LastRenewal { at: now, interval });
        true
    }

    fn all(&self) -> MutexGuard<'_, HashMap<OriginId, LastRenewal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use grantor_core::Secret;

    use super::*;
    use crate::token::credential::{Credential, TokenType};
    use crate::token::lifetime::Lifetime;

    fn current(accepted: bool) -> CachedToken {
        let lifetime = Lifetime {
            sent_at: Duration::ZERO,
            lifetime: None,
            refresh_in: None,
        };
        let credential = Credential::new(TokenType::Bearer, &Secret::from("t")).unwrap();
        let current = CachedToken::new(1, credential, lifetime, 0);
        if accepted {
            current.accept(7);
        }
        current
    }

    /// In which of these seconds a rejection renews.
    fn renews(rejections: &Rejections, accepted: bool, seconds: std::ops::Range<u64>) -> Vec<u64> {
        let current = current(accepted);
        let renews = |second: &u64| {
            let now = nanos(Duration::from_secs(*second));
            let allowed = rejections.allow_renewal(&current, 7, now);
            assert_eq!(rejections.note_renewal(&current, 7, now), allowed);
            allowed
        };
        seconds.filter(renews).collect()
    }

    #[test]
    fn the_first_rejection_always_renews() {
        for accepted in [false, true] {
            assert_eq!(renews(&Rejections::default(), accepted, 0..29), [0]);
        }
    }

    #[test]
    fn useless_renewals_become_rare() {
        let renewed = renews(&Rejections::default(), false, 0..3000);
        assert_eq!(renewed, [0, 30, 90, 210, 450, 930, 1530, 2130, 2730]);
    }

    #[test]
    fn an_acceptance_sets_the_interval_back() {
        let rejections = Rejections::default();
        assert_eq!(renews(&rejections, false, 0..500), [0, 30, 90, 210, 450]);
        assert_eq!(renews(&rejections, true, 470..520), [480, 510]);
        assert_eq!(renews(&rejections, false, 511..620), [540, 600]);
    }

    #[test]
    fn origins_are_counted_apart() {
        let rejections = Rejections::default();
        let current = current(false);
        assert!(rejections.note_renewal(&current, 7, 0));
        assert!(!rejections.note_renewal(&current, 7, 0));
        assert!(rejections.note_renewal(&current, 8, 0));
    }
}
