//! Token exchange (RFC 8693).

mod actor;
mod policy;
mod request;

use std::sync::Arc;

use grantor_core::{
    BoxFuture, ErrorCode, ErrorResponse, GrantParameters, Scope, TokenRequest, token_type,
};
use grantor_jose::check::{holds, is_off};

pub use policy::{Exchange, ExchangeDecision, ExchangePolicy};
pub use request::ExchangeRequest;

use super::{GrantType, Granted, TokenCall};
use crate::error::Error;
use crate::token::{PresentedToken, TokenContents};

/// A token in exchange for another one (RFC 8693), as an [`ExchangePolicy`] of the application allows.
///
/// The tokens that are presented are valid access tokens of this server. The new one ends no later than
/// either, and at once when the subject's token is revoked; it has no scope that the subject's token has
/// not, and no refresh token.
#[derive(Debug, Clone)]
pub struct TokenExchange {
    policy: Arc<dyn ExchangePolicy>,
}

impl TokenExchange {
    /// `grant_type` on the wire.
    pub const NAME: &'static str = "urn:ietf:params:oauth:grant-type:token-exchange";

    /// Exchanges the tokens that `policy` allows, and no others.
    #[must_use]
    pub fn new(policy: impl ExchangePolicy) -> Self {
        Self {
            policy: Arc::new(policy),
        }
    }
}

impl GrantType for TokenExchange {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn parameters(&self) -> &[&str] {
        &[
            "subject_token",
            "subject_token_type",
            "actor_token",
            "actor_token_type",
            "requested_token_type",
        ]
    }

    fn decide<'a>(&'a self, call: &'a TokenCall<'a>) -> BoxFuture<'a, Result<Granted, Error>> {
        Box::pin(exchange(call, &*self.policy))
    }
}

async fn exchange(call: &TokenCall<'_>, policy: &dyn ExchangePolicy) -> Result<Granted, Error> {
    let request = TokenRequest::from_params(call.params());
    let request = request.map_err(|error| Error::from(ErrorResponse::from(error)))?;
    let GrantParameters::TokenExchange {
        subject_token,
        subject_token_type,
        actor,
        requested_token_type,
    } = request.grant
    else {
        return Err(Error::Internal("not a token exchange".to_owned()));
    };
    let issued_token_type = issued_token_type(call, requested_token_type.as_deref())?;
    let subject = present(
        call,
        "subject_token",
        subject_token.expose(),
        &subject_token_type,
    )
    .await?;
    let actor = match actor {
        Some(actor) => {
            let token = actor.token.expose();
            Some(present(call, "actor_token", token, &actor.token_type).await?)
        }
        None => None,
    };
    actor::check_may_act(call, &subject, actor.as_ref())?;
    let audience = call.audience().await?;
    let requested_scope = match call.params().get("scope") {
        Some(_) => Some(call.requested_scope()?),
        None => None,
    };
    let most = call.most_scope();
    let asked = ExchangeRequest {
        most: &most,
        client: call.client(),
        subject: &subject,
        actor: actor.as_ref(),
        scope: requested_scope.as_ref(),
        audience: &audience,
        requested_token_type: requested_token_type.as_deref(),
        now: call.now(),
    };
    let allowed = match policy.decide(&asked).await? {
        ExchangeDecision::Allow(allowed) => allowed,
        _ if is_off("exchange.policy") => asked.requested(),
        // RFC 8693 section 2.2.2: "unacceptable based on policy" is invalid_request.
        _ => {
            let description = "the server's policy does not allow this exchange";
            return Err(Error::invalid_request(description));
        }
    };
    let act = actor::act(call, &subject, actor.as_ref(), allowed.client_acts)?;
    let scope = check_scope(&most, &subject, &allowed)?;
    let is_requested = allowed.audience.iter().all(|own| audience.contains(own));
    if !holds("exchange.audience", is_requested) {
        let problem = "the exchange policy allowed an audience that was not requested";
        return Err(Error::Internal(problem.to_owned()));
    }
    let ends = actor
        .iter()
        .fold(subject.expires_at, |ends, actor| ends.min(actor.expires_at));
    let left = ends.since(call.now());
    let mut contents = TokenContents::new(scope, allowed.audience)
        .for_subject(subject.sub())
        .with_claims(allowed.claims)
        .with_response_member("issued_token_type", issued_token_type);
    if !is_off("exchange.lifetime") {
        contents.lifetime = Some(allowed.lifetime.map_or(left, |lifetime| lifetime.min(left)));
    }
    if let Some(act) = act {
        contents.claims.insert("act".to_owned(), act);
    }
    contents.parent = Some(Box::new(subject.as_parent()));
    Ok(Granted::Issue(contents))
}

/// A token that is presented. RFC 8693 section 2.2.2: if it is "invalid for any reason", the error is
/// invalid_request.
async fn present(
    call: &TokenCall<'_>,
    name: &str,
    token: &str,
    kind: &str,
) -> Result<PresentedToken, Error> {
    if !matches!(kind, token_type::ACCESS_TOKEN | token_type::JWT) {
        let description = format!("\"{name}_type\" is not supported: access tokens are");
        return Err(Error::invalid_request(description));
    }
    let found = call.present(token).await?;
    let found = found
        .ok_or_else(|| Error::invalid_request(format!("\"{name}\" is not a valid access token")))?;
    // Otherwise a thief of a bound token would get another one for it.
    let same_key = found.dpop_jkt.is_none() || found.dpop_jkt.as_deref() == call.dpop_jkt();
    if !holds("exchange.bound_token", same_key) {
        let description = format!("\"{name}\" is bound to another key than that of the proof");
        return Err(Error::invalid_request(description));
    }
    Ok(found)
}

/// The type of the token that is issued (RFC 8693 section 3).
fn issued_token_type(call: &TokenCall<'_>, requested: Option<&str>) -> Result<&'static str, Error> {
    match requested {
        None | Some(token_type::ACCESS_TOKEN) => Ok(token_type::ACCESS_TOKEN),
        Some(token_type::JWT) if call.issues_jwts() => Ok(token_type::JWT),
        Some(_) => Err(Error::invalid_request(
            "\"requested_token_type\" is not one that this server issues",
        )),
    }
}

/// The scope lies within that of the client, and within that of the subject's token.
fn check_scope(most: &Scope, subject: &PresentedToken, allowed: &Exchange) -> Result<Scope, Error> {
    let refuse = |description| Err(Error::refused(ErrorCode::InvalidScope, description));
    if !allowed.scope.is_subset(most) {
        return refuse("the scope is more than the client may have");
    }
    let is_within = allowed.danger_wider_scope || allowed.scope.is_subset(&subject.scope);
    if !holds("exchange.scope", is_within) {
        return refuse("the scope is more than that of \"subject_token\"");
    }
    if allowed.scope.is_empty() && !subject.scope.is_empty() {
        return refuse("nothing is left of the scope of \"subject_token\"");
    }
    Ok(allowed.scope.clone())
}
