//! The response to a pushed request.

use std::borrow::Cow;

use grantor_core::{BoxFuture, PushedAuthorizationResponse};
use http::StatusCode;

use crate::authorization::context::AuthorizationContext;
use crate::authorization::flow::Flow;
use crate::dpop::DPOP_NONCE;
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
        let proof = context.proof.as_ref();
        let form = match (proof, &context.request.dpop_jkt) {
            // RFC 9449 section 10.1: the code is bound to the key of the proof.
            (Some(proof), None) => {
                let form = &context.sealed.form;
                Cow::Owned(format!("{form}&dpop_jkt={}", proof.thumbprint()))
            }
            _ => Cow::Borrowed(&*context.sealed.form),
        };
        if let Some(proof) = proof {
            services.dpop.redeem(proof).await?;
        }
        let request_uri = services
            .pushed_requests
            .keep(client, &form, context.sealed.grant, &services.config)
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
        let mut reply = Reply::json(StatusCode::CREATED, response.to_json());
        if let Some(nonce) = proof.and_then(|proof| proof.next_nonce.clone()) {
            reply.insert(DPOP_NONCE, nonce);
        }
        Ok(Flow::Reply(reply))
    })
}
