//! Dynamic client registration (RFC 7591).

use grantor_core::{AuthenticateChallenge, Secret};
use grantor_core::{
    BoxFuture, ClientInformation, ClientMetadata, ErrorCode, InvalidClientMetadata,
};
use grantor_jose::check::holds;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::client::self_described::invalid_metadata;
use crate::client::{NewClient, RegisteredBy, SelfRegistered, StoredClients};
use crate::config::Registration;
use crate::error::{Error, Refusal};
use crate::event::{Event, EventKind};
use crate::http::{Call, Reply};
use crate::limits::{Bucket, REGISTRATIONS};
use crate::services::Services;
use crate::state::State;

pub(crate) fn run<'a>(state: &'a State, call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
    let services = &state.services;
    Box::pin(async move {
        check_initial_token(services, call).await?;
        check_limit(services, call).await?;
        let metadata = read(&call.body)?;
        let id = services.environment.random_text::<16>();
        let new = describe(services, call, &id, &metadata).await?;
        let description = crate::client::Description::of(&metadata);
        let unused_for = services.config.unused_client_lifetime;
        let clients = stored(services)?;
        let registered = clients.register(new, description, unused_for).await?;
        tell(services, EventKind::ClientRegistered, &registered);
        let information = information(services, registered);
        Ok(Reply::json(StatusCode::CREATED, information.to_json()))
    })
}

/// The clients of the store. A server with another table has no registration.
pub(super) fn stored(services: &Services) -> Result<&StoredClients, Error> {
    let missing = || Error::Internal("the clients are not those of the store".to_owned());
    services.stored_clients.as_deref().ok_or_else(missing)
}

/// Reads metadata that a client sent.
pub(super) fn read(json: &[u8]) -> Result<ClientMetadata, Error> {
    ClientMetadata::parse(json).map_err(|why| match why {
        InvalidClientMetadata::RedirectUri(why) => {
            Error::refused(ErrorCode::InvalidRedirectUri, why.to_string())
        }
        why => invalid_metadata(why.to_string()),
    })
}

/// The client that metadata describes, under the server's rules and the application's.
pub(super) async fn describe(
    services: &Services,
    call: &Call<'_>,
    id: &str,
    metadata: &ClientMetadata,
) -> Result<NewClient, Error> {
    let rules = &services.self_registered;
    let mut new = rules.client(id, metadata, RegisteredBy::Itself)?;
    if let Some(policy) = &services.registration_policy {
        policy.review(metadata, &mut new.client, call.head).await?;
        new.client.id = id.to_owned();
        new.client.registered_by = RegisteredBy::Itself;
        let problems = new.problems();
        if !problems.is_empty() {
            return Err(invalid_metadata(problems.join("; ")));
        }
    }
    Ok(new)
}

/// The information of a registered client (RFC 7591 section 3.2.1, RFC 7592 section 3).
pub(super) fn information(services: &Services, registered: SelfRegistered) -> ClientInformation {
    let client = &registered.client;
    let metadata = registered.description.metadata(client);
    let mut information = ClientInformation::new(&client.id, metadata);
    information.client_id_issued_at = Some(registered.registered_at.as_secs());
    if registered.secret.is_some() {
        information.client_secret_expires_at = Some(0);
    }
    information.client_secret = registered.secret;
    information.registration_access_token = Some(registered.token);
    let path = &services.config.paths.client_configuration;
    let mut url = services.issuer.join(path);
    url.query_pairs_mut().append_pair("client_id", &client.id);
    information.registration_client_uri = Some(url);
    information
}

pub(super) fn tell(services: &Services, kind: EventKind, registered: &SelfRegistered) {
    services.events.tell(&Event {
        endpoint: Some("registration"),
        client_id: Some(&registered.client.id),
        ..Event::new(kind)
    });
}

/// The bearer token of a request (RFC 6750 section 2.1).
pub(super) fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let is_bearer = scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty();
    is_bearer.then(|| Secret::new(token.trim()))
}

/// RFC 6750 section 3.1: the token is missing, or not a valid one.
pub(super) fn invalid_token(services: &Services, description: &str) -> Error {
    let challenge = AuthenticateChallenge::new("Bearer")
        .with("realm", services.issuer.as_str())
        .with("error", "invalid_token");
    Refusal::new(ErrorCode::InvalidToken, description)
        .with_status(StatusCode::UNAUTHORIZED)
        .with_header(header::WWW_AUTHENTICATE, challenge.to_header())
        .into()
}

async fn check_initial_token(services: &Services, call: &Call<'_>) -> Result<(), Error> {
    let Registration::WithToken(token) = &services.config.registration else {
        return Ok(());
    };
    let presented = bearer(&call.head.headers);
    if holds(
        "registration.initial_token",
        presented.as_ref() == Some(token),
    ) {
        return Ok(());
    }
    // A right token is accepted whatever the count, like a right secret.
    if presented.is_some() && !is_within_wrong_tokens(services, call).await? {
        let description = "too many wrong registration tokens; try again in a minute";
        return Err(too_many(description, "60"));
    }
    let description = "registration needs the initial access token of this server";
    Err(invalid_token(services, description))
}

async fn check_limit(services: &Services, call: &Call<'_>) -> Result<(), Error> {
    let limits = &services.limits;
    let within = limits.try_from(call.head, &REGISTRATIONS).await?;
    if holds("registration.limit", within) {
        return Ok(());
    }
    let description = "too many registrations; try again in an hour";
    Err(too_many(description, "3600"))
}

/// Counts a wrong token against the address that it comes from, if that is known.
async fn is_within_wrong_tokens(services: &Services, call: &Call<'_>) -> Result<bool, Error> {
    let bucket = Bucket::WrongRegistrationTokens;
    match services.limits.address(call.head) {
        Some(address) => services.limits.try_now(bucket, &address).await,
        None => Ok(true),
    }
}

fn too_many(description: &str, wait: &'static str) -> Error {
    Refusal::new(ErrorCode::TemporarilyUnavailable, description)
        .with_header(header::RETRY_AFTER, HeaderValue::from_static(wait))
        .with_status(StatusCode::TOO_MANY_REQUESTS)
        .into()
}
