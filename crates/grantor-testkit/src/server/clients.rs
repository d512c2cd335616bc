//! Client authentication (RFC 6749 section 2.3).

use grantor_core::{
    ClientAuthentication, ErrorCode, ErrorResponse, RequestView, Secret, TokenEndpointAuthMethod,
};
use http::header;

use super::RecordedRequest;
use super::state::State;

/// Refuses a client that is not known, or authenticates in a way that it may not.
pub(super) fn authenticate(state: &State, request: &RecordedRequest) -> Result<(), ErrorResponse> {
    let params = request.params();
    let mut view = RequestView::new(request.headers(), &params);
    if let Some(certificate) = request.certificate() {
        view = view.with_certificate(certificate);
    }
    let invalid = |why: &str| Err(ErrorResponse::new(ErrorCode::InvalidClient, why));
    if !request.headers().contains_key(header::AUTHORIZATION) && params.get("client_id").is_none() {
        // RFC 8693 section 2.1 and RFC 7523 section 3.1 leave it to the server.
        return match state.clients.is_empty() && state.mtls.clients.is_empty() {
            true => Ok(()),
            false => invalid("the client does not say who it is"),
        };
    }
    let client = ClientAuthentication::from_request(&view)?;
    if let Some(registered) = state.mtls.clients.get(client.client_id()) {
        let presented = match &client {
            ClientAuthentication::Tls { certificate, .. } => Some(certificate),
            _ => None,
        };
        return match presented == Some(registered) {
            true => Ok(()),
            false => invalid("another certificate than that of the client, or none"),
        };
    }
    let is_taken = match client {
        // An assertion is read by the tests that are about it, and verified by none of them, so nothing
        // tells its two methods apart.
        ClientAuthentication::Assertion { .. } => ASSERTED
            .iter()
            .any(|method| state.auth_methods.contains(method)),
        // A certificate of a client that is known by none only binds its tokens (RFC 8705 section 4).
        ClientAuthentication::Tls { .. } => {
            state.auth_methods.contains(&TokenEndpointAuthMethod::None)
        }
        _ => state.auth_methods.contains(&client.method()),
    };
    if !is_taken {
        return invalid("the client authenticates in a way that is not allowed");
    }
    let secret = client.client_secret().map(Secret::expose);
    if let Some(registered) = state.registered.get(client.client_id()) {
        return match !registered.removed && registered.secret.as_deref() == secret {
            true => Ok(()),
            false => invalid("the client is gone, or has another secret"),
        };
    }
    if state.clients.is_empty() && state.mtls.clients.is_empty() {
        return Ok(());
    }
    let known = state.clients.iter().any(|known| {
        known.client_id == client.client_id() && known.client_secret.as_deref() == secret
    });
    match known {
        true => Ok(()),
        false if secret.is_none() => invalid("another client, or no secret"),
        false => invalid("another client or another secret"),
    }
}

/// How a client authenticates that sends an assertion. A server that asks no client who it is takes one
/// too.
const ASSERTED: [TokenEndpointAuthMethod; 3] = [
    TokenEndpointAuthMethod::ClientSecretJwt,
    TokenEndpointAuthMethod::PrivateKeyJwt,
    TokenEndpointAuthMethod::None,
];
