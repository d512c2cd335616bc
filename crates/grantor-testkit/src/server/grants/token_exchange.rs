//! Token exchange (RFC 8693).

use grantor_core::ErrorCode;
use serde_json::Value;

use super::{Decision, Granted, needed, refuse};
use crate::server::RecordedRequest;
use crate::server::state::State;

/// RFC 8693 section 2.
pub(super) fn exchange(state: &mut State, request: &RecordedRequest) -> Decision {
    let subject = needed(request, "subject_token")?;
    needed(request, "subject_token_type")?;
    if !is_good(state, &subject) {
        // Section 2.2.2: a token that is not good is an invalid request.
        return refuse(ErrorCode::InvalidRequest, "\"subject_token\" is not good");
    }
    if let Some(actor) = request.parameter("actor_token") {
        needed(request, "actor_token_type")?;
        if !is_good(state, &actor) {
            return refuse(ErrorCode::InvalidRequest, "\"actor_token\" is not good");
        }
    } else if request.parameter("actor_token_type").is_some() {
        let why = "\"actor_token_type\" without \"actor_token\"";
        return refuse(ErrorCode::InvalidRequest, why);
    }
    let mut granted = Granted::of(request);
    let known = state.access_token(&subject);
    granted.subject = known.and_then(|known| known.subject.clone());
    let requested = request.parameter("requested_token_type");
    if requested.as_deref() == Some(REFRESH_TOKEN) {
        granted = granted.with_login(state);
    }
    let issued = requested.unwrap_or_else(|| ACCESS_TOKEN.to_owned());
    let extra = &mut granted.extra;
    extra.insert("issued_token_type".to_owned(), Value::from(issued));
    Ok(granted)
}

/// A token that the server issued, or that a test declared good.
fn is_good(state: &State, token: &str) -> bool {
    state.trusted.contains(token)
        || state.access_token(token).is_some()
        || state.logins.is_current(token, state.elapsed())
}

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const REFRESH_TOKEN: &str = "urn:ietf:params:oauth:token-type:refresh_token";
