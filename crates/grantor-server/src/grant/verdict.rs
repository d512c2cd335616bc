//! The decision on a presented refresh token.

use std::time::Duration;

use grantor_core::Timestamp;
use grantor_jose::check::holds;

use super::{RefreshClaims, RefreshState};
use crate::config::Lifetime;

/// The meaning of a genuine refresh token of the right client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The one that is valid now.
    Current,
    /// The one before it, whose answer may have been lost.
    Predecessor,
    /// One that was replaced long ago: somebody else has it.
    Reused,
    /// Another one of the current generation: the store has two histories.
    Forked,
    /// One that this store has never seen: it lost writes.
    FromTheFuture,
    /// It is older than the lifetime of refresh tokens.
    Expired,
}

/// The rules for a verdict, besides the token and the record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) now: Timestamp,
    pub(crate) lifetime: Lifetime,
    pub(crate) grace: Duration,
    pub(crate) max_clock_skew: Duration,
    /// True if the client authenticated.
    pub(crate) authenticated: bool,
}

/// Judges a refresh token by the state of its grant; without a state the grant has none yet.
pub(crate) fn verdict(
    claims: &RefreshClaims,
    state: Option<&RefreshState>,
    rules: &Rules,
) -> Verdict {
    let young = |since: Timestamp| rules.lifetime.end(since).is_none_or(|end| rules.now < end);
    // Using a token that is not rotated makes it young again, so its own age counts only if the
    // record no longer knows it.
    if let Some(state) = state {
        let is_current = claims.generation == state.generation && claims.nonce == state.nonce;
        if is_current || is_predecessor(claims, state, rules) {
            return match (young(state.last_used), is_current) {
                (false, _) => Verdict::Expired,
                (true, true) => Verdict::Current,
                (true, false) => Verdict::Predecessor,
            };
        }
    }
    if !young(claims.issued_at) {
        return Verdict::Expired;
    }
    match state {
        Some(state) if claims.generation == state.generation => Verdict::Forked,
        Some(state) if claims.generation < state.generation => Verdict::Reused,
        // Without a state the store has lost the redemption too.
        _ => Verdict::FromTheFuture,
    }
}

/// Returns whether it is the token before the current one, and may still be repeated.
fn is_predecessor(claims: &RefreshClaims, state: &RefreshState, rules: &Rules) -> bool {
    let Some(previous) = &state.previous else {
        return false;
    };
    if rules.grace.is_zero()
        || claims.generation.checked_add(1) != Some(state.generation)
        || claims.nonce != previous.nonce
    {
        return false;
    }
    // The clock skew is not added at the end: a thief of the predecessor has it for the grace period.
    // A rotation further in the future than the skew starts no grace period.
    let (from, until) = (previous.rotated_at, previous.rotated_at + rules.grace);
    let is_early = holds("refresh.grace", rules.now < until);
    let within_grace = from <= rules.now + rules.max_clock_skew && is_early;
    // An authenticated client may repeat itself until it first uses the successor.
    within_grace || (rules.authenticated && !state.used)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::PreviousRefreshToken;
    use crate::identifier::Identifier;

    const START: i64 = 1_790_000_000;

    fn rules(at: i64) -> Rules {
        Rules {
            now: Timestamp::from_secs(START + at),
            lifetime: Duration::from_secs(1000).into(),
            grace: Duration::from_secs(60),
            max_clock_skew: Duration::from_secs(60),
            authenticated: false,
        }
    }

    fn claims(generation: u32, nonce: u8) -> RefreshClaims {
        RefreshClaims {
            grant: Identifier::at(Timestamp::from_secs(START), [1; 10]),
            generation,
            nonce: [nonce; 16],
            issued_at: Timestamp::from_secs(START),
            key: 1,
        }
    }

    /// The third generation, after a rotation at the start.
    fn state() -> RefreshState {
        RefreshState {
            generation: 2,
            nonce: [2; 16],
            issued_at: Timestamp::from_secs(START),
            key: 1,
            last_used: Timestamp::from_secs(START),
            used: true,
            previous: Some(PreviousRefreshToken {
                nonce: [1; 16],
                rotated_at: Timestamp::from_secs(START),
            }),
        }
    }

    #[test]
    fn each_generation_has_its_verdict() {
        for (generation, nonce, at, expected) in [
            (2, 2, 0, Verdict::Current),
            (2, 2, 999, Verdict::Current),
            (2, 2, 1000, Verdict::Expired),
            (1, 1, 59, Verdict::Predecessor),
            (1, 1, 60, Verdict::Reused),
            (1, 9, 0, Verdict::Reused),
            (0, 0, 0, Verdict::Reused),
            (0, 0, 1000, Verdict::Expired),
            (2, 9, 0, Verdict::Forked),
            (3, 3, 0, Verdict::FromTheFuture),
            (3, 3, 1000, Verdict::Expired),
        ] {
            let judged = verdict(&claims(generation, nonce), Some(&state()), &rules(at));
            assert_eq!(judged, expected, "{generation} {nonce} at {at}");
        }
        assert_eq!(
            verdict(&claims(0, 0), None, &rules(0)),
            Verdict::FromTheFuture
        );
    }

    #[test]
    fn an_authenticated_client_has_grace_until_it_uses_the_successor() {
        let authenticated = Rules {
            authenticated: true,
            ..rules(500)
        };
        let mut state = state();
        let judge =
            |state: &RefreshState, rules: &Rules| verdict(&claims(1, 1), Some(state), rules);
        assert_eq!(judge(&state, &authenticated), Verdict::Reused);
        state.used = false;
        assert_eq!(judge(&state, &authenticated), Verdict::Predecessor);
        assert_eq!(judge(&state, &rules(500)), Verdict::Reused);
        let without_grace = Rules {
            grace: Duration::ZERO,
            ..authenticated
        };
        assert_eq!(judge(&state, &without_grace), Verdict::Reused);
    }

    #[test]
    fn a_rotation_in_the_future_starts_no_grace() {
        let mut state = state();
        let previous = state.previous.as_mut().unwrap();
        previous.rotated_at = Timestamp::from_secs(START + 61);
        assert_eq!(
            verdict(&claims(1, 1), Some(&state), &rules(0)),
            Verdict::Reused
        );
        assert_eq!(
            verdict(&claims(1, 1), Some(&state), &rules(1)),
            Verdict::Predecessor
        );
    }
}
