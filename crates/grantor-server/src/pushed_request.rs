//! Authorization requests that clients pushed before the browser came (RFC 9126).

use grantor_core::{AuthorizationRequest, Environment, Params, Secret, Timestamp};
use grantor_store::{Conflict, Diagnostics, Kind, Record, Records, Stores, kinds};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::config::Config;
use crate::error::Error;
use crate::identifier::Identifier;
use crate::token::{OpaqueKind, OpaqueToken};

/// Requests that clients pushed before the browser came (RFC 9126).
#[derive(Debug)]
pub(crate) struct PushedRequests {
    records: Records<PushedRequest>,
    environment: Environment,
}

/// A request that was pushed, as it is stored. It is used up by the grant that it leads to, not by a
/// browser that loads it: a user who reloads a page goes on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PushedRequest {
    /// SHA-256 of the secret in its `request_uri`.
    hash: String,
    pub(crate) client_id: String,
    /// The client's epoch when it was pushed.
    pub(crate) client_epoch: String,
    /// The parameters.
    form: String,
    /// The only grant that it may lead to.
    pub(crate) grant: Identifier,
    /// Until when a browser may come with it. It is kept for longer, for the pages that are open.
    pub(crate) usable_until: Timestamp,
    expires_at: Timestamp,
}

impl Record for PushedRequest {
    const KIND: Kind = kinds::PUSHED_REQUESTS;
    const NAME: &'static str = "a pushed authorization request";

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl PushedRequest {
    /// The request.
    pub(crate) fn request(&self) -> Result<AuthorizationRequest, Error> {
        let params = Params::parse(self.form.as_bytes());
        let params = params.map_err(|error| Error::Internal(error.to_string()))?;
        Ok(AuthorizationRequest::from_params(&params))
    }
}

impl PushedRequests {
    pub(crate) fn prepare(stores: &Stores, diagnostics: &mut Diagnostics) -> Option<Self> {
        Some(Self {
            records: diagnostics.records(stores)?,
            environment: stores.environment().clone(),
        })
    }

    /// Keeps a request, which may lead to `grant`. The `request_uri` that stands for it.
    pub(crate) async fn keep(
        &self,
        client: &Client,
        form: &str,
        grant: Identifier,
        config: &Config,
    ) -> Result<Secret, Error> {
        let usable_until = self.environment.now() + config.pushed_request_lifetime;
        let token = OpaqueToken::mint(&self.environment);
        let record = PushedRequest {
            hash: token.hash(),
            client_id: client.id.clone(),
            client_epoch: client.epoch.clone(),
            form: form.to_owned(),
            grant,
            usable_until,
            expires_at: usable_until + config.interaction_lifetime,
        };
        let key = self.records.key(token.id.as_bytes());
        match self.records.create(&key, &record).await? {
            Ok(_) => Ok(token.to_text(OpaqueKind::PushedRequest)),
            Err(Conflict) => Err(Error::Internal("an identifier was drawn twice".to_owned())),
        }
    }

    /// The request that a `request_uri` stands for, if a client pushed one.
    pub(crate) async fn find(&self, request_uri: &str) -> Result<Option<PushedRequest>, Error> {
        let Some(token) = OpaqueToken::parse(OpaqueKind::PushedRequest, request_uri) else {
            return Ok(None);
        };
        let key = self.records.key(token.id.as_bytes());
        let record = self.records.get(&key).await?.map(|stored| stored.record);
        Ok(record.filter(|record| token.matches(&record.hash)))
    }
}

/// Returns whether a `request_uri` is of the kind that this server hands out (RFC 9126 section
/// 2.2).
pub(crate) fn is_ours(request_uri: &str) -> bool {
    request_uri.starts_with(OpaqueKind::PushedRequest.prefix())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<PushedRequest>();
    }
}
