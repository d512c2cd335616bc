//! The authorization endpoint (RFC 6749 sections 4.1 and 4.2, OAuth 2.0 Multiple Response Types), and the
//! user's consent.

use bytes::Bytes;
use grantor_core::{
    AuthorizationRequest, CodeChallenge, Delivery, ErrorCode, Issuer, Params, ResponseType, Scope,
};
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::Value;

use super::authorization_response::{deliver, refused};
use super::pushed_authorization::resolve;
use super::token::issue;
use crate::server::grants::{Code, Granted};
use crate::server::openid::Beside;
use crate::server::request_objects::unwrapped;
use crate::server::state::{Client, State};
use crate::server::{FakeServer, RecordedRequest, answer};

/// A user who consents at once, without a page.
pub(super) fn answer(server: &FakeServer, request: &RecordedRequest) -> Response<Bytes> {
    let query = request.request().uri().query().unwrap_or_default();
    match approve(&server.issuer, &mut server.lock(), query) {
        Ok(Delivery::Redirect(location)) => {
            let mut response = answer::empty(StatusCode::FOUND);
            if let Ok(location) = HeaderValue::from_str(&location) {
                response.headers_mut().insert(header::LOCATION, location);
            }
            response
        }
        Ok(Delivery::FormPost { action, inputs }) => answer::html(200, form(&action, &inputs)),
        Ok(_) => answer::empty(StatusCode::NOT_IMPLEMENTED),
        Err(why) => answer::html(400, why),
    }
}

/// The page whose form a browser posts (OAuth 2.0 Form Post Response Mode).
fn form(action: &str, inputs: &Params<'_>) -> String {
    let inputs = inputs
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">"));
    let inputs: String = inputs.collect();
    format!("<form method=\"post\" action=\"{action}\">{inputs}</form>")
}

/// The answer to an authorization request that the user allows.
pub(in crate::server) fn approve(
    issuer: &Issuer,
    state: &mut State,
    query: &str,
) -> Result<Delivery, &'static str> {
    let request = read(issuer, state, query)?;
    let response_type = request.response_type.clone().unwrap_or_default();
    if !response_type.is_known() || response_type.none {
        return Err("\"response_type\" is not known");
    }
    let client_id = request
        .client_id
        .clone()
        .ok_or("\"client_id\" is missing")?;
    let known = |client: &Client| client.client_id == client_id;
    let registered = state.registered.get(&client_id);
    let is_gone = registered.is_some_and(|registered| registered.removed);
    let is_known = registered.is_some() || state.clients.iter().any(known);
    if is_gone || (!state.clients.is_empty() && !is_known) {
        return Err("the client is not known");
    }
    let params = granted(issuer, state, &request, &response_type)?;
    deliver(issuer, state, &request, params)
}

/// The parameters of an answer to a request that is allowed.
fn granted(
    issuer: &Issuer,
    state: &mut State,
    request: &AuthorizationRequest,
    response_type: &ResponseType,
) -> Result<Params<'static>, &'static str> {
    let mut params = Params::new();
    let code = match response_type.code {
        true => Some(issue_code(state, request)?),
        false => None,
    };
    params.push_some("code", code.clone());
    let granted = || Granted {
        scope: request
            .scope
            .as_deref()
            .and_then(|scope| Scope::parse(scope).ok()),
        client_id: request.client_id.clone(),
        nonce: request.nonce.clone(),
        ..Granted::default()
    };
    let mut access_token = None;
    if response_type.token {
        let members = issue(issuer, state, granted(), (None, None));
        for name in ["access_token", "token_type", "expires_in", "scope"] {
            match members.get(name) {
                Some(Value::String(text)) => params.push(name, text.clone()),
                Some(other) => params.push(name, other.to_string()),
                None => {}
            }
        }
        access_token = members
            .get("access_token")
            .and_then(Value::as_str)
            .map(str::to_owned);
    }
    if response_type.id_token {
        let beside = Beside {
            access_token: access_token.as_deref(),
            code: code.as_deref(),
            state: request.state.as_deref(),
        };
        let now = state.now();
        let id_token = state.openid.id_token(issuer, now, &granted(), &beside);
        params.push(
            "id_token",
            id_token.ok_or("an ID token takes the scope \"openid\"")?,
        );
    }
    Ok(params)
}

fn issue_code(state: &mut State, request: &AuthorizationRequest) -> Result<String, &'static str> {
    let challenge = request.code_challenge.as_ref();
    let challenge = challenge.ok_or("\"code_challenge\" is missing")?;
    let method = request.code_challenge_method.as_deref();
    let challenge =
        CodeChallenge::parse(challenge, method).map_err(|_| "\"code_challenge\" is malformed")?;
    let redirect_uri = request.redirect_uri.clone();
    state.issued += 1;
    let code = format!("code-{}", state.issued);
    state.codes.push(Code {
        code: code.clone(),
        client_id: request.client_id.clone(),
        redirect_uri: redirect_uri.ok_or("\"redirect_uri\" is missing")?,
        challenge,
        scope: request
            .scope
            .as_deref()
            .and_then(|scope| Scope::parse(scope).ok()),
        nonce: request.nonce.clone(),
        dpop_jkt: request.dpop_jkt.clone(),
        details: request.authorization_details.clone(),
    });
    Ok(code)
}

/// The answer to an authorization request that the user refuses.
pub(in crate::server) fn deny(
    issuer: &Issuer,
    state: &mut State,
    query: &str,
) -> Result<Delivery, &'static str> {
    let request = read(issuer, state, query)?;
    let params = refused(ErrorCode::AccessDenied, "the user said no");
    deliver(issuer, state, &request, params)
}

fn read(
    issuer: &Issuer,
    state: &mut State,
    query: &str,
) -> Result<AuthorizationRequest, &'static str> {
    let query = resolve(state, query)?;
    let query = unwrapped(issuer, state, &query)?;
    let params = Params::parse(query.as_bytes()).map_err(|_| "the parameters can't be read")?;
    Ok(AuthorizationRequest::from_params(&params))
}
