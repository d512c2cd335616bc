//! Asking the server about tokens, and giving them up (RFC 7662, RFC 7009).

use bytes::Bytes;
use grantor_core::{ErrorResponse, Introspection, TokenQuery};
use grantor_http::Transport;
use http::Response;

use crate::app::Endpoint;
use crate::grant::Grant;
use crate::hook::Call;
use crate::turn::in_time;
use crate::{Error, Tokens};

impl Tokens {
    /// What the server knows of a token.
    ///
    /// # Errors
    /// The server has no introspection endpoint, refuses, or does not answer.
    pub async fn introspect(&self, query: &TokenQuery) -> Result<Introspection, Error> {
        let answer = self.ask(Endpoint::Introspection, query).await?;
        serde_json::from_slice(answer.body()).map_err(|_| {
            Error::refused("the introspection endpoint answered something that it should not")
        })
    }

    /// Gives up a token at the server. A token that is not good is no error.
    ///
    /// # Errors
    /// The server has no revocation endpoint, refuses, or does not answer.
    pub async fn revoke(&self, query: &TokenQuery) -> Result<(), Error> {
        self.ask(Endpoint::Revocation, query).await.map(drop)
    }

    /// Forgets the access tokens, and the login if there is one, here and in the store. The server
    /// learns nothing of it: [`revoke`](Self::revoke) first what it should forget too.
    ///
    /// Tokens of a client are fetched again when they are needed; a login is over.
    ///
    /// # Errors
    /// The store failed.
    pub async fn forget(&self) -> Result<(), Error> {
        let manager = &self.slot.manager;
        if let Grant::Login(login) = &manager.grant {
            login.forget(manager).await?;
        }
        for slot in manager.slots() {
            let storage = &manager.storage;
            let key = storage.access_key(&slot.ask);
            in_time(storage.access.remove(&key)).await?;
            slot.forget();
        }
        manager.forget_subjects();
        Ok(())
    }

    async fn ask(&self, endpoint: Endpoint, query: &TokenQuery) -> Result<Response<Bytes>, Error> {
        let manager = &self.slot.manager;
        let cache = &manager.shared.metadata;
        let (url, client) = manager.app()?.endpoint(cache, endpoint).await?;
        let mut request = query.to_request(&url, &client.authentication);
        client.sign(&mut request);
        let call = match endpoint {
            Endpoint::Revocation => Call::Revocation,
            _ => Call::Introspection,
        };
        let answer = manager.wire(call).send(request).await?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let said = serde_json::from_slice(answer.body()).ok();
        let said = said.as_ref().and_then(ErrorResponse::from_json);
        let message = match said {
            Some(error) => format!("the server refused: {error}"),
            None => format!("the server answered {}", status.as_u16()),
        };
        if status.is_server_error() || status.as_u16() == 429 {
            return Err(Error::transient(message));
        }
        Err(Error::refused(message))
    }
}
