//! The grant type `refresh_token`.

use grantor_core::BoxFuture;
use grantor_jose::check::{holds, is_off};
use grantor_store::Versioned;

use super::{Change, End, GrantType, Granted, TokenCall, Under};
use crate::config::later;
use crate::error::Error;
use crate::event::EventKind;
use crate::grant::{
    EndReason, Grant, Grants, RefreshClaims, RefreshState, RefreshTokenText, Rules, Verdict,
    verdict,
};
use crate::policy::Policy;
use crate::token::TokenContents;

/// Another token for a refresh token (RFC 6749 section 6).
///
/// A refresh token is a MAC over its grant's identifier and a generation, so a chain of a million
/// rotations is one record. Rotation is one conditional put. Within the grace period the immediate
/// predecessor gives the same successor again; anything older is reuse, and ends the grant.
#[derive(Debug, Clone, Copy, Default)]
pub struct RefreshToken;

impl GrantType for RefreshToken {
    fn name(&self) -> &'static str {
        "refresh_token"
    }

    fn parameters(&self) -> &[&str] {
        &["refresh_token"]
    }

    fn decide<'a>(&'a self, call: &'a TokenCall<'a>) -> BoxFuture<'a, Result<Granted, Error>> {
        Box::pin(refresh(call))
    }
}

async fn refresh(call: &TokenCall<'_>) -> Result<Granted, Error> {
    let presented = RefreshTokenText::parse(call.required("refresh_token")?);
    let presented = presented.ok_or_else(bad_token)?;
    let grants = call.grants()?;
    let id = presented.claims.grant;
    let Some(Versioned { record, version }) = call.find_grant(id).await? else {
        return Err(bad_token());
    };
    // The order matters: only a genuine token of the right client, young enough, may end a grant.
    // Otherwise every old token from a log would be a kill switch.
    let claims = grants.verify(&presented, &record).ok_or_else(bad_token)?;
    let is_own = holds("refresh.client", record.client_id == call.client().id);
    if !is_own || !holds("refresh.ended", !record.is_ended()) {
        return Err(bad_token());
    }
    let same_key = record.dpop_jkt.is_none() || record.dpop_jkt.as_deref() == call.dpop_jkt();
    if !holds("refresh.dpop_jkt", same_key) {
        let description = "the refresh token is bound to another key than that of the proof";
        return Err(Error::invalid_grant(description));
    }
    let policy = call.policy_of(&record);
    let rules = rules(call, &policy, &record);
    let verdict = verdict(&claims, record.refresh_state(), &rules);
    if !holds("refresh.expiry", verdict != Verdict::Expired) {
        return Err(Error::invalid_grant("the refresh token has expired"));
    }
    let end = policy.grant_lifetime.end(record.created_at);
    if end.is_some_and(|end| end <= call.now()) {
        let description = "what the user granted has expired: they have to sign in again";
        return Err(Error::invalid_grant(description));
    }
    let reason = match verdict {
        Verdict::Reused if !is_off("refresh.reuse") => Some(EndReason::RefreshTokenReused),
        Verdict::Forked => Some(EndReason::ForkedHistory),
        _ => None,
    };
    if let Some(reason) = reason {
        // One that is not valid any more has nothing to end.
        return match call.is_current(&record).await? {
            true => Ok(Granted::End(End::new(id, reason, bad_token()))),
            false => Err(bad_token()),
        };
    }
    // RFC 6749 section 6: a refresh may ask for less, and the grant itself stays as it is.
    let scope = call.scope(&call.narrow_scope(&record.scope)?)?;
    let audience = call.narrow_audience(&record.resources)?;
    let contents = TokenContents::new(scope, audience)
        .for_subject(record.subject.clone())
        .with_claims(record.claims.clone());
    Ok(
        match next_state(call, &policy, grants, &record, &claims, verdict) {
            Some(next) => change(call, &policy, grants, record, next, verdict, |next| {
                Change {
                    unless_current: Some(bad_token()),
                    ..Change::new(id, version, next, contents)
                }
            }),
            None => {
                let mut under = Under::new(id, record, contents);
                under.unless_current = Some(bad_token());
                if verdict == Verdict::Predecessor {
                    under.events.push(EventKind::RefreshTokenRepeated);
                }
                Granted::Under(Box::new(under))
            }
        },
    )
}

fn change(
    call: &TokenCall<'_>,
    policy: &Policy,
    grants: &Grants,
    record: Grant,
    next: RefreshState,
    verdict: Verdict,
    make: impl FnOnce(Grant) -> Change,
) -> Granted {
    let before = record.refresh_state().map(|state| state.generation);
    let rotated = before != Some(next.generation);
    let until = call.kept_until(policy, &record, policy.refresh_token_lifetime);
    let mut change = make(Grant {
        // One without an end has one once the policy does.
        expires_at: record.expires_at.map_or(until, |at| later(Some(at), until)),
        state: grants.live(&record, Some(next)),
        // Once proved, a key stays.
        dpop_jkt: record.dpop_jkt.clone().or_else(|| call.refresh_binding()),
        ..record
    });
    if rotated {
        change.events.push(EventKind::RefreshTokenRotated);
    }
    if verdict == Verdict::FromTheFuture {
        change.events.push(EventKind::StoreRolledBack);
    }
    Granted::Change(Box::new(change))
}

fn rules(call: &TokenCall<'_>, policy: &Policy, grant: &Grant) -> Rules {
    Rules {
        now: call.now(),
        lifetime: policy.refresh_token_lifetime,
        grace: policy.refresh_grace,
        max_clock_skew: call.max_clock_skew(),
        authenticated: !call.client().is_public() || grant.dpop_jkt.is_some(),
    }
}

/// The state to write; none if there is nothing to write.
fn next_state(
    call: &TokenCall<'_>,
    policy: &Policy,
    grants: &Grants,
    record: &Grant,
    claims: &RefreshClaims,
    verdict: Verdict,
) -> Option<RefreshState> {
    let now = call.now();
    let rotated = |claims: &RefreshClaims| grants.rotated(claims.generation, claims.nonce, now);
    match (verdict, record.refresh_state()) {
        (Verdict::FromTheFuture, _) | (Verdict::Current, None) => Some(rotated(claims)),
        (Verdict::Current, Some(state)) => {
            let retiring = grants.keys.newest_mac().0 != state.key;
            let is_bound = record.dpop_jkt.is_some();
            if policy.rotates(call.client(), is_bound) || retiring {
                return Some(rotated(claims));
            }
            // Without rotation, the lifetime is extended at most once every tenth of it.
            let lifetime = policy.refresh_token_lifetime.duration();
            let extend = lifetime.is_some_and(|lifetime| state.last_used + lifetime / 10 <= now);
            // The grace of its predecessor ends with its first use.
            let first_use = !state.used && state.previous.is_some();
            (extend || first_use).then(|| RefreshState {
                last_used: now,
                used: true,
                ..state.clone()
            })
        }
        _ => None,
    }
}

fn bad_token() -> Error {
    Error::invalid_grant("the refresh token is unknown, ended, or not this client's")
}
