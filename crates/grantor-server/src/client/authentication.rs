//! Client authentication at the token endpoint and its neighbours (RFC 6749 section 2.3).

use std::sync::Arc;

use grantor_core::{ClientAuthentication, ErrorCode, Params, RequestView, Timestamp};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};

use super::{Client, Clients};
use crate::error::{Error, Refusal};
use crate::limits::{Bucket, Limits};

/// The reason why a client did not authenticate. The peer gets one answer for all of them; the log
/// gets this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthenticationFailure {
    /// No client has this identifier.
    UnknownClient,
    /// The secret is not one of the client's.
    WrongSecret,
    /// The client is registered for another way to authenticate.
    WrongMethod,
    /// Too many wrong secrets came from this address.
    TooManyAttempts,
}

impl AuthenticationFailure {
    /// Its name in events and logs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::UnknownClient => "unknown client",
            Self::WrongSecret => "wrong secret",
            Self::WrongMethod => "wrong authentication method",
            Self::TooManyAttempts => "too many wrong secrets",
        }
    }
}

/// The client that a request comes from.
///
/// # Errors
/// `invalid_client` or `invalid_request`; or the table of clients can't be read.
pub(crate) async fn authenticate(
    clients: &dyn Clients,
    limits: &Limits,
    head: &Parts,
    params: &Params<'_>,
    now: Timestamp,
) -> Result<Arc<Client>, Unauthenticated> {
    let view = RequestView::new(&head.headers, params);
    let presented = ClientAuthentication::from_request(&view)
        .map_err(|response| Unauthenticated::from(Error::from(response)))?;
    let id = presented.client_id();
    let Some(registered) = clients.find(id).await? else {
        return Err(Unauthenticated::new(
            None,
            AuthenticationFailure::UnknownClient,
        ));
    };
    let client = registered.client;
    let failed = |failure| Unauthenticated::new(Some(id), failure);
    let is_assertion = matches!(presented, ClientAuthentication::Assertion { .. });
    let secret = match presented.client_secret() {
        None if client.is_public() && !is_assertion => return Ok(client),
        Some(secret) if !client.is_public() => secret,
        _ => return Err(failed(AuthenticationFailure::WrongMethod)),
    };
    let guesses = Guesses::of(limits, head, id);
    // Rare, and boxed to leave no room for it in the future of every request.
    if registered.credentials.may_be_slow() && Box::pin(guesses.is_limit_reached()).await? {
        return Err(failed(AuthenticationFailure::TooManyAttempts));
    }
    // Before the limit, so that nobody locks a client out from an address that they share: a right
    // secret is no guess.
    if registered.credentials.verify(secret, now).await? {
        return Ok(client);
    }
    Err(failed(match Box::pin(guesses.is_within_limit()).await? {
        true => AuthenticationFailure::WrongSecret,
        false => AuthenticationFailure::TooManyAttempts,
    }))
}

/// The wrong secrets of one client from one address. Guessing stops nobody else.
struct Guesses<'a> {
    limits: &'a Limits,
    head: &'a Parts,
    client_id: &'a str,
}

impl<'a> Guesses<'a> {
    fn of(limits: &'a Limits, head: &'a Parts, client_id: &'a str) -> Self {
        Self {
            limits,
            head,
            client_id,
        }
    }

    async fn is_limit_reached(&self) -> Result<bool, Error> {
        match self.name() {
            Some(name) => {
                self.limits
                    .is_reached(Bucket::WrongClientSecrets, &name)
                    .await
            }
            None => Ok(false),
        }
    }

    /// Counts a wrong secret, and returns whether it is within the limit.
    async fn is_within_limit(&self) -> Result<bool, Error> {
        match self.name() {
            Some(name) => self.limits.try_now(Bucket::WrongClientSecrets, &name).await,
            None => Ok(true),
        }
    }

    fn name(&self) -> Option<String> {
        Some(format!(
            "{}:{}",
            self.limits.address(self.head)?,
            self.client_id
        ))
    }
}

/// A request whose client did not authenticate.
#[derive(Debug)]
pub(crate) struct Unauthenticated {
    /// The registered client that it claims to be.
    pub(crate) client_id: Option<String>,
    pub(crate) failure: Option<AuthenticationFailure>,
    pub(crate) error: Error,
}

impl Unauthenticated {
    fn new(client_id: Option<&str>, failure: AuthenticationFailure) -> Self {
        let error = match failure {
            AuthenticationFailure::TooManyAttempts => {
                let description = "too many wrong secrets; try again in a minute";
                let refusal = Refusal::new(ErrorCode::TemporarilyUnavailable, description);
                let wait = HeaderValue::from_static("60");
                let refusal = refusal.with_header(header::RETRY_AFTER, wait);
                refusal.with_status(StatusCode::TOO_MANY_REQUESTS).into()
            }
            _ => Error::refused(
                ErrorCode::InvalidClient,
                "the client is unknown, or its authentication is wrong",
            ),
        };
        Self {
            client_id: client_id.map(str::to_owned),
            failure: Some(failure),
            error,
        }
    }
}

impl From<Error> for Unauthenticated {
    fn from(error: Error) -> Self {
        Self {
            client_id: None,
            failure: None,
            error,
        }
    }
}
