use grantor_core::{BoxFuture, Secret, Timestamp};
use grantor_store::{Conflict, Versioned};
use tracing::warn;

use crate::counters::count;
use crate::grant::{
    GrantRecord, GrantState, Previous, RefreshClaims, RefreshState, RefreshTokenText,
};
use crate::{Error, Grant, Issue, Rotation, TokenContext};

/// Another token for a refresh token (RFC 6749 section 6).
///
/// A refresh token is a MAC over its grant's identifier and a generation, so a chain of a million
/// rotations is one record. Rotation is one conditional put. Within the grace period the immediate
/// predecessor gives the same successor again; anything older is reuse, and ends the grant.
#[derive(Debug, Clone, Copy, Default)]
pub struct RefreshToken;

impl Grant for RefreshToken {
    fn grant_type(&self) -> &'static str {
        "refresh_token"
    }

    fn parameters(&self) -> &[&str] {
        &["refresh_token"]
    }

    fn handle<'a>(&'a self, context: &'a TokenContext<'a>) -> BoxFuture<'a, Result<Issue, Error>> {
        Box::pin(refresh(context))
    }
}

/// What a genuine refresh token of the right client means.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// The one that is good now.
    Current,
    /// The one before it, whose answer may have been lost.
    Predecessor,
    /// One that was replaced long ago: somebody else has it.
    Reused,
    /// One that this store has never seen: it lost writes.
    FromTheFuture,
}

/// How often a refresh re-reads and decides again when others write at the same time.
const TRIES: usize = 8;

async fn refresh(context: &TokenContext<'_>) -> Result<Issue, Error> {
    let presented = context.params.get("refresh_token").ok_or_else(|| {
        let code = grantor_core::ErrorCode::InvalidRequest;
        Error::refused(code, "\"refresh_token\" is missing")
    })?;
    let presented = RefreshTokenText::parse(presented).ok_or_else(bad_token)?;
    for _ in 0..TRIES {
        if let Some(issue) = attempt(context, &presented).await? {
            return Ok(issue);
        }
    }
    Err(Error::Contention)
}

/// One try; none if another request wrote first.
async fn attempt(
    context: &TokenContext<'_>,
    presented: &RefreshTokenText,
) -> Result<Option<Issue>, Error> {
    let inner = context.inner;
    let id = presented.claims.grant;
    let key = inner.grant_records.key(id.as_bytes());
    let Some(Versioned { record, version }) = inner.grant_records.get(&key).await? else {
        return Err(bad_token());
    };
    // The order matters: only a genuine token of the right client, young enough, may end a grant.
    // Otherwise every old token from a log would be a kill switch.
    let mac_key = inner.keys.mac(presented.claims.key).ok_or_else(bad_token)?;
    let issuer = inner.config.issuer.as_str();
    let claims = presented
        .verify(mac_key, &record.salt, issuer)
        .ok_or_else(bad_token)?;
    if record.client_id != context.client.id {
        return Err(bad_token());
    }
    if matches!(record.state, GrantState::Ended { .. }) {
        return Err(bad_token());
    }
    let state = refresh_state(&record);
    let verdict = verdict(context, state, &claims)?;
    if !inner.anchors_hold(&record).await? {
        return Err(bad_token());
    }
    if verdict == Verdict::Reused {
        count(&inner.counters.replays);
        warn!(target: "grantor::audit", grant = %id, client = %record.client_id, "refresh token reused");
        inner.end_grant(id, "refresh token reused").await?;
        return Err(bad_token());
    }
    let scope = context.scope(&record.scope)?;
    let audience = context.audience_within(&record.resources)?;
    let next = next_state(context, state, &claims, &verdict);
    let mut issue = Issue {
        subject: Some(record.subject.clone()),
        grant: Some(id),
        ..Issue::new(scope, audience)
    };
    let Some(next) = next else {
        if verdict == Verdict::Predecessor {
            count(&inner.counters.refresh_grace_uses);
            warn!(target: "grantor::audit", grant = %id, "refresh token presented again within grace");
        }
        issue.refresh_token = Some(sign_current(context, &record, id)?);
        return Ok(Some(issue));
    };
    let code_hash = match &record.state {
        GrantState::Live { code_hash, .. } => code_hash.clone(),
        GrantState::Code(code) => code.hash.clone(),
        GrantState::Ended { .. } => return Err(bad_token()),
    };
    let rotated = state.is_none_or(|state| state.generation != next.generation);
    let record = GrantRecord {
        expires_at: context.now
            + inner.config.refresh_token_lifetime
            + inner.config.access_token_lifetime,
        state: GrantState::Live {
            code_hash,
            refresh: Some(next),
        },
        ..record
    };
    match inner.grant_records.update(&key, &record, version).await? {
        Err(Conflict) => Ok(None),
        Ok(_) => {
            if rotated {
                count(&inner.counters.refresh_rotations);
            }
            if verdict == Verdict::FromTheFuture {
                inner.note_rollback();
                warn!(target: "grantor::audit", grant = %id, "refresh token from the future: the store lost writes");
            }
            issue.refresh_token = Some(sign_current(context, &record, id)?);
            Ok(Some(issue))
        }
    }
}

fn refresh_state(record: &GrantRecord) -> Option<&RefreshState> {
    match &record.state {
        GrantState::Live { refresh, .. } => refresh.as_ref(),
        _ => None,
    }
}

fn verdict(
    context: &TokenContext<'_>,
    state: Option<&RefreshState>,
    claims: &RefreshClaims,
) -> Result<Verdict, Error> {
    let lifetime = context.inner.config.refresh_token_lifetime;
    let young = |since: Timestamp| context.now < since + lifetime;
    let expired = || Error::invalid_grant("the refresh token has expired");
    // Where tokens are not rotated, using one makes it young again: what it says of its own age
    // counts only for those that the record no longer knows.
    if let Some(state) = state {
        let is_current = claims.generation == state.generation && claims.nonce == state.nonce;
        if is_current || is_predecessor(context, state, claims) {
            if !young(state.last_used) {
                return Err(expired());
            }
            return Ok(if is_current {
                Verdict::Current
            } else {
                Verdict::Predecessor
            });
        }
    }
    if !young(claims.issued_at) {
        return Err(expired());
    }
    // Without a state the store has lost the redemption too.
    if state.is_none_or(|state| claims.generation > state.generation) {
        return Ok(Verdict::FromTheFuture);
    }
    Ok(Verdict::Reused)
}

/// Whether it is the token before the current one, and may still be repeated.
fn is_predecessor(
    context: &TokenContext<'_>,
    state: &RefreshState,
    claims: &RefreshClaims,
) -> bool {
    let config = &context.inner.config;
    let Some(previous) = &state.previous else {
        return false;
    };
    if config.refresh_grace.is_zero()
        || claims.generation.checked_add(1) != Some(state.generation)
        || claims.nonce != previous.nonce
    {
        return false;
    }
    // The clock skew allowed is not added at the end: grace is what a thief of the predecessor has.
    // A rotation further in the future than that is no reason to wait for it.
    let (from, until) = (
        previous.rotated_at,
        previous.rotated_at + config.refresh_grace,
    );
    let within_grace = from <= context.now + config.max_clock_skew && context.now < until;
    // An authenticated client may repeat itself until its successor has arrived.
    within_grace || (!context.client.public && !state.used)
}

/// The state to write; none if there is nothing to write.
fn next_state(
    context: &TokenContext<'_>,
    state: Option<&RefreshState>,
    claims: &RefreshClaims,
    verdict: &Verdict,
) -> Option<RefreshState> {
    let inner = context.inner;
    let fresh = |generation, previous| RefreshState {
        generation,
        previous,
        ..inner.first_refresh_state(context.now)
    };
    match (verdict, state) {
        (Verdict::FromTheFuture, _) | (Verdict::Current, None) => {
            let previous = Previous {
                nonce: claims.nonce,
                rotated_at: context.now,
            };
            Some(fresh(claims.generation.saturating_add(1), Some(previous)))
        }
        (Verdict::Current, Some(state)) => {
            let rotate = context.client.public || inner.config.rotation == Rotation::Always;
            let retiring = inner.keys.newest_mac().0 != state.key;
            if rotate || retiring {
                let previous = Previous {
                    nonce: state.nonce,
                    rotated_at: context.now,
                };
                return Some(fresh(state.generation.saturating_add(1), Some(previous)));
            }
            // Sliding expiry writes at most once every tenth of the lifetime.
            let tenth = inner.config.refresh_token_lifetime / 10;
            let slide = state.last_used + tenth <= context.now;
            // Its predecessor ends with its first use.
            let arrived = !state.used && state.previous.is_some();
            (slide || arrived).then(|| RefreshState {
                last_used: context.now,
                used: true,
                ..state.clone()
            })
        }
        (Verdict::Predecessor | Verdict::Reused, _) => None,
    }
}

fn sign_current(
    context: &TokenContext<'_>,
    record: &GrantRecord,
    id: crate::token::Identifier,
) -> Result<Secret, Error> {
    let token = context.inner.refresh_token_of(id, record)?;
    token.ok_or_else(|| Error::Internal("a grant without a refresh token".to_owned()))
}

fn bad_token() -> Error {
    Error::invalid_grant("the refresh token is unknown, ended, or not this client's")
}
