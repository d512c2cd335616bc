//! The token endpoint (RFC 6749 section 3.2).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{CertificateThumbprint, ErrorCode, ErrorResponse, Issuer};
use http::Response;
use serde_json::{Map, Value};

use crate::server::dpop::{self, Party};
use crate::server::grants::{self, Granted};
use crate::server::mtls;
use crate::server::openid::Beside;
use crate::server::state::{AccessToken, State};
use crate::server::{FakeServer, GrantAnswer, RecordedRequest, answer};

/// A test's change of the members of an answer.
pub(in crate::server) type TokenShape =
    Arc<dyn Fn(&Map<String, Value>) -> Response<Bytes> + Send + Sync>;

pub(super) fn answer(server: &FakeServer, request: &RecordedRequest) -> Response<Bytes> {
    let Some(grant_type) = request.grant_type() else {
        let why = "\"grant_type\" is missing";
        return answer::refusal(&ErrorResponse::new(ErrorCode::InvalidRequest, why));
    };
    let (served, custom) = {
        let state = server.lock();
        let served = state.grant_types.contains(&grant_type);
        (served, state.custom.get(&grant_type).cloned())
    };
    if !served {
        let code = ErrorCode::UnsupportedGrantType;
        return answer::refusal(&ErrorResponse::new(code, "not known here"));
    }
    let bound_to = match dpop::of_token_request(server, request) {
        Ok(bound_to) => bound_to,
        Err(code) => return dpop::refusal(server, code),
    };
    if mtls::grant_is_bound_to_another(&server.lock(), request) {
        let why = "the refresh token is bound to another certificate";
        return answer::refusal(&ErrorResponse::new(ErrorCode::InvalidGrant, why));
    }
    let certificate = request.thumbprint();
    // A test's own functions run without the lock: they may ask the server.
    let granted = match custom.map(|custom| custom(request)) {
        None => grants::builtin(server, &grant_type, request),
        Some(GrantAnswer::Token(extra)) => Ok(Granted {
            extra,
            ..Granted::of(request)
        }),
        Some(GrantAnswer::Login(extra)) => {
            let granted = Granted {
                extra,
                ..Granted::of(request)
            };
            Ok(granted.with_login(&mut server.lock()))
        }
        Some(GrantAnswer::Refused(refused)) => Err(refused),
        Some(GrantAnswer::Answer(answer)) => return answer,
    };
    let (members, shape) = match granted {
        Err(refused) => return answer::refusal(&refused),
        Ok(granted) => {
            let mut state = server.lock();
            if let (Some(login), Some(thumbprint)) = (granted.login, &bound_to) {
                state.dpop.bind_login(login, thumbprint);
            }
            if let (Some(login), Some(certificate)) = (granted.login, &certificate) {
                state.mtls.bind_login(login, certificate);
            }
            (
                issue(&server.issuer, &mut state, granted, (bound_to, certificate)),
                state.tokens.shape.clone(),
            )
        }
    };
    let mut answer = match shape {
        Some(shape) => shape(&members),
        None => answer::json(200, &Value::Object(members)),
    };
    server.lock().dpop.announce(Party::Server, &mut answer);
    answer
}

/// Makes an access token, and the members of its answer.
pub(super) fn issue(
    issuer: &Issuer,
    state: &mut State,
    granted: Granted,
    (bound_to, certificate): (Option<String>, Option<CertificateThumbprint>),
) -> Map<String, Value> {
    let now = state.now();
    state.issued += 1;
    let access_token = format!("access-{}", state.issued);
    let lifetime = state.tokens.lifetime;
    let issued = AccessToken {
        expires_at: state.end_after(lifetime),
        exp: lifetime.and_then(|lifetime| Some(state.now()? + lifetime)),
        scope: granted.scope.clone(),
        client_id: granted.client_id.clone(),
        subject: granted.subject.clone(),
        login: granted.login,
        jkt: bound_to,
        certificate,
    };
    let token_type = if issued.jkt.is_some() {
        "DPoP"
    } else {
        "Bearer"
    };
    let beside = Beside {
        access_token: Some(&access_token),
        ..Beside::default()
    };
    let id_token = state.openid.id_token(issuer, now, &granted, &beside);
    state.last_access_token = Some(issued.clone());
    state.access_tokens.insert(access_token.clone(), issued);
    let seconds = |duration: Duration| Value::from(duration.as_secs());
    let refresh_lifetime = granted.refresh_token.as_ref().and(state.logins.lifetime);
    let texts = [
        ("access_token", Some(access_token)),
        ("token_type", Some(token_type.to_owned())),
        ("id_token", id_token),
        ("refresh_token", granted.refresh_token),
        (
            "scope",
            granted.scope.map(|scope| scope.as_str().to_owned()),
        ),
    ];
    let numbers = [
        ("expires_in", lifetime),
        ("refresh_in", state.tokens.refresh_in),
        ("refresh_expires_in", refresh_lifetime),
    ];
    let texts = texts.map(|(name, text)| (name, text.map(Value::from)));
    let numbers = numbers.map(|(name, number)| (name, number.map(seconds)));
    let mut members: Map<String, Value> = texts
        .into_iter()
        .chain(numbers)
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect();
    if let Some(details) = granted.details {
        members.insert("authorization_details".to_owned(), details);
    }
    members.extend(granted.extra);
    members.extend(state.tokens.extra.clone());
    members.retain(|name, _| !state.tokens.omitted.contains(name));
    // A test that chose the token itself gets it taken, too.
    if let Some(Value::String(chosen)) = members.get("access_token")
        && let Some(issued) = state.last_access_token.clone()
    {
        state.access_tokens.insert(chosen.clone(), issued);
    }
    members
}
