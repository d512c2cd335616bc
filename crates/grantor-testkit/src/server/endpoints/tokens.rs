//! Introspection (RFC 7662) and revocation (RFC 7009).

use bytes::Bytes;
use grantor_core::{Introspection, IntrospectionRequest, RevocationRequest, Timestamp};
use http::{Response, StatusCode};

use crate::server::state::State;
use crate::server::{RecordedRequest, answer};

pub(super) fn introspect(state: &State, request: &RecordedRequest) -> Response<Bytes> {
    let query = IntrospectionRequest::from_params(&request.params());
    let token = query.as_ref().map_or("", |query| query.token.expose());
    let mut introspection = Introspection::inactive();
    if let Some(known) = state.access_token(token) {
        introspection.active = true;
        introspection.scope.clone_from(&known.scope);
        introspection.client_id.clone_from(&known.client_id);
        introspection.token_type = Some(match known.jkt {
            Some(_) => "DPoP".to_owned(),
            None => "Bearer".to_owned(),
        });
        introspection.exp = known.exp.map(Timestamp::as_secs);
        introspection.sub.clone_from(&known.subject);
    }
    introspection.active |= state.logins.is_current(token, state.elapsed());
    answer::with_body(200, "application/json", introspection.to_json())
}

/// A refresh token takes its access tokens along (RFC 7009 section 2.1).
pub(super) fn revoke(state: &mut State, request: &RecordedRequest) -> Response<Bytes> {
    if let Some(query) = RevocationRequest::from_params(&request.params()) {
        let token = query.token.expose();
        state.access_tokens.remove(token);
        if let Some(login) = state.logins.end(token) {
            let tokens = &mut state.access_tokens;
            tokens.retain(|_, known| known.login != Some(login));
        }
    }
    answer::empty(StatusCode::OK)
}
