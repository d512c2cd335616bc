//! The services that every renewal of one login or client needs.

use std::sync::{Arc, PoisonError, RwLock};

use grantor_core::Environment;
use grantor_http::MetadataCache;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
use grantor_http::TransportOptions;

use crate::authorization_server::AuthorizationServer;
use crate::authorization_server::connection::Connection;
use crate::authorization_server::issuer_keys::IssuerKeys;
use crate::config::origin::OriginIds;
use crate::config::policy::Policy;
use crate::error::Error;
use crate::observe::observer::Observer;
use crate::runtime::tasks::Tasks;
use crate::runtime::worker::Worker;
use crate::store::TokenStore;
use crate::token::dpop_key::DpopKey;
use crate::token::scheme::Scheme;

/// The services that many logins at one server may share.
#[derive(Debug, Clone)]
pub(crate) struct SharedServices {
    pub(crate) connection: Arc<Connection>,
    pub(crate) metadata: Arc<MetadataCache>,
    pub(crate) issuer_keys: Arc<IssuerKeys>,
    /// How sessions connect.
    #[cfg(any(feature = "reqwest", feature = "blocking"))]
    pub(crate) http_options: TransportOptions,
    pub(crate) worker: Arc<Worker>,
}

/// The services that all access tokens of one login or client share.
#[derive(Debug)]
pub(crate) struct Services {
    pub(crate) shared: SharedServices,
    pub(crate) server: CurrentServer,
    pub(crate) store: TokenStore,
    pub(crate) observer: Arc<Observer>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) tasks: Tasks,
    pub(crate) origin_ids: OriginIds,
    /// How requests carry the tokens.
    pub(crate) scheme: Scheme,
    /// The key that new tokens are bound to, if they are.
    pub(crate) dpop_key: Option<DpopKey>,
}

/// The server that tokens come from: none, the one that was named, or the one that was found last.
#[derive(Debug, Default)]
pub(crate) struct CurrentServer(RwLock<Option<Arc<AuthorizationServer>>>);

impl CurrentServer {
    pub(crate) fn new(server: Option<AuthorizationServer>) -> Self {
        Self(RwLock::new(server.map(Arc::new)))
    }

    pub(crate) fn get(&self) -> Option<Arc<AuthorizationServer>> {
        let current = self.0.read();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a server the current one.
    pub(crate) fn set(&self, server: &Arc<AuthorizationServer>) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *current = Some(Arc::clone(server));
    }
}

impl Services {
    /// The server, where tokens come from one.
    pub(crate) fn server(&self) -> Result<Arc<AuthorizationServer>, Error> {
        self.server.get().ok_or_else(|| {
            Error::configuration("these tokens come from no authorization server that is known")
        })
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.shared.connection.environment
    }
}
