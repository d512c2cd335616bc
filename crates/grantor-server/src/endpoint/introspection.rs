//! Introspection (RFC 7662), as JSON or signed (RFC 9701).

use grantor_core::{BoxFuture, Introspection, Timestamp};
use grantor_jose::check::holds;
use http::StatusCode;

use super::signed_introspection;
use crate::client::Client;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::grant::RefreshTokenText;
use crate::http::{Call, Reply};
use crate::services::Services;
use crate::state::State;

pub(crate) fn run<'a>(state: &'a State, call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
    let services = &state.services;
    Box::pin(async move {
        let answer = introspect(services, call).await?;
        match signed_introspection::wanted(services, call) {
            // Boxed, or every other answer would pay for the room of this.
            Some(algorithm) => {
                Box::pin(signed_introspection::reply(
                    services, call, algorithm, &answer,
                ))
                .await
            }
            None => Ok(Reply::json(StatusCode::OK, answer.to_json())),
        }
    })
}

async fn introspect(services: &Services, call: &Call<'_>) -> Result<Introspection, Error> {
    let caller = call.client()?;
    // The form of a token says what it is, so the hint is not needed.
    let token = call.params.get("token");
    let token = token.ok_or_else(|| Error::invalid_request("\"token\" is missing"))?;
    let answer = match RefreshTokenText::parse(token) {
        Some(presented) => Box::pin(read_refresh_token(services, &presented)).await?,
        None => services.tokens.read(token, Some(caller)).await?,
    };
    if may_see(caller, &answer) {
        return Ok(answer);
    }
    if answer.active {
        services.events.tell(&Event {
            endpoint: Some("introspection"),
            client_id: Some(&caller.id),
            reason: Some(
                "the token is another client's, and its audience is not the resource of this one",
            ),
            ..Event::new(EventKind::IntrospectionDenied)
        });
    }
    Ok(Introspection::inactive())
}

async fn read_refresh_token(
    services: &Services,
    presented: &RefreshTokenText,
) -> Result<Introspection, Error> {
    let Some(grant) = services.grants.of_refresh_token(presented).await? else {
        return Ok(Introspection::inactive());
    };
    let Some(state) = grant.refresh_state() else {
        return Ok(Introspection::inactive());
    };
    let current =
        state.generation == presented.claims.generation && state.nonce == presented.claims.nonce;
    let Some(registered) = services.clients.find(&grant.client_id).await? else {
        return Ok(Introspection::inactive());
    };
    let policy = services.policy_of(grant.grant_type(), &registered.client);
    let ends = [
        policy.refresh_token_lifetime.end(state.last_used),
        policy.grant_lifetime.end(grant.created_at),
    ];
    let expires_at = ends.into_iter().flatten().min();
    if !current
        || expires_at.is_some_and(|at| at <= services.environment.now())
        || !services.grants.is_current(&grant).await?
    {
        return Ok(Introspection::inactive());
    }
    Ok(Introspection {
        active: true,
        exp: expires_at.map(Timestamp::as_secs),
        iat: Some(state.issued_at.as_secs()),
        scope: (!grant.scope.is_empty()).then_some(grant.scope),
        sub: Some(grant.subject),
        client_id: Some(grant.client_id),
        iss: Some(services.issuer.to_string()),
        ..Introspection::default()
    })
}

/// A resource server sees tokens that are meant for it, any client its own.
fn may_see(caller: &Client, answer: &Introspection) -> bool {
    let own = answer.client_id.as_deref() == Some(caller.id.as_str());
    let resource = caller.resource_identifier.as_deref();
    let is_meant = resource.is_some_and(|resource| {
        let mut audience = answer.aud.iter();
        audience.any(|one| crate::resource::is_same(one, resource))
    });
    holds("introspection.audience", own || is_meant)
}
