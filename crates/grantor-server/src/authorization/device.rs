//! Requests of devices: how they begin, and how their users go on.

use grantor_core::BoxFuture;
use grantor_jose::check::holds;

use super::entry::Entry;
use super::incoming::Incoming;
use super::sealed_request::SealedRequest;
use super::{check_kept, check_length, go_on, stale_page, without_authentication};
use crate::error::Error;
use crate::http::{Browser, Call, Reply};
use crate::services::Services;
use crate::site::UserCodePrompt;
use crate::state::State;

/// A device begins (RFC 8628 section 3.1).
pub(crate) fn start<'a>(
    state: &'a State,
    call: &'a Call<'a>,
) -> BoxFuture<'a, Result<Reply, Error>> {
    let services = &state.services;
    Box::pin(async move {
        check_kept(services, call).await?;
        let params = without_authentication(&call.params, &call.client()?.id);
        let sealed = SealedRequest::new(services, params.to_form(), call.now);
        check_length(&sealed)?;
        let incoming = Incoming::without_pages(sealed, &params);
        go_on(services, call, Entry::Device, incoming).await
    })
}

/// The user of a device goes on, through the pages that ask who they are and what they allow.
///
/// Only the browser in which the code was typed in does: a link to these pages leads any other to the page
/// for the code, where its user compares it with the device (RFC 8628 section 5.4).
pub(super) async fn resume(
    services: &Services,
    call: &Call<'_>,
    sealed: SealedRequest,
    text: &str,
) -> Result<Reply, Error> {
    let (user_code, browser) = sealed.typed().ok_or_else(stale_page)?;
    let own = Browser::of(&call.head.headers, services).tag(services);
    if !holds("device.browser", own == browser) {
        let page = services.urls.verification.path();
        return Ok(Reply::redirect(&format!(
            "{page}?{}={user_code}",
            UserCodePrompt::INPUT
        )));
    }
    let found = services
        .devices
        .find(sealed.grant, &services.grants)
        .await?;
    let device = found.ok_or_else(stale_page)?.authorization;
    let incoming = Incoming {
        sealed,
        sealed_text: text.to_owned(),
        request: device.request()?,
        pushed: None,
        device: Some(device),
    };
    go_on(services, call, Entry::Verification, incoming).await
}
