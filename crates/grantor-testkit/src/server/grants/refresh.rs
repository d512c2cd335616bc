//! The refresh token grant (RFC 6749 section 6).

use grantor_core::ErrorCode;

use super::{Decision, Granted, needed, refuse};
use crate::server::RecordedRequest;
use crate::server::state::State;

/// RFC 6749 section 6.
pub(super) fn refresh(state: &mut State, request: &RecordedRequest) -> Decision {
    let presented = needed(request, "refresh_token")?;
    let now = state.elapsed();
    let asked = Granted::of(request);
    let client_id = asked.client_id.as_deref();
    let Some(refreshed) = state.logins.refresh(&presented, client_id, now) else {
        return refuse(ErrorCode::InvalidGrant, "the refresh token is not good");
    };
    Ok(Granted {
        scope: asked.scope.or(refreshed.scope),
        subject: refreshed.subject,
        login: Some(refreshed.login),
        refresh_token: refreshed.next,
        client_id: asked.client_id,
        extra: asked.extra,
        nonce: None,
        details: asked
            .details
            .or_else(|| state.details.get(&refreshed.login).cloned()),
    })
}
