//! The authorization endpoint (RFC 6749 section 4.1, RFC 7636, RFC 8707, RFC 9207).
//!
//! [`table`] has all of its rules on one screen, in order: what is checked, when the site is asked
//! who the user is and what they decided, and what the decision issues.

mod check;
mod context;
mod entry;
mod flow;
mod respond;
mod sealed_request;
mod step;
mod table;

use grantor_core::{AuthorizationRequest, BoxFuture};

use context::AuthorizationContext;
use entry::Entry;
use sealed_request::SealedRequest;

use crate::error::Error;
use crate::http::{Browser, Call, Reply};
use crate::services::Services;
use crate::site::form::INTERACTION;
use crate::state::State;

/// A request arrives, by GET or POST.
pub(crate) fn front<'a>(
    state: &'a State,
    call: &'a Call<'a>,
) -> BoxFuture<'a, Result<Reply, Error>> {
    let services = &state.services;
    Box::pin(async move {
        let sealed = SealedRequest::new(services, call.params.to_form(), call.now);
        if sealed.form.len() > SealedRequest::MAX_FORM {
            return Err(Error::invalid_request("the request is over 8 KiB"));
        }
        let text = sealed.seal(&services.page_keys.mac);
        let request = AuthorizationRequest::from_params(&call.params);
        go_on(services, call, Entry::Front, sealed, text, request).await
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
        let sealed = SealedRequest::open(text, services, call.now);
        let request = sealed.as_ref().and_then(SealedRequest::request);
        let (Some(sealed), Some(request)) = (sealed, request) else {
            return Err(Error::invalid_request(
                "this page is too old or was changed; begin again at the application",
            ));
        };
        go_on(
            services,
            call,
            Entry::Resume,
            sealed,
            text.to_owned(),
            request,
        )
        .await
    })
}

async fn go_on(
    services: &Services,
    call: &Call<'_>,
    entry: Entry,
    sealed: SealedRequest,
    text: String,
    request: AuthorizationRequest,
) -> Result<Reply, Error> {
    let action = services
        .issuer
        .join(&services.config.paths.resume)
        .path()
        .to_owned();
    let browser = Browser::of(&call.head.headers, services)?;
    let context = AuthorizationContext::new(
        services, call, entry, sealed, text, request, action, browser,
    );
    table::run(context).await
}
