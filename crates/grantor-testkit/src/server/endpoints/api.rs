//! The API that takes the server's tokens (RFC 6750, RFC 9449), and signed requests (RFC 5849).

use bytes::Bytes;
use grantor_core::AuthenticateChallenge;
use http::{HeaderValue, Response, StatusCode, header};

use crate::server::dpop::{self, Party};
use crate::server::route::origin;
use crate::server::state::{AccessToken, State};
use crate::server::{FakeServer, RecordedRequest, answer, oauth1};

/// Answers for the API. The test's own function is called without the lock, so that it may use the
/// server.
pub(in crate::server) fn api(server: &FakeServer, request: &RecordedRequest) -> Response<Bytes> {
    if let Some(refusal) = api_refusal(server, request) {
        return refusal;
    }
    let own = server.lock().api.answer.clone();
    let mut answer = own.map_or_else(|| answer::empty(StatusCode::OK), |answer| answer(request));
    server.lock().dpop.announce(Party::Api, &mut answer);
    answer
}

/// The answer to a call whose token is not good.
pub(in crate::server) fn api_refusal(
    server: &FakeServer,
    request: &RecordedRequest,
) -> Option<Response<Bytes>> {
    let is_elsewhere = is_elsewhere(&server.lock(), request);
    if !is_elsewhere && oauth1::is_signed(request) {
        return oauth1::api_refusal(server, request);
    }
    let mut state = server.lock();
    let mut refusal = refusal(&mut state, server, request)?;
    state.dpop.announce(Party::Api, &mut refusal);
    Some(refusal)
}

fn refusal(
    state: &mut State,
    server: &FakeServer,
    request: &RecordedRequest,
) -> Option<Response<Bytes>> {
    if is_elsewhere(state, request) {
        return Some(answer::empty(StatusCode::MISDIRECTED_REQUEST));
    }
    let token = request.access_token();
    let known = token.as_ref().and_then(|token| state.access_token(token));
    let known = known.cloned();
    let bound_to = known.as_ref().and_then(|known| known.jkt.as_deref());
    if let (Some(token), Some(bound_to)) = (&token, bound_to)
        && let Err(code) = dpop::of_api_call(state, server, request, (token, bound_to))
    {
        let challenge = AuthenticateChallenge::new("DPoP").with("error", code.as_str());
        return Some(challenged(StatusCode::UNAUTHORIZED, challenge.to_header()));
    }
    let state = &*state;
    // RFC 8705 section 3: a bound token over a connection with another certificate is not valid.
    let known = known
        .filter(|known| known.certificate.is_none() || known.certificate == request.thumbprint());
    match known {
        None => {
            let invalid = AuthenticateChallenge::new("Bearer").with("error", "invalid_token");
            let chosen = state.api.challenge.as_deref();
            let chosen = chosen.and_then(|text| HeaderValue::from_str(text).ok());
            let challenge = chosen.unwrap_or_else(|| invalid.to_header());
            Some(challenged(StatusCode::UNAUTHORIZED, challenge))
        }
        Some(known) if lacks_scope(state, &known) => {
            let scope = state.api.scope.as_ref().map_or("", |scope| scope.as_str());
            let challenge = AuthenticateChallenge::new("Bearer")
                .with("error", "insufficient_scope")
                .with("scope", scope);
            Some(challenged(StatusCode::FORBIDDEN, challenge.to_header()))
        }
        Some(_) => None,
    }
}

fn is_elsewhere(state: &State, request: &RecordedRequest) -> bool {
    let origin = origin(request.request().uri());
    let origins = state.api.origins.as_ref();
    origins.is_some_and(|origins| !origins.contains(&origin))
}

fn lacks_scope(state: &State, token: &AccessToken) -> bool {
    let needed = state.api.scope.as_ref();
    needed.is_some_and(|needed| {
        let granted = token.scope.as_ref();
        !granted.is_some_and(|granted| needed.is_subset(granted))
    })
}

fn challenged(status: StatusCode, challenge: HeaderValue) -> Response<Bytes> {
    let mut response = answer::empty(status);
    let headers = response.headers_mut();
    headers.insert(header::WWW_AUTHENTICATE, challenge);
    response
}
