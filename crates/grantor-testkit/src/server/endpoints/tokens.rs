//! Introspection (RFC 7662, signed by RFC 9701) and revocation (RFC 7009).

use bytes::Bytes;
use grantor_core::{
    Introspection, IntrospectionRequest, Issuer, RevocationRequest, SignedIntrospection, Timestamp,
};
use http::{Response, StatusCode, header};
use serde_json::{Value, json};

use crate::server::state::State;
use crate::server::{RecordedRequest, answer};

pub(super) fn introspect(
    issuer: &Issuer,
    state: &mut State,
    request: &RecordedRequest,
) -> Response<Bytes> {
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
        if let Some(certificate) = &known.certificate {
            let cnf = json!({ "x5t#S256": certificate.as_str() });
            introspection.extra.insert("cnf".to_owned(), cnf);
        }
        introspection.exp = known.exp.map(Timestamp::as_secs);
        introspection.sub.clone_from(&known.subject);
    }
    introspection.active |= state.logins.is_current(token, state.elapsed());
    let json = introspection.to_json();
    let accepts = request.headers().get(header::ACCEPT);
    if accepts.is_none_or(|accepts| accepts != SignedIntrospection::MEDIA_TYPE) {
        return answer::with_body(200, "application/json", json);
    }
    let said: Value = serde_json::from_str(&json).unwrap_or_default();
    let claims = json!({
        "iss": issuer.as_str(),
        "aud": request.client_id(),
        "iat": state.now().map_or(0, Timestamp::as_secs),
        "token_introspection": said,
    });
    let signed = state.openid.sign_introspection(claims);
    answer::with_body(200, SignedIntrospection::MEDIA_TYPE, signed)
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
