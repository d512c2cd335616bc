//! Client authentication at the token endpoint and its neighbours (RFC 6749 section 2.3).

mod assertion;
mod failure;
mod guesses;
mod meanwhile;

use std::sync::Arc;

use grantor_core::{ClientAuthentication, Params, RequestView, Timestamp};
use grantor_jose::check::holds;
use http::request::Parts;

pub(crate) use assertion::AssertionVerifier;
pub(crate) use failure::{AuthenticationFailure, Unauthenticated};
use guesses::Guesses;
pub(crate) use meanwhile::Meanwhile;
use meanwhile::WithMeanwhile;

use super::{Client, ClientAuthMethod, Clients, Registered};
use crate::error::Error;
use crate::limits::Limits;

/// The services that authenticate clients.
#[derive(Clone, Copy)]
pub(crate) struct Authenticator<'a> {
    pub(crate) clients: &'a Arc<dyn Clients>,
    pub(crate) limits: &'a Limits,
    pub(crate) assertions: &'a AssertionVerifier,
    /// What is done while a client is looked up, if that waits for a store.
    pub(crate) meanwhile: Meanwhile<'a>,
}

/// The client that a request comes from.
///
/// # Errors
/// `invalid_client` or `invalid_request`; or the table of clients can't be read.
#[expect(
    clippy::manual_async_fn,
    reason = "an async function keeps its arguments twice, in the future of every request"
)]
pub(crate) fn authenticate(
    authenticator: &Authenticator<'_>,
    head: &Parts,
    params: &Params<'_>,
    now: Timestamp,
) -> impl Future<Output = Result<Arc<Client>, Unauthenticated>> {
    async move {
        let presented =
            ClientAuthentication::from_request(&RequestView::new(&head.headers, params))
                .map_err(|response| Unauthenticated::from(Error::from(response)))?;
        let id = presented.client_id();
        let found = WithMeanwhile {
            first: authenticator.clients.find_for(id, head),
            meanwhile: Some(authenticator.meanwhile),
        };
        let Some(registered) = found.await? else {
            return Err(Unauthenticated::new(
                None,
                AuthenticationFailure::UnknownClient,
            ));
        };
        let failed = |failure| match registered.mistake() {
            Some(mistake) => mistake.into(),
            None => Unauthenticated::new(Some(id), failure),
        };
        let is_registered = registered.client.auth_method.is_used_by(&presented);
        if !holds("client.method", is_registered) {
            return Err(failed(AuthenticationFailure::WrongMethod));
        }
        let guesses = Guesses::of(authenticator.limits, head, id);
        let secret = match (&presented, presented.client_secret()) {
            (_, Some(secret)) => secret,
            (ClientAuthentication::Assertion { assertion, .. }, None) => {
                // Boxed, to leave no room for it in the future of every request.
                let verify = by_assertion(authenticator, &registered, assertion, &guesses, now);
                return match Box::pin(verify).await? {
                    None => Ok(registered.client),
                    Some(failure) => Err(failed(failure)),
                };
            }
            _ => return Ok(registered.client),
        };
        // Rare, and boxed to leave no room for it in the future of every request.
        if guesses.may_stop(&registered.credentials) && Box::pin(guesses.are_too_many()).await? {
            return Err(failed(AuthenticationFailure::TooManyAttempts));
        }
        let is_right = registered.credentials.verify(secret, now).await?;
        if holds("client.secret", is_right) {
            return Ok(registered.client);
        }
        Err(failed(match Box::pin(guesses.is_within_limit()).await? {
            true => AuthenticationFailure::WrongSecret,
            false => AuthenticationFailure::TooManyAttempts,
        }))
    }
}

/// The failure of an assertion. A wrong signature under a secret is a guess of the secret.
async fn by_assertion(
    authenticator: &Authenticator<'_>,
    registered: &Registered,
    assertion: &grantor_core::Secret,
    guesses: &Guesses<'_>,
    now: Timestamp,
) -> Result<Option<AuthenticationFailure>, Error> {
    let Registered {
        client,
        credentials,
    } = registered;
    let signs_with_secret = client.auth_method == ClientAuthMethod::ClientSecretJwt;
    if signs_with_secret && guesses.may_stop(credentials) && guesses.are_too_many().await? {
        return Ok(Some(AuthenticationFailure::TooManyAttempts));
    }
    let verifier = authenticator.assertions;
    let failure = verifier.verify(client, credentials, assertion, now).await?;
    let guessed = failure
        == Some(AuthenticationFailure::WrongAssertion(
            grantor_jose::Error::BadSignature,
        ))
        && signs_with_secret;
    if guessed && !guesses.is_within_limit().await? {
        return Ok(Some(AuthenticationFailure::TooManyAttempts));
    }
    Ok(failure)
}
