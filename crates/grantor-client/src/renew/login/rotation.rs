//! The next state of a login after an answer.

use grantor_core::{Environment, Secret};

use super::spent_tokens;
use crate::authorization_server::token_endpoint::TokenAnswer;
use crate::renew::commit::LoginTokens;
use crate::renew::lease::Lease;
use crate::store::records::{BoundTo, LoginRecord};

/// The state after an answer; none if the refresh token stays and is stored already.
pub(super) fn next_record(
    environment: &Environment,
    record: &LoginRecord,
    answer: &TokenAnswer,
    lease: Option<&Lease<'_>>,
) -> Option<LoginRecord> {
    let response = &answer.response;
    let new = response.refresh_token.as_ref().map(Secret::expose);
    let rotated = new.is_some() && new != record.refresh_token.as_deref();
    let refresh_expires_at = refresh_expires_at(environment, answer);
    // A login that was handed in is stored with its first renewal.
    let bound_to = BoundTo::key(answer.dpop_key.as_ref());
    let is_bound_anew = bound_to.dpop_jkt != record.bound_to.dpop_jkt;
    let id_token = response.id_token.as_ref().map(Secret::expose);
    let is_identified = record.id_token.is_none() && id_token.is_some();
    let is_changed = rotated || refresh_expires_at.is_some() || is_bound_anew || is_identified;
    if !is_changed && record.rotation > 0 {
        return None;
    }
    Some(LoginRecord {
        rotation: record.rotation + 1,
        refresh_token: new.or(record.refresh_token.as_deref()).map(str::to_owned),
        refresh_expires_at: refresh_expires_at.or(record.refresh_expires_at.filter(|_| !rotated)),
        fence: lease.map_or(record.fence, Lease::fence),
        spent_fingerprints: spent_fingerprints(record, rotated),
        bound_to: if is_bound_anew {
            bound_to
        } else {
            record.bound_to.clone()
        },
        id_token: record.id_token.as_deref().or(id_token).map(str::to_owned),
        ..record.clone()
    })
}

/// When the refresh token of an answer expires. Its lifetime began when the request was sent, however
/// long the answer took.
pub(super) fn refresh_expires_at(
    environment: &Environment,
    answer: &TokenAnswer,
) -> Option<grantor_core::Timestamp> {
    let age = environment.clock.elapsed().saturating_sub(answer.sent_at);
    let lifetime = answer.response.refresh_token_expires_in;
    // Servers that say 0 mean that they don't say.
    let lifetime = lifetime.filter(|lifetime| !lifetime.is_zero())?;
    Some(environment.now() - age + lifetime)
}

/// The refresh tokens that were spent last, this one included.
fn spent_fingerprints(record: &LoginRecord, rotated: bool) -> Vec<String> {
    match record.refresh_token.as_deref().filter(|_| rotated) {
        Some(token) => spent_tokens::add(&record.spent_fingerprints, &Secret::from(token)),
        None => record.spent_fingerprints.clone(),
    }
}

/// For which refresh token a token of this login was given, and for which the next one will be.
pub(super) fn login_tokens(record: &LoginRecord, next: Option<&LoginRecord>) -> LoginTokens {
    let now = next.unwrap_or(record);
    let secret = |text: &Option<String>| text.as_deref().map(Secret::from);
    LoginTokens {
        login_id: record.login_id.clone(),
        spent: secret(&record.refresh_token),
        refresh_token: secret(&now.refresh_token),
        refresh_expires_at: now.refresh_expires_at,
        id_token: secret(&now.id_token),
    }
}
