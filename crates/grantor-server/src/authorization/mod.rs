//! The authorization endpoint (RFC 6749 section 4.1, RFC 7636, RFC 8707, RFC 9207), that of devices and
//! the page for their users (RFC 8628).
//!
//! [`table`] has all of its rules on one screen, in order: what is checked, when the site is asked
//! who the user is and what they decided, and what the decision issues.

mod check;
mod context;
mod device;
mod entry;
mod flow;
mod incoming;
mod respond;
mod sealed_request;
mod step;
mod table;
mod verification;

use grantor_core::{AuthorizationRequest, BoxFuture, ErrorCode, Params};
use grantor_jose::check::holds;
use http::StatusCode;
use http::header::{self, HeaderValue};

use context::AuthorizationContext;
use entry::Entry;
use incoming::Incoming;
use sealed_request::{Origin, SealedRequest};

pub(crate) use device::start as start_device;
pub(crate) use verification::run as verify_user_code;

use crate::error::{Error, Refusal};
use crate::http::{Browser, Call, Reply};
use crate::limits::KEPT_REQUESTS;
use crate::pushed_request::{PushedRequest, is_ours};
use crate::services::Services;
use crate::site::form::INTERACTION;
use crate::state::State;

/// A request arrives, by GET or POST: with its parameters, or with the `request_uri` of one that was
/// pushed.
pub(crate) fn front<'a>(
    state: &'a State,
    call: &'a Call<'a>,
) -> BoxFuture<'a, Result<Reply, Error>> {
    let services = &state.services;
    Box::pin(async move {
        let request = AuthorizationRequest::from_params(&call.params);
        let (request, pushed) = dereference(services, request).await?;
        let form = match &pushed {
            None => call.params.to_form(),
            Some(_) => by_reference(&call.params),
        };
        let mut sealed = SealedRequest::new(services, form, call.now);
        if let Some(pushed) = &pushed {
            check_unused(services, pushed, call).await?;
            sealed.grant = pushed.grant;
        }
        check_length(&sealed)?;
        let incoming = Incoming {
            sealed_text: sealed.seal(&services.page_keys.mac),
            sealed,
            request,
            pushed,
            device: None,
        };
        go_on(services, call, Entry::Front, incoming).await
    })
}

/// A client pushes a request, before the browser comes (RFC 9126).
pub(crate) fn push<'a>(
    state: &'a State,
    call: &'a Call<'a>,
) -> BoxFuture<'a, Result<Reply, Error>> {
    let services = &state.services;
    Box::pin(async move {
        let is_whole = call.params.get("request_uri").is_none();
        if !holds("par.no_request_uri", is_whole) {
            let description = "\"request_uri\" can't be pushed (RFC 9126 section 2.1)";
            return Err(Error::invalid_request(description));
        }
        check_kept(services, call).await?;
        let params = without_authentication(&call.params, &call.client()?.id);
        let sealed = SealedRequest::new(services, params.to_form(), call.now);
        // RFC 9126 section 2.3.
        let too_large = |_| {
            let refusal = Refusal::new(ErrorCode::InvalidRequest, "the request is over 8 KiB");
            Error::from(refusal.with_status(StatusCode::PAYLOAD_TOO_LARGE))
        };
        check_length(&sealed).map_err(too_large)?;
        let incoming = Incoming::without_pages(sealed, &params);
        go_on(services, call, Entry::Pushed, incoming).await
    })
}

/// A page sends its form, or the user comes back from the site's own pages.
pub(crate) fn resume<'a>(
    state: &'a State,
    call: &'a Call<'a>,
) -> BoxFuture<'a, Result<Reply, Error>> {
    let services = &state.services;
    Box::pin(async move {
        if let Some(error) = &call.malformed {
            return Err(Error::invalid_request(error.to_string()));
        }
        let text = call.params.get(INTERACTION).unwrap_or_default();
        let sealed = SealedRequest::open(text, services, call.now).ok_or_else(stale_page)?;
        if sealed.origin == Origin::Device {
            return device::resume(services, call, sealed, text).await;
        }
        let request = sealed.request().ok_or_else(stale_page)?;
        let (request, pushed) = dereference(services, request).await?;
        let incoming = Incoming {
            sealed,
            sealed_text: text.to_owned(),
            request,
            pushed,
            device: None,
        };
        go_on(services, call, Entry::Resume, incoming).await
    })
}

fn stale_page() -> Error {
    Error::invalid_request("this page is too old or was changed; begin again at the application")
}

async fn go_on(
    services: &Services,
    call: &Call<'_>,
    entry: Entry,
    incoming: Incoming,
) -> Result<Reply, Error> {
    let has_browser = entry.has_browser();
    let browser = has_browser.then(|| Browser::of(&call.head.headers, services));
    table::run(AuthorizationContext::new(
        services, call, entry, incoming, browser,
    ))
    .await
}

/// The request itself: the one that its client pushed, if this one only refers to it.
async fn dereference(
    services: &Services,
    request: AuthorizationRequest,
) -> Result<(AuthorizationRequest, Option<PushedRequest>), Error> {
    let request_uri = request.request_uri.as_deref();
    let Some(request_uri) = request_uri.filter(|uri| is_ours(uri)) else {
        return Ok((request, None));
    };
    let found = services.pushed_requests.find(request_uri).await?;
    let is_own = |pushed: &PushedRequest| {
        let client_id = request.client_id.as_ref();
        holds("par.client", Some(&pushed.client_id) == client_id)
    };
    let pushed = found.filter(is_own).ok_or_else(bad_request_uri)?;
    Ok((pushed.request()?, Some(pushed)))
}

/// The parameters that refer to a pushed request. Nothing else that comes with them counts, and no page
/// shows what was pushed (RFC 9126 section 4).
fn by_reference(params: &Params<'_>) -> String {
    let mut reference = Params::new();
    for name in ["client_id", "request_uri"] {
        reference.push_some(name, params.get(name));
    }
    reference.to_form()
}

/// Checks that a browser may still come with a request, and no user has answered it.
async fn check_unused(
    services: &Services,
    pushed: &PushedRequest,
    call: &Call<'_>,
) -> Result<(), Error> {
    let is_young = holds("par.expiry", call.now < pushed.usable_until);
    let is_unanswered = services.grants.find(pushed.grant).await?.is_none();
    match is_young && holds("par.single_use", is_unanswered) {
        true => Ok(()),
        false => Err(bad_request_uri()),
    }
}

fn bad_request_uri() -> Error {
    let description = "\"request_uri\" is unknown, used, too old, or not this client's; begin again \
                       at the application";
    Error::refused(ErrorCode::InvalidRequestUri, description)
}

/// The parameters of the request itself, with the client that authenticated.
fn without_authentication<'p>(params: &'p Params<'_>, client_id: &'p str) -> Params<'p> {
    const AUTHENTICATION: [&str; 4] = [
        "client_id",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
    ];
    let mut kept = Params::new();
    kept.push("client_id", client_id);
    for (name, value) in params.iter() {
        if !AUTHENTICATION.contains(&name) {
            kept.push(name, value);
        }
    }
    kept
}

/// A request that is kept is one of a client that authenticates, or of an address that has not sent too
/// many.
async fn check_kept(services: &Services, call: &Call<'_>) -> Result<(), Error> {
    if !call.client()?.is_public() {
        return Ok(());
    }
    let within = services.limits.try_from(call.head, &KEPT_REQUESTS).await?;
    if holds("kept_requests.limit", within) {
        return Ok(());
    }
    let description =
        "too many requests of public clients from this address; try again in a minute";
    Err(Refusal::new(ErrorCode::TemporarilyUnavailable, description)
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("60"))
        .with_status(StatusCode::TOO_MANY_REQUESTS)
        .into())
}

fn check_length(sealed: &SealedRequest) -> Result<(), Error> {
    match sealed.form.len() {
        0..=SealedRequest::MAX_FORM => Ok(()),
        _ => Err(Error::invalid_request("the request is over 8 KiB")),
    }
}
