//! The response with an authorization code.

use grantor_core::{BoxFuture, ResponseMode};

use super::answer::{Kept, answered_already, denied, keep};
use super::token;
use crate::authorization::context::{AuthorizationContext, UserAnswer};
use crate::authorization::flow::Flow;
use crate::error::Error;
use crate::event::EventKind;
use crate::grant::{CodeState, GrantState};
use crate::http::{Reply, fault};
use crate::token::{OpaqueKind, OpaqueToken};

/// Issues a code, which is the first state of the grant; or a token, if the request asks for one.
pub(in crate::authorization) fn run<'a>(
    context: &'a mut AuthorizationContext<'_>,
) -> BoxFuture<'a, Result<Flow, Error>> {
    Box::pin(async move { respond(context).await.map(Flow::Reply) })
}

async fn respond(context: &AuthorizationContext<'_>) -> Result<Reply, Error> {
    if context.response_mode == ResponseMode::Fragment {
        return token::respond(context).await;
    }
    let services = context.services;
    let id = context.sealed.grant;
    // The secret of the code is computed, so that a form that is sent twice gets one code.
    let secret = services
        .page_keys
        .mac
        .sign(&[b"grantor/code/1", id.as_bytes()]);
    let code = OpaqueToken::new(id, secret);
    let state = GrantState::Code(CodeState {
        hash: code.hash(),
        redirect_uri: context.request.redirect_uri.clone(),
        challenge: context.challenge.clone(),
        dpop_jkt: context.request.dpop_jkt.clone(),
        expires_at: context.call.now + context.policy.code_lifetime,
    });
    if keep(context, state, EventKind::CodeIssued).await? == Kept::No {
        return Ok(fault::page(services, context.place(), &answered_already()));
    }
    let outcome = match context.answer()? {
        UserAnswer::Allowed { .. } => Ok(code.to_text(OpaqueKind::Code).into()),
        UserAnswer::Denied => Err(denied()),
    };
    Ok(fault::respond(services, context.address(), outcome))
}
