//! Which 401s renew a token.
//!
//! A rejection names the generation it is about. It renews only what is still current, only if the
//! origin has accepted this very token before or the token is not brand new, and only now and then:
//! an API that says 401 for another reason must not make every request a token request.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use grantor_core::AuthenticateChallenge;
use http::HeaderMap;

use crate::config::origin::OriginId;
use crate::runtime::instant::{Nanos, nanos};
use crate::token::cached_token::CachedToken;

/// A token that no origin has accepted yet must be so old to be suspected.
const MIN_SUSPECT_AGE: Duration = Duration::from_secs(30);
/// The time between two renewals for one origin; it doubles while they are of no use.
const MIN_RENEWAL_INTERVAL: Duration = Duration::from_secs(30);
const MAX_RENEWAL_INTERVAL: Duration = Duration::from_secs(600);

#[derive(Debug, Default)]
pub(crate) struct Rejections(Mutex<HashMap<OriginId, LastRenewal>>);

#[derive(Debug, Clone, Copy)]
struct LastRenewal {
    at: Nanos,
    interval: Duration,
}

impl Rejections {
    /// Whether a rejection of the current token by this origin renews it; if so, it is noted.
    pub(crate) fn allows_renewal(
        &self,
        current: &CachedToken,
        origin: OriginId,
        now: Nanos,
    ) -> bool {
        let accepted = current.was_accepted_by(origin);
        let age = now.saturating_sub(nanos(current.lifetime.sent_at));
        if !accepted && age < nanos(MIN_SUSPECT_AGE) {
            return false;
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let interval = match all.get(&origin) {
            Some(last) if now.saturating_sub(last.at) < nanos(last.interval) => return false,
            // The renewal before this one helped: the origin took what came of it.
            Some(last) if !accepted => (last.interval * 2).min(MAX_RENEWAL_INTERVAL),
            _ => MIN_RENEWAL_INTERVAL,
        };
        all.insert(origin, LastRenewal { at: now, interval });
        true
    }
}

/// Whether a 401 is about something else than the token.
pub(crate) fn is_unrelated_to_token(headers: &HeaderMap) -> bool {
    let challenges = AuthenticateChallenge::from_headers(headers);
    challenges.iter().any(|challenge| {
        matches!(
            challenge.get("error"),
            Some(
                "use_dpop_nonce"
                    | "invalid_dpop_proof"
                    | "insufficient_user_authentication"
                    | "insufficient_scope"
            )
        )
    })
}

#[cfg(test)]
mod tests {
    use grantor_core::Secret;
    use http::HeaderValue;

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

    fn at(seconds: u64) -> Nanos {
        nanos(Duration::from_secs(seconds))
    }

    #[test]
    fn a_young_token_is_suspected_only_where_it_was_good() {
        assert!(!Rejections::default().allows_renewal(&current(false), 7, at(29)));
        assert!(Rejections::default().allows_renewal(&current(false), 7, at(30)));
        assert!(Rejections::default().allows_renewal(&current(true), 7, at(1)));
        assert!(!Rejections::default().allows_renewal(&current(true), 8, at(1)));
    }

    #[test]
    fn useless_renewals_become_rare() {
        let rejections = Rejections::default();
        let mut renewed = Vec::new();
        for second in 30..3000 {
            if rejections.allows_renewal(&current(false), 7, at(second)) {
                renewed.push(second);
            }
        }
        assert_eq!(renewed, [30, 60, 120, 240, 480, 960, 1560, 2160, 2760]);
    }

    #[test]
    fn a_renewal_that_helped_begins_anew() {
        let rejections = Rejections::default();
        assert!(rejections.allows_renewal(&current(false), 7, at(30)));
        assert!(rejections.allows_renewal(&current(false), 7, at(60)));
        assert!(!rejections.allows_renewal(&current(true), 7, at(119)));
        assert!(rejections.allows_renewal(&current(true), 7, at(120)));
        assert!(rejections.allows_renewal(&current(true), 7, at(150)));
    }

    #[test]
    fn some_challenges_are_not_about_the_token() {
        let about_else = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("www-authenticate", HeaderValue::from_static(text));
            is_unrelated_to_token(&headers)
        };
        assert!(about_else(r#"DPoP error="use_dpop_nonce""#));
        assert!(about_else(
            r#"Bearer error="insufficient_user_authentication", max_age=5"#
        ));
        assert!(!about_else(r#"Bearer error="invalid_token""#));
        assert!(!about_else("Basic"));
    }
}
