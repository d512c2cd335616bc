//! The response to a device that begins.

use grantor_core::{BoxFuture, DeviceAuthorizationResponse, Params};
use http::StatusCode;

use crate::authorization::context::AuthorizationContext;
use crate::authorization::flow::Flow;
use crate::device_authorization::Poll;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::http::Reply;
use crate::site::UserCodePrompt;

/// Keeps the request of a device, and gives it a code for itself and one for its user (RFC 8628
/// section 3.2).
pub(in crate::authorization) fn run<'a>(
    context: &'a mut AuthorizationContext<'_>,
) -> BoxFuture<'a, Result<Flow, Error>> {
    Box::pin(async move {
        let services = context.services;
        let client = context.client()?;
        let (device_code, user_code) = services
            .devices
            .start(
                client,
                context.sealed.form.clone(),
                &services.page_keys.user_codes,
                &services.config,
            )
            .await?;
        services.events.tell(&Event {
            endpoint: Some("device authorization"),
            client_id: Some(&client.id),
            ..Event::new(EventKind::DeviceCodeIssued)
        });
        let user_code = user_code.to_text();
        let verification_uri = services.urls.verification.clone();
        let mut complete = verification_uri.clone();
        let mut query = Params::new();
        query.push(UserCodePrompt::INPUT, user_code.clone());
        complete.set_query(Some(&query.to_form()));
        let response = DeviceAuthorizationResponse {
            device_code,
            user_code,
            verification_uri,
            verification_uri_complete: Some(complete),
            expires_in: services.config.device_code_lifetime,
            interval: Poll::INTERVAL,
        };
        Ok(Flow::Reply(Reply::json(StatusCode::OK, response.to_json())))
    })
}
