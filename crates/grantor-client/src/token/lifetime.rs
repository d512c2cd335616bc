//! How long a token is good, and when it is renewed.

use std::time::Duration;

use grantor_core::{Environment, Timestamp};

use crate::config::policy::Policy;
use crate::runtime::instant::{NEVER, Nanos, nanos};

/// A token whose lifetime nobody knows is renewed as if it lived so long, and used beyond that.
const ASSUMED_LIFETIME: Duration = Duration::from_secs(3600);
/// The longest first pause after an early renewal that failed.
const FIRST_BACKOFF: Duration = Duration::from_secs(30);

/// The lifetime of a token, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lifetime {
    /// When it was requested.
    pub(crate) sent_at: Duration,
    /// How long it is good from then on; unknown, if absent.
    pub(crate) lifetime: Option<Duration>,
    /// After which time the server wants it renewed.
    pub(crate) refresh_in: Option<Duration>,
}

/// Longer than anybody means, and short enough to reckon with: a hundred years.
pub(crate) const MAX_LIFETIME: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

impl Lifetime {
    /// From when on it is renewed while it is still used. `jitter` is between 0 and 1.
    ///
    /// Margin and jitter are at most a part of the lifetime, so that short tokens are renewed once in
    /// their life.
    pub(crate) fn refresh_at(&self, policy: &Policy, jitter: f64) -> Nanos {
        let lifetime = self.lifetime.unwrap_or(ASSUMED_LIFETIME);
        let margin = policy
            .refresh_margin
            .min(lifetime.mul_f64(policy.margin_fraction));
        let jitter = policy
            .jitter
            .min(lifetime.mul_f64(policy.jitter_fraction))
            .mul_f64(jitter.clamp(0.0, 1.0));
        let planned = lifetime.saturating_sub(margin + jitter);
        // A hint of nothing would renew without end.
        let hinted = self.refresh_in.filter(|hint| *hint >= lifetime / 4);
        nanos(self.sent_at + hinted.map_or(planned, |hint| hint.min(planned)))
    }

    /// From when on it is not used any more.
    pub(crate) fn expires_at(&self) -> Nanos {
        match self.lifetime {
            Some(lifetime) => nanos(self.sent_at + lifetime),
            None => NEVER,
        }
    }

    /// From when on it is not used any more, as others count time.
    pub(crate) fn expires_at_time(&self, environment: &Environment) -> Option<Timestamp> {
        let age = environment.clock.elapsed().saturating_sub(self.sent_at);
        let lifetime = self.lifetime?;
        Some(environment.now() - age + lifetime)
    }

    /// How long an early renewal that failed for the `failures`th time in a row is not tried again.
    pub(crate) fn backoff(&self, failures: u32, jitter: f64) -> Duration {
        let first = FIRST_BACKOFF.min(self.lifetime.unwrap_or(ASSUMED_LIFETIME) / 3);
        let doubled = first * 2u32.pow(failures.clamp(1, 4) - 1);
        doubled.mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 4.0)
    }
}

/// The state of a token at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    Fresh,
    Stale,
    Expired,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(lifetime: Option<u64>, refresh_in: Option<u64>) -> Lifetime {
        Lifetime {
            sent_at: Duration::ZERO,
            lifetime: lifetime.map(Duration::from_secs),
            refresh_in: refresh_in.map(Duration::from_secs),
        }
    }

    fn refresh_millis(lifetime: Option<u64>, hint: Option<u64>, jitter: f64) -> u64 {
        life(lifetime, hint).refresh_at(&Policy::default(), jitter) / 1_000_000
    }

    #[test]
    fn the_margin_is_a_fraction_of_short_lives() {
        assert_eq!(refresh_millis(Some(3600), None, 0.0), 3_300_000);
        assert_eq!(refresh_millis(Some(3600), None, 1.0), 3_240_000);
        assert_eq!(refresh_millis(Some(20), None, 1.0), 14_000);
        assert_eq!(refresh_millis(Some(1), None, 1.0), 700);
        assert_eq!(refresh_millis(None, None, 0.0), 3_300_000);
    }

    #[test]
    fn the_servers_hint_counts_if_it_is_earlier_and_sane() {
        assert_eq!(refresh_millis(Some(3600), Some(1800), 0.0), 1_800_000);
        assert_eq!(refresh_millis(Some(3600), Some(7200), 0.0), 3_300_000);
        assert_eq!(refresh_millis(Some(3600), Some(0), 0.0), 3_300_000);
    }

    #[test]
    fn after_a_failure_a_short_token_waits_for_its_end() {
        for lifetime in [1, 2, 5, 20, 90] {
            let life = life(Some(lifetime), None);
            let again = life.refresh_at(&Policy::default(), 1.0) + nanos(life.backoff(1, 0.0));
            assert!(again > life.expires_at(), "{lifetime}");
        }
        assert_eq!(life(Some(3600), None).backoff(1, 0.0), FIRST_BACKOFF);
        assert_eq!(life(Some(3600), None).backoff(99, 0.0), FIRST_BACKOFF * 8);
    }
}
