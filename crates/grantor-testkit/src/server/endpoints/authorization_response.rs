//! How the answer of the authorization endpoint travels: in the query, the fragment or a form, as a JWT too
//! (Form Post Response Mode, JARM).

use grantor_core::{
    AuthorizationRequest, Delivery, ErrorCode, ErrorResponse, Issuer, Params, ResponseMode,
};
use grantor_jose::jwt;
use serde_json::{Map, Value};

use crate::server::state::State;

/// The parameters of a refusal.
pub(super) fn refused(code: ErrorCode, why: &str) -> Params<'static> {
    let refused = ErrorResponse::new(code, why);
    let mut params = Params::new();
    params.push("error", refused.error.as_str().to_owned());
    params.push("error_description", why.to_owned());
    params
}

/// Sends parameters as the request wants it.
pub(super) fn deliver(
    issuer: &Issuer,
    state: &mut State,
    request: &AuthorizationRequest,
    mut params: Params<'static>,
) -> Result<Delivery, &'static str> {
    let response_type = request.response_type.clone().unwrap_or_default();
    let asked = request.response_mode.clone();
    let mode = asked.unwrap_or_else(|| ResponseMode::default_for(&response_type));
    let mode = mode.resolved_for(&response_type);
    if !mode.is_allowed_for(&response_type) {
        return Err("\"response_mode\" is not for this \"response_type\"");
    }
    let redirect_uri = request.redirect_uri.as_deref();
    let redirect_uri = redirect_uri.ok_or("\"redirect_uri\" is missing")?;
    params.push_some("state", request.state.clone());
    if mode.is_jwt() {
        let client_id = request.client_id.as_deref().unwrap_or_default();
        params = as_jwt(issuer, state, client_id, &params)?;
    } else {
        params.push("iss", issuer.as_str().to_owned());
    }
    Ok(mode.encode(redirect_uri, params))
}

/// JARM section 2.1.
fn as_jwt(
    issuer: &Issuer,
    state: &mut State,
    client_id: &str,
    params: &Params<'_>,
) -> Result<Params<'static>, &'static str> {
    // Without a clock nothing ends.
    let end = state.now().map_or(4_102_444_800, |now| now.as_secs() + 600);
    let mut claims = Map::new();
    claims.insert("iss".to_owned(), issuer.as_str().into());
    claims.insert("aud".to_owned(), client_id.into());
    claims.insert("exp".to_owned(), end.into());
    for (name, value) in params.iter() {
        claims.insert(name.to_owned(), Value::from(value));
    }
    if let Some(change) = &state.responses.change {
        change(&mut claims);
    }
    let encryption = state.responses.encryption.clone();
    let key = state.openid.signing();
    let token = match encryption {
        None => jwt::sign(key, jwt::Typ::JWT, &claims),
        Some(to) => jwt::sign_and_encrypt(key, jwt::Typ::JWT, &claims, &to.0, to.1),
    };
    let mut wrapped = Params::new();
    wrapped.push(
        "response",
        token.map_err(|_| "the response can't be signed")?,
    );
    Ok(wrapped)
}
