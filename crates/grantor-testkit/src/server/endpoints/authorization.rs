//! The authorization endpoint (RFC 6749 section 4.1), and the user's consent.

use bytes::Bytes;
use grantor_core::{
    AuthorizationRequest, AuthorizationResponse, CodeChallenge, ErrorCode, ErrorResponse, Issuer,
    Params, RedirectUri, ResponseType, Scope, Secret,
};
use http::{HeaderValue, Response, StatusCode, header};
use url::Url;

use super::pushed_authorization::resolve;
use crate::server::grants::Code;
use crate::server::state::{Client, State};
use crate::server::{FakeServer, RecordedRequest, answer};

/// A user who consents at once, without a page.
pub(super) fn answer(server: &FakeServer, request: &RecordedRequest) -> Response<Bytes> {
    let query = request.request().uri().query().unwrap_or_default();
    let redirect = match approve(&server.issuer, &mut server.lock(), query) {
        Ok(redirect) => redirect,
        Err(why) => return answer::html(400, why),
    };
    let mut response = answer::empty(StatusCode::FOUND);
    if let Ok(location) = HeaderValue::from_str(redirect.as_str()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// The redirect of an authorization request with a code.
pub(in crate::server) fn approve(
    issuer: &Issuer,
    state: &mut State,
    query: &str,
) -> Result<Url, &'static str> {
    let request = read(&resolve(state, query)?)?;
    if request.response_type != Some(ResponseType::code()) {
        return Err("\"response_type\" is not \"code\"");
    }
    let client_id = request.client_id.ok_or("\"client_id\" is missing")?;
    let known = |client: &Client| client.client_id == client_id;
    let registered = state.registered.get(&client_id);
    let is_gone = registered.is_some_and(|registered| registered.removed);
    let is_known = registered.is_some() || state.clients.iter().any(known);
    if is_gone || (!state.clients.is_empty() && !is_known) {
        return Err("the client is not known");
    }
    let challenge = request
        .code_challenge
        .ok_or("\"code_challenge\" is missing")?;
    let method = request.code_challenge_method;
    let challenge = CodeChallenge::parse(&challenge, method.as_deref())
        .map_err(|_| "\"code_challenge\" is malformed")?;
    let redirect_uri = request.redirect_uri.ok_or("\"redirect_uri\" is missing")?;
    state.issued += 1;
    let code = format!("code-{}", state.issued);
    let answer = AuthorizationResponse {
        outcome: Ok(Secret::new(code.clone()).into()),
        state: request.state,
        issuer: Some(issuer.as_str().to_owned()),
    };
    let redirect = redirect(&redirect_uri, &answer)?;
    state.codes.push(Code {
        code,
        client_id: Some(client_id),
        redirect_uri,
        challenge,
        scope: request.scope.and_then(|scope| Scope::parse(&scope).ok()),
        nonce: request.nonce,
        dpop_jkt: request.dpop_jkt,
    });
    Ok(redirect)
}

/// The redirect of an authorization request that the user refuses.
pub(in crate::server) fn deny(
    issuer: &Issuer,
    state: &mut State,
    query: &str,
) -> Result<Url, &'static str> {
    let request = read(&resolve(state, query)?)?;
    let redirect_uri = request.redirect_uri.ok_or("\"redirect_uri\" is missing")?;
    let refused = ErrorResponse::new(ErrorCode::AccessDenied, "the user said no");
    let answer = AuthorizationResponse {
        outcome: Err(refused),
        state: request.state,
        issuer: Some(issuer.as_str().to_owned()),
    };
    redirect(&redirect_uri, &answer)
}

fn read(query: &str) -> Result<AuthorizationRequest, &'static str> {
    let params = Params::parse(query.as_bytes()).map_err(|_| "the parameters can't be read")?;
    Ok(AuthorizationRequest::from_params(&params))
}

fn redirect(uri: &str, answer: &AuthorizationResponse) -> Result<Url, &'static str> {
    let redirect = RedirectUri::with_query(uri, &answer.to_params());
    Url::parse(&redirect).map_err(|_| "\"redirect_uri\" is not a URL")
}
