//! The client that sent a request, and what is read while it authenticates.

use std::sync::Arc;

use grantor_core::{BoxFuture, Params};

use crate::client::Client;
use crate::client::authentication::{AuthenticationFailure, authenticate};
use crate::error::Error;
use crate::grant::{ReadGrant, RefreshTokenText};
use crate::http::Call;
use crate::identifier::Identifier;
use crate::services::Services;
use crate::token::{OpaqueKind, OpaqueToken};

/// The sender of a request, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Caller {
    pub(super) client: Option<Arc<Client>>,
    /// The registered client that a request claims to come from.
    claimed: Option<String>,
    pub(super) failure: Option<AuthenticationFailure>,
}

impl Caller {
    pub(super) fn id(&self) -> Option<&str> {
        let client = self.client.as_ref().map(|client| client.id.as_str());
        client.or(self.claimed.as_deref())
    }
}

/// Authenticates the sender. If that waits for a store, the grant that the request names is read
/// meanwhile ([`Call::grant`]), so that both cost one wait.
#[expect(
    clippy::manual_async_fn,
    reason = "an async function keeps its arguments twice, in the future of every request"
)]
pub(super) fn identify(
    services: &Services,
    call: &Call<'_>,
    caller: &mut Caller,
) -> impl Future<Output = Result<Arc<Client>, Error>> {
    async move {
        let read_grant = || read_grant(services, call);
        let authenticator = services.authenticator(&read_grant);
        match authenticate(&authenticator, call.head, &call.params, call.now).await {
            Ok(client) => {
                caller.client = Some(Arc::clone(&client));
                Ok(client)
            }
            Err(unauthenticated) => {
                caller.claimed = unauthenticated.client_id;
                caller.failure = unauthenticated.failure;
                Err(unauthenticated.error)
            }
        }
    }
}

fn read_grant<'a>(services: &'a Services, call: &'a Call<'_>) -> Option<BoxFuture<'a, ()>> {
    let id = named_grant(&call.params)?;
    Some(Box::pin(async move {
        // If the store fails, the grant type reads once more, and says so.
        if let Ok(grant) = services.grants.find(id).await {
            let _ = call.grant.set(Box::new(ReadGrant { id, grant }));
        }
    }))
}

/// The grant whose code or refresh token is among the parameters. Nothing has been verified of it.
fn named_grant(params: &Params<'_>) -> Option<Identifier> {
    let of_code = |text| Some(OpaqueToken::parse(OpaqueKind::Code, text)?.id);
    let of_refresh_token = |text| Some(RefreshTokenText::parse(text)?.claims.grant);
    let code = params.get("code").and_then(of_code);
    code.or_else(|| params.get("refresh_token").and_then(of_refresh_token))
}
