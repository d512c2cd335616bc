//! The response with an access token.

use grantor_core::Authorized;

use super::answer::{Kept, answered_already, denied, keep};
use crate::authorization::context::{AuthorizationContext, UserAnswer};
use crate::error::Error;
use crate::event::EventKind;
use crate::http::{Reply, fault};
use crate::token::{Minting, TokenContents};

/// Issues a token, of a grant that has no other and no refresh token (RFC 6749 section 4.2.2). The token is
/// written before the answer is kept, as at the token endpoint: if another answer came first, nobody has
/// its text.
pub(super) async fn respond(context: &AuthorizationContext<'_>) -> Result<Reply, Error> {
    let services = context.services;
    let outcome = match context.answer()? {
        UserAnswer::Denied => Err(denied()),
        UserAnswer::Allowed { .. } if context.policy.dpop_bound_access_tokens => {
            let description = "a token in a redirect can't be bound to a key";
            return Err(Error::invalid_request(description));
        }
        UserAnswer::Allowed { allowed, .. } => {
            let (client, login) = (context.client()?, context.login()?);
            let named = services.effective_resources(client, &allowed.resources)?;
            let audience = named.into_iter().filter(|resource| !resource.is_empty());
            let contents = TokenContents::new(allowed.scope.clone(), audience.collect());
            let mut contents = contents
                .for_subject(login.subject.clone())
                .with_claims(login.access_token_claims.clone());
            let policy = &context.policy;
            let lifetime = policy.access_token_lifetime;
            let lifetime = lifetime.min(policy.grant_lifetime.duration().unwrap_or(lifetime));
            let mut minting = Minting {
                client,
                contents: &mut contents,
                grant: Some(context.sealed.grant),
                dpop_jkt: None,
                lifetime,
                now: context.call.now,
            };
            let token = services.tokens.mint(&mut minting).await?;
            let separator = services.config.scope_separator.to_string();
            let scope = allowed.scope.as_str().replace(' ', &separator);
            Ok(Authorized {
                access_token: Some(token),
                token_type: Some("Bearer".to_owned()),
                expires_in: Some(lifetime.as_secs()),
                scope: Some(scope).filter(|scope| !scope.is_empty()),
                ..Authorized::default()
            })
        }
    };
    let state = services.grants.opened();
    if keep(context, state, EventKind::AccessTokenIssued).await? == Kept::No {
        return Ok(fault::page(services, context.place(), &answered_already()));
    }
    Ok(fault::respond(services, context.address(), outcome))
}
