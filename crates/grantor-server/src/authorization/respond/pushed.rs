//! The response to a pushed request.

use grantor_core::{BoxFuture, PushedAuthorizationResponse};
use http::StatusCode;

use crate::authorization::context::AuthorizationContext;
use crate::authorization::flow::Flow;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::http::Reply;

/// Keeps a request that was checked, and gives its client what stands for it (RFC 9126 section 2.2).
pub(in crate::authorization) fn run<'a>(
    context: &'a mut AuthorizationContext<'_>,
) -> BoxFuture<'a, Result<Flow, Error>> {
    Box::pin(async move {
        let services = context.services;
        let client = context.client()?;
        let request_uri = services
            .pushed_requests
            .keep(
                client,
                &context.sealed.form,
                context.sealed.grant,
                &services.config,
            )
            .await?;
        services.events.tell(&Event {
            endpoint: Some("pushed authorization request"),
            client_id: Some(&client.id),
            ..Event::new(EventKind::RequestPushed)
        });
        let response = PushedAuthorizationResponse {
            request_uri: request_uri.expose().to_owned(),
            expires_in: services.config.pushed_request_lifetime,
        };
        Ok(Flow::Reply(Reply::json(
            StatusCode::CREATED,
            response.to_json(),
        )))
    })
}
