//! The check of `client_id`.

use grantor_core::BoxFuture;
use grantor_jose::check::is_off;

use super::unreadable;
use crate::authorization::context::AuthorizationContext;
use crate::authorization::flow::Flow;
use crate::error::Error;

/// The client is known. RFC 6749 section 4.1.2.1: otherwise the user gets a page, and is never redirected.
pub(in crate::authorization) fn run<'a>(
    context: &'a mut AuthorizationContext<'_>,
) -> BoxFuture<'a, Result<Flow, Error>> {
    Box::pin(async move {
        let missing = || unreadable(context.call, "\"client_id\" is missing");
        let id = context.request.client_id.as_deref().ok_or_else(missing)?;
        let clients = &context.services.clients;
        let registered = clients.find_for(id, context.call.head).await?;
        let unknown = || Error::invalid_request("the client is unknown");
        let client = registered.ok_or_else(unknown)?.client;
        context.policy = context.services.policy_of(context.grant_type(), &client);
        // What a user allowed was shown with a name and a redirect URI that may be others now.
        let asks = client.describes_itself() && !is_off("consent.self_described");
        context.requirements.ask_consent |= asks;
        context.client = Some(client);
        Ok(Flow::Continue)
    })
}
