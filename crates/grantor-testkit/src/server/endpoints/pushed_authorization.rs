//! Authorization requests that clients push before the user comes (RFC 9126).

use std::borrow::Cow;

use bytes::Bytes;
use grantor_core::{ErrorCode, ErrorResponse, Params};
use http::Response;
use serde_json::json;

use crate::server::state::State;
use crate::server::{FakeServer, RecordedRequest, answer};

/// Keeps a request. The client was authenticated before.
pub(super) fn answer(server: &FakeServer, request: &RecordedRequest) -> Response<Bytes> {
    let params = request.params();
    let invalid = |why: &str| {
        let code = ErrorCode::InvalidRequest;
        answer::refusal(&ErrorResponse::new(code, why))
    };
    if params.get("request_uri").is_some() {
        return invalid("\"request_uri\" is not pushed");
    }
    let Some(client_id) = request.client_id() else {
        return invalid("\"client_id\" is missing");
    };
    let mut pushed = Params::new();
    let secret = |name: &str| name == "client_id" || name.starts_with("client_");
    for (name, value) in params.iter().filter(|(name, _)| !secret(name)) {
        pushed.push(name.to_owned(), value.to_owned());
    }
    pushed.push("client_id", client_id);
    let mut state = server.lock();
    let number = state.pushed.len() + 1;
    let request_uri = format!("urn:ietf:params:oauth:request_uri:pushed-{number}");
    state.pushed.push(Some(pushed.to_form()));
    answer::json(
        201,
        &json!({ "request_uri": request_uri, "expires_in": 60 }),
    )
}

/// The parameters of the request that a browser brings: its own, or those that were pushed, once.
pub(super) fn resolve<'a>(state: &mut State, query: &'a str) -> Result<Cow<'a, str>, &'static str> {
    let params = Params::parse(query.as_bytes()).map_err(|_| "the parameters can't be read")?;
    let Some(request_uri) = params.get("request_uri") else {
        return match state.requires_pushed {
            true => Err("the request has to be pushed"),
            false => Ok(Cow::Borrowed(query)),
        };
    };
    let number = request_uri
        .rsplit('-')
        .next()
        .and_then(|text| text.parse().ok());
    let number: usize = number.unwrap_or_default();
    let kept = number
        .checked_sub(1)
        .and_then(|at| state.pushed.get_mut(at));
    let pushed = kept.and_then(Option::take);
    let pushed = pushed.ok_or("the \"request_uri\" is not known, or was used")?;
    let own = Params::parse(pushed.as_bytes()).map_err(|_| "the parameters can't be read")?;
    if own.get("client_id") != params.get("client_id") {
        return Err("the \"request_uri\" is of another client");
    }
    Ok(Cow::Owned(pushed))
}
