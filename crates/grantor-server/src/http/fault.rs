//! The one place where a fault becomes JSON, a page, or a redirect to the client.

use grantor_core::{
    AuthenticateChallenge, AuthorizationResponse, Authorized, ErrorResponse, RedirectUri,
    ResponseMode,
};
use grantor_jose::check::is_off;
use http::{StatusCode, header};

use super::Reply;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::services::Services;

/// Where a fault happened, for its event.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) client_id: Option<&'a str>,
    /// The true reason, where the peer must not learn it.
    pub(crate) reason: Option<&'a str>,
}

/// An error of the token endpoint and its neighbours (RFC 6749 section 5.2).
pub(crate) fn json(services: &Services, place: Place<'_>, error: &Error) -> Reply {
    tell(services, place, error);
    let (status, response) = error.to_wire();
    let mut reply = Reply::json(status, response.to_json());
    add_headers(error, status, &mut reply);
    if status == StatusCode::UNAUTHORIZED && !reply.has(&header::WWW_AUTHENTICATE) {
        let challenge = AuthenticateChallenge::new("Basic").with("realm", services.issuer.as_str());
        reply.insert(header::WWW_AUTHENTICATE, challenge.to_header());
    }
    reply
}

/// A page for the user, as long as it is not known where the client is.
pub(crate) fn page(services: &Services, place: Place<'_>, error: &Error) -> Reply {
    tell(services, place, error);
    let (status, response) = error.to_wire();
    // 401 would need a challenge, and with Basic the browser opens a dialog of its own.
    let status = match status {
        StatusCode::UNAUTHORIZED => StatusCode::BAD_REQUEST,
        status => status,
    };
    let mut reply = Reply::page(services.site.error(status, &response));
    add_headers(error, status, &mut reply);
    reply
}

/// An error that goes to the client, by a redirect.
pub(crate) fn redirect(
    services: &Services,
    place: Place<'_>,
    client: ClientAddress<'_>,
    error: &Error,
) -> Reply {
    tell(services, place, error);
    let (_, response) = error.to_wire();
    respond(services, client, Err(response))
}

/// Where an answer of the authorization endpoint goes, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientAddress<'a> {
    pub(crate) redirect_uri: &'a str,
    pub(crate) mode: &'a ResponseMode,
    pub(crate) state: Option<&'a str>,
}

/// The response of the authorization endpoint (RFC 6749 section 4.1.2, RFC 9207).
pub(crate) fn respond(
    services: &Services,
    client: ClientAddress<'_>,
    outcome: Result<Authorized, ErrorResponse>,
) -> Reply {
    let response = AuthorizationResponse {
        outcome,
        state: client
            .state
            .filter(|_| !is_off("response.state"))
            .map(str::to_owned),
        issuer: (!is_off("response.iss")).then(|| services.issuer.to_string()),
    };
    let params = response.to_params();
    Reply::redirect(&match client.mode {
        // RFC 6749 section 4.2.2. A registered URI has no fragment of its own.
        ResponseMode::Fragment => format!("{}#{}", client.redirect_uri, params.to_form()),
        _ => RedirectUri::with_query(client.redirect_uri, &params),
    })
}

fn add_headers(error: &Error, status: StatusCode, reply: &mut Reply) {
    if let Error::Refused(refusal) = error {
        for (name, value) in &refusal.headers {
            reply.append(name.clone(), value.clone());
        }
    }
    if status == StatusCode::SERVICE_UNAVAILABLE && !reply.has(&header::RETRY_AFTER) {
        reply.set(header::RETRY_AFTER, "1");
    }
}

/// A refusal is the peer's to read; a fault of the server goes to the log as one.
fn tell(services: &Services, place: Place<'_>, error: &Error) {
    let text;
    let (kind, reason) = match error {
        Error::Refused(refusal) => {
            let description = refusal.response.description.as_deref();
            (EventKind::RequestRefused, place.reason.or(description))
        }
        other => {
            text = other.to_string();
            (EventKind::RequestFailed, Some(text.as_str()))
        }
    };
    services.events.tell(&Event {
        endpoint: Some(place.endpoint),
        client_id: place.client_id,
        reason,
        ..Event::new(kind)
    });
}
