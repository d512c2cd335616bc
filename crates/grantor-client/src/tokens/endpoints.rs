//! Asking the server about tokens, and giving them up (RFC 7662, RFC 7009).

use std::sync::Arc;

use bytes::Bytes;
use grantor_core::{Introspection, IntrospectionRequest, RevocationRequest, TokenResponse};
use grantor_http::Transport;
use http::Response;

use super::Tokens;
use crate::authorization_server::endpoint::Endpoint;
use crate::cache::registry::Manager;
use crate::cache::slot::TokenSlot;
use crate::error::Error;
use crate::observe::hooks::RequestKind;
use crate::renew::grant::Grant;
use crate::store::deadline::within_store_timeout;

impl Tokens {
    /// What the server knows of a token.
    ///
    /// # Errors
    /// The server has no introspection endpoint, refuses, or does not answer.
    pub async fn introspect(&self, request: &IntrospectionRequest) -> Result<Introspection, Error> {
        let answer = self.call(EndpointCall::Introspect(request.clone())).await?;
        serde_json::from_slice(answer.body()).map_err(|_| {
            Error::refused("the introspection endpoint answered something that it should not")
        })
    }

    /// Gives up a token at the server. A token that is not good is no error.
    ///
    /// # Errors
    /// The server has no revocation endpoint, refuses, or does not answer.
    pub async fn revoke(&self, request: &RevocationRequest) -> Result<(), Error> {
        self.call(EndpointCall::Revoke(request.clone()))
            .await
            .map(drop)
    }

    /// Forgets the access tokens, and the login if there is one, here and in the store. The server
    /// learns nothing of it: [`revoke`](Self::revoke) first what it should forget too.
    ///
    /// Tokens of a client are fetched again when they are needed; a login is over.
    ///
    /// # Errors
    /// The store failed.
    pub async fn forget(&self) -> Result<(), Error> {
        let (manager, slot) = (Arc::clone(&self.slot.manager), Arc::clone(&self.slot));
        self.slot.manager.run_on_worker(forget(manager, slot)).await
    }

    async fn call(&self, call_for: EndpointCall) -> Result<Response<Bytes>, Error> {
        let manager = Arc::clone(&self.slot.manager);
        self.slot
            .manager
            .run_on_worker(call_endpoint(manager, call_for))
            .await
    }
}

enum EndpointCall {
    Introspect(IntrospectionRequest),
    Revoke(RevocationRequest),
}

async fn forget(manager: Arc<Manager>, slot: Arc<TokenSlot>) -> Result<(), Error> {
    if let Grant::Login(login) = &manager.grant {
        login.forget(&manager).await?;
    }
    for slot in manager.slots() {
        if let Some(under_way) = slot.in_flight() {
            let _ = slot.wait(under_way).await;
        }
        let storage = &manager.storage;
        let key = storage.access_key(&slot.parameters);
        within_store_timeout(storage.access.remove(&key)).await?;
        slot.forget();
    }
    manager.forget_subjects();
    slot.forget();
    Ok(())
}

async fn call_endpoint(
    manager: Arc<Manager>,
    call_for: EndpointCall,
) -> Result<Response<Bytes>, Error> {
    let app = manager.app()?;
    let (endpoint, call, name) = match &call_for {
        EndpointCall::Introspect(_) => (
            Endpoint::Introspection,
            RequestKind::Introspection,
            "introspection endpoint",
        ),
        EndpointCall::Revoke(_) => (
            Endpoint::Revocation,
            RequestKind::Revocation,
            "revocation endpoint",
        ),
    };
    let (url, client) = app.endpoint(&manager.shared.metadata, endpoint).await?;
    let (authentication, quirks) = (&client.authentication, &app.server.quirks);
    let mut request = match call_for {
        EndpointCall::Introspect(request) => request.to_request_with(&url, authentication, quirks),
        EndpointCall::Revoke(request) => request.to_request_with(&url, authentication, quirks),
    };
    client.sign(&mut request);
    let answer = manager.wire(call).send(request).await?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    match TokenResponse::from_response(&answer) {
        Err(error) => Err(Error::at_endpoint(name, &error)),
        Ok(_) => Err(Error::refused(format!("the {name} answered with a token"))),
    }
}
