//! Clients that register themselves, and change their registration (RFC 7591, RFC 7592).

use bytes::Bytes;
use grantor_core::{ErrorCode, ErrorResponse};
use http::{Method, Response, StatusCode, header};
use serde_json::{Map, Value};

use crate::server::state::{Registered, State};
use crate::server::{FakeServer, RecordedRequest, answer};

/// Answers at `/register`, and at the URL of a client below it.
pub(super) fn answer(server: &FakeServer, request: &RecordedRequest) -> Response<Bytes> {
    let path = request.request().uri().path();
    let own = path.strip_prefix(server.issuer.path()).unwrap_or(path);
    let client_id = own.strip_prefix("/register/");
    let state = &mut server.lock();
    match (client_id, request.request().method()) {
        (None, &Method::POST) => register(server, state, request),
        (Some(client_id), method) => manage(server, state, request, (client_id, method)),
        _ => answer::empty(StatusCode::METHOD_NOT_ALLOWED),
    }
}

fn register(server: &FakeServer, state: &mut State, request: &RecordedRequest) -> Response<Bytes> {
    if let Some(wanted) = &state.initial_access_token
        && bearer(request) != Some(wanted)
    {
        return answer::empty(StatusCode::UNAUTHORIZED);
    }
    let Some(Value::Object(metadata)) = request.json() else {
        return refused("the body is not a JSON object");
    };
    if let Some(why) = refusal(&metadata) {
        return refused(why);
    }
    let number = state.registered.len() + 1;
    let client_id = format!("client-{number}");
    let is_public = metadata.get("token_endpoint_auth_method") == Some(&"none".into());
    let registered = Registered {
        secret: (!is_public).then(|| format!("secret-{number}")),
        token: format!("registration-{number}"),
        metadata,
        removed: false,
    };
    let body = information(server, &client_id, &registered);
    state.registered.insert(client_id, registered);
    answer::json(201, &body)
}

fn manage(
    server: &FakeServer,
    state: &mut State,
    request: &RecordedRequest,
    (client_id, method): (&str, &Method),
) -> Response<Bytes> {
    let Some(registered) = state.registered.get_mut(client_id) else {
        return answer::empty(StatusCode::UNAUTHORIZED);
    };
    // RFC 7592 section 2: a client that is gone has no valid token.
    if registered.removed || bearer(request) != Some(&registered.token) {
        return answer::empty(StatusCode::UNAUTHORIZED);
    }
    match *method {
        Method::GET => {}
        Method::DELETE => {
            registered.removed = true;
            return answer::empty(StatusCode::NO_CONTENT);
        }
        Method::PUT => {
            let Some(Value::Object(mut metadata)) = request.json() else {
                return refused("the body is not a JSON object");
            };
            if metadata.remove("client_id") != Some(client_id.into()) {
                return refused("\"client_id\" is not that of the registration");
            }
            if metadata.contains_key("registration_access_token") {
                return refused("\"registration_access_token\" is not the client's to say");
            }
            metadata.remove("client_secret");
            if let Some(why) = refusal(&metadata) {
                return refused(why);
            }
            registered.metadata = metadata;
        }
        _ => return answer::empty(StatusCode::METHOD_NOT_ALLOWED),
    }
    answer::json(200, &information(server, client_id, registered))
}

/// RFC 7591 section 3.2.1.
fn information(server: &FakeServer, client_id: &str, registered: &Registered) -> Value {
    let mut members = registered.metadata.clone();
    let own = server.issuer.join(&format!("/register/{client_id}"));
    members.insert("client_id".to_owned(), client_id.into());
    if let Some(secret) = &registered.secret {
        members.insert("client_secret".to_owned(), secret.as_str().into());
        members.insert("client_secret_expires_at".to_owned(), 0.into());
    }
    let token = registered.token.as_str().into();
    members.insert("registration_access_token".to_owned(), token);
    members.insert("registration_client_uri".to_owned(), own.as_str().into());
    Value::Object(members)
}

/// OpenID Connect Registration section 2: a web application has no redirect URI on this machine.
fn refusal(metadata: &Map<String, Value>) -> Option<&'static str> {
    let uris = metadata.get("redirect_uris").and_then(Value::as_array);
    let mut uris = uris.into_iter().flatten().filter_map(Value::as_str);
    let kind = metadata.get("application_type").and_then(Value::as_str);
    let is_web = kind.unwrap_or("web") == "web";
    let is_elsewhere = uris.any(|uri| !uri.starts_with("https://"));
    (is_web && is_elsewhere).then_some("a web application has a redirect URI that is not https")
}

fn refused(why: &str) -> Response<Bytes> {
    let code = ErrorCode::InvalidClientMetadata;
    answer::refusal(&ErrorResponse::new(code, why))
}

fn bearer(request: &RecordedRequest) -> Option<&str> {
    let header = request.headers().get(header::AUTHORIZATION)?;
    header.to_str().ok()?.strip_prefix("Bearer ")
}
