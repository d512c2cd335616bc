//! Which web pages may read an answer (the Fetch standard's CORS protocol).

use grantor_jose::check::holds;
use http::{HeaderMap, header};

use super::endpoints::{Cors, Endpoint};
use crate::client::Client;
use crate::http::Reply;

/// The answer to a preflight. It names no client, so it admits any origin; the answer to the request
/// itself does not. Credentials of the browser are never admitted.
pub(crate) fn preflight(endpoint: &Endpoint) -> Reply {
    let methods: Vec<&str> = endpoint.methods.iter().map(http::Method::as_str).collect();
    let mut reply = Reply::no_content();
    reply.set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    reply.set(header::ACCESS_CONTROL_ALLOW_METHODS, &methods.join(", "));
    reply.set(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "Authorization, Content-Type, DPoP",
    );
    reply.set(header::ACCESS_CONTROL_MAX_AGE, "3600");
    reply
}

/// Adds the origin that may read an answer.
pub(crate) fn apply(
    endpoint: &Endpoint,
    headers: &HeaderMap,
    client: Option<&Client>,
    reply: &mut Reply,
) {
    match endpoint.cors {
        Cors::No => return,
        Cors::Any => reply.set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        Cors::Client => {
            let Some(origin) = headers.get(header::ORIGIN) else {
                return;
            };
            reply.set(header::VARY, "Origin");
            let origin = origin.to_str().unwrap_or_default();
            let is_its = client.is_some_and(|client| client.has_origin(origin));
            if !holds("cors.origin", is_its) {
                return;
            }
            reply.set(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
    }
    reply.set(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        "WWW-Authenticate, DPoP-Nonce, Retry-After",
    );
}
