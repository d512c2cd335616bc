//! Asking the server about tokens, and giving them up (RFC 7662, RFC 7009).

use std::sync::Arc;

use bytes::Bytes;
use grantor_core::{Introspection, IntrospectionRequest, RevocationRequest, TokenResponse};
use grantor_http::Transport;
use http::Response;

use super::Tokens;
use crate::authorization_server::endpoint::Endpoint;
use crate::cache::registry::Manager;
use crate::cache::slot::Slot;
use crate::error::Error;
use crate::observe::hooks::Call;
use crate::renew::election::in_time;
use crate::renew::grant::Grant;

impl Tokens {
    /// What the server knows of a token.
    ///
    /// # Errors
    /// The server has no introspection endpoint, refuses, or does not answer.
    pub async fn introspect(&self, request: &IntrospectionRequest) -> Result<Introspection, Error> {
        let answer = self.ask(Question::Introspect(request.clone())).await?;
        serde_json::from_slice(answer.body()).map_err(|_| {
            Error::refused("the introspection endpoint answered something that it should not")
        })
    }

    /// Gives up a token at the server. A token that is not good is no error.
    ///
    /// # Errors
    /// The server has no revocation endpoint, refuses, or does not answer.
    pub async fn revoke(&self, request: &RevocationRequest) -> Result<(), Error> {
        self.ask(Question::Revoke(request.clone())).await.map(drop)
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
        self.slot.manager.run(forget(manager, slot)).await
    }

    async fn ask(&self, question: Question) -> Result<Response<Bytes>, Error> {
        let manager = Arc::clone(&self.slot.manager);
        self.slot.manager.run(ask(manager, question)).await
    }
}

enum Question {
    Introspect(IntrospectionRequest),
    Revoke(RevocationRequest),
}

async fn forget(manager: Arc<Manager>, slot: Arc<Slot>) -> Result<(), Error> {
    if let Grant::Login(login) = &manager.grant {
        login.forget(&manager).await?;
    }
    for slot in manager.slots() {
        if let Some(under_way) = slot.under_way() {
            let _ = slot.wait(under_way).await;
        }
        let storage = &manager.storage;
        let key = storage.access_key(&slot.ask);
        in_time(storage.access.remove(&key)).await?;
        slot.forget();
    }
    manager.forget_subjects();
    slot.forget();
    Ok(())
}

async fn ask(manager: Arc<Manager>, question: Question) -> Result<Response<Bytes>, Error> {
    let app = manager.app()?;
    let (endpoint, call, name) = match &question {
        Question::Introspect(_) => (
            Endpoint::Introspection,
            Call::Introspection,
            "introspection endpoint",
        ),
        Question::Revoke(_) => (
            Endpoint::Revocation,
            Call::Revocation,
            "revocation endpoint",
        ),
    };
    let (url, client) = app.endpoint(&manager.shared.metadata, endpoint).await?;
    let (authentication, quirks) = (&client.authentication, &app.server.quirks);
    let mut request = match question {
        Question::Introspect(request) => request.to_request_with(&url, authentication, quirks),
        Question::Revoke(request) => request.to_request_with(&url, authentication, quirks),
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
