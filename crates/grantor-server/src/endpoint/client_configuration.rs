//! Management of a registration by its client (RFC 7592).

use grantor_core::{BoxFuture, Secret};
use http::{Method, StatusCode};
use serde_json::Value;

use super::registration::{bearer, describe, information, invalid_token, read, stored, tell};
use crate::client::SelfRegistered;
use crate::client::self_described::invalid_metadata;
use crate::error::Error;
use crate::event::EventKind;
use crate::http::{Call, Reply};
use crate::services::Services;
use crate::state::State;

pub(crate) fn run<'a>(state: &'a State, call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
    let services = &state.services;
    Box::pin(async move {
        let (registered, token) = authenticate(services, call).await?;
        match call.head.method {
            Method::PUT => replace(services, call, registered, &token).await,
            Method::DELETE => remove(services, registered, &token).await,
            _ => Ok(answer(services, registered)),
        }
    })
}

/// The registration that the token of a request belongs to. RFC 7592 section 2.1: 401, also if the
/// client is gone.
async fn authenticate(
    services: &Services,
    call: &Call<'_>,
) -> Result<(SelfRegistered, Secret), Error> {
    let id = call.params.get("client_id");
    if let (Some(id), Some(token)) = (id, bearer(&call.head.headers))
        && let Some(registered) = stored(services)?.registration(id, &token).await?
    {
        return Ok((registered, token));
    }
    let description = "the registration access token is missing, or not that of this client";
    Err(invalid_token(services, description))
}

async fn replace(
    services: &Services,
    call: &Call<'_>,
    registered: SelfRegistered,
    token: &Secret,
) -> Result<Reply, Error> {
    let id = registered.client.id;
    let metadata = read(&call.body)?;
    // RFC 7592 section 2.2 says what a request must and must not repeat.
    if metadata.extra.get("client_id").and_then(Value::as_str) != Some(&id) {
        return Err(invalid_metadata("\"client_id\" must be that of the client"));
    }
    for name in [
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
    ] {
        if metadata.extra.contains_key(name) {
            return Err(invalid_metadata(format!("\"{name}\" can't be changed")));
        }
    }
    if let Some(secret) = metadata.extra.get("client_secret") {
        check_secret(services, &id, secret, call).await?;
    }
    let new = describe(services, call, &id, &metadata).await?;
    let description = crate::client::Description::of(&metadata);
    let clients = stored(services)?;
    let changed = clients.reregister(&id, token, &new, &description).await?;
    let changed = changed.ok_or_else(|| invalid_token(services, "the client is gone"))?;
    tell(services, EventKind::RegistrationChanged, &changed);
    Ok(answer(services, changed))
}

/// A client does not choose its secret, so what it sends is the one that it has.
async fn check_secret(
    services: &Services,
    id: &str,
    secret: &Value,
    call: &Call<'_>,
) -> Result<(), Error> {
    let secret = Secret::new(secret.as_str().unwrap_or_default());
    let registered = services.clients.find(id).await?;
    let is_own = match registered {
        Some(registered) => registered.credentials.verify(&secret, call.now).await?,
        None => false,
    };
    match is_own {
        true => Ok(()),
        false => Err(invalid_metadata(
            "\"client_secret\" is not that of the client",
        )),
    }
}

async fn remove(
    services: &Services,
    registered: SelfRegistered,
    token: &Secret,
) -> Result<Reply, Error> {
    if registered.token != *token {
        let description = "the registration access token was replaced: use the newer one";
        return Err(invalid_token(services, description));
    }
    stored(services)?.remove(&registered.client.id).await?;
    tell(services, EventKind::RegistrationRemoved, &registered);
    let mut reply = Reply::no_content();
    reply.set(http::header::CACHE_CONTROL, "no-store");
    Ok(reply)
}

fn answer(services: &Services, registered: SelfRegistered) -> Reply {
    let information = information(services, registered);
    Reply::json(StatusCode::OK, information.to_json())
}
