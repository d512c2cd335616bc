//! Client authentication at the token endpoint and its neighbours (RFC 6749 section 2.3).

use std::sync::Arc;

use grantor_core::{ClientAuthentication, ErrorCode, Params, RequestView, Timestamp};
use http::HeaderMap;

use super::{Client, Clients};
use crate::error::Error;

/// Why a client did not authenticate. The peer gets one answer for all of them; the log gets this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthenticationFailure {
    /// No client has this identifier.
    UnknownClient,
    /// The secret is not one of the client's.
    WrongSecret,
    /// The client is registered for another way to authenticate.
    WrongMethod,
}

impl AuthenticationFailure {
    /// Its name in events and logs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::UnknownClient => "unknown client",
            Self::WrongSecret => "wrong secret",
            Self::WrongMethod => "wrong authentication method",
        }
    }
}

/// The client that a request comes from.
///
/// # Errors
/// `invalid_client` or `invalid_request`; or the table of clients can't be read.
pub(crate) async fn authenticate(
    clients: &dyn Clients,
    headers: &HeaderMap,
    params: &Params<'_>,
    now: Timestamp,
) -> Result<Arc<Client>, Unauthenticated> {
    let presented = ClientAuthentication::from_request(&RequestView::new(headers, params))
        .map_err(|response| Unauthenticated::from(Error::from(response)))?;
    let failed = |failure| Unauthenticated {
        client_id: Some(presented.client_id().to_owned()),
        failure: Some(failure),
        error: Error::refused(
            ErrorCode::InvalidClient,
            "the client is unknown, or its authentication is wrong",
        ),
    };
    let Some(registered) = clients.find(presented.client_id()).await? else {
        return Err(failed(AuthenticationFailure::UnknownClient));
    };
    let client = registered.client;
    if matches!(presented, ClientAuthentication::Assertion { .. }) {
        return Err(failed(AuthenticationFailure::WrongMethod));
    }
    match presented.client_secret() {
        None if client.is_public() => Ok(client),
        None => Err(failed(AuthenticationFailure::WrongMethod)),
        Some(_) if client.is_public() => Err(failed(AuthenticationFailure::WrongMethod)),
        Some(secret) if registered.credentials.verify(secret, now).await? => Ok(client),
        Some(_) => Err(failed(AuthenticationFailure::WrongSecret)),
    }
}

/// A request whose client did not authenticate.
#[derive(Debug)]
pub(crate) struct Unauthenticated {
    pub(crate) client_id: Option<String>,
    pub(crate) failure: Option<AuthenticationFailure>,
    pub(crate) error: Error,
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
