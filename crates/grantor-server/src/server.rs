use std::sync::Arc;
use std::sync::atomic::Ordering;

use grantor_core::{Environment, Introspection, Issuer};
use grantor_jose::digest::MacKey;
use grantor_store::Records;

use crate::endpoint::metadata::Documents;
use crate::grant::GrantRecord;
use crate::key::Keys;
use crate::revocation::Epochs;
use crate::token::Identifier;
use crate::token::{AccessTokenRecord, RevokedRecord};
use crate::{Anchor, Clients, Config, Counters, CountersSnapshot, Error, Grant, Site};

/// An authorization server: a `tower` service of `http` requests. Clones share everything.
#[derive(Debug, Clone)]
pub struct Server(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) environment: Environment,
    pub(crate) keys: Keys,
    pub(crate) clients: Arc<dyn Clients>,
    pub(crate) site: Arc<dyn Site>,
    pub(crate) grants: Vec<Arc<dyn Grant>>,
    pub(crate) grant_records: Records<GrantRecord>,
    pub(crate) access_tokens: Records<AccessTokenRecord>,
    pub(crate) revoked: Records<RevokedRecord>,
    pub(crate) epochs: Epochs,
    pub(crate) documents: Documents,
    pub(crate) counters: Counters,
    /// For the MACs of pages.
    pub(crate) page_key: MacKey,
}

impl Server {
    /// Who the server is.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.0.config.issuer
    }

    /// What it has done since it started.
    #[must_use]
    pub fn counters(&self) -> CountersSnapshot {
        self.0.counters.snapshot()
    }

    /// What a token is worth now, for a resource server in this process: no client has to
    /// authenticate, and the answer is as fresh as the store.
    ///
    /// # Errors
    /// The store failed: the token must then not be accepted.
    pub async fn introspect(&self, token: &str) -> Result<Introspection, Error> {
        self.0.inspect_access_token(token).await
    }

    /// Ends whatever hangs on an anchor: its tokens are good no longer, JWTs that are verified
    /// offline excepted, which live on for at most their lifetime.
    ///
    /// # Errors
    /// The store failed.
    pub async fn end(&self, anchor: &Anchor) -> Result<(), Error> {
        let epochs = &self.0.epochs;
        match anchor {
            Anchor::Grant(id) => match Identifier::parse(id) {
                Some(id) => self.0.end_grant(id, "ended by the server").await,
                None => Ok(()),
            },
            Anchor::Session(id) => epochs.end_session(id).await,
            Anchor::Subject(id) => epochs.end_subject(id).await,
            Anchor::Consent { subject, client_id } => epochs.end_consent(subject, client_id).await,
        }
    }

    /// Whether the store was seen to have lost writes: a refresh token was presented that is newer
    /// than its record.
    #[must_use]
    pub fn store_rolled_back(&self) -> bool {
        self.0.counters.rollbacks.load(Ordering::Relaxed) > 0
    }
}

impl Inner {
    pub(crate) fn note_rollback(&self) {
        crate::counters::count(&self.counters.rollbacks);
    }

    pub(crate) fn has_grant(&self, grant_type: &str) -> bool {
        self.grants.iter().any(|g| g.grant_type() == grant_type)
    }

    pub(crate) async fn is_known_resource(&self, resource: &str) -> Result<bool, Error> {
        let config = &self.config;
        Ok(config.default_audience.as_deref() == Some(resource)
            || config.resources.iter().any(|r| r == resource)
            || self.clients.is_resource(resource).await?)
    }
}
