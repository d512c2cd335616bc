//! The table of clients of a server to be, and the rules for clients that describe themselves.

use std::sync::Arc;

use grantor_store::{Diagnostics, Stores};

use crate::client::self_described::SelfDescribed;
use crate::client::{ClientAuthMethod, Clients, StoredClients};
use crate::config::Config;
use crate::fetch::Fetcher;
use crate::grant_type::{DeviceCode, GrantTypes};
use crate::key::Keys;

/// The table of clients, before there are keys.
pub(super) enum FoundClients {
    /// The application's.
    Own(Arc<dyn Clients>),
    /// That of the store.
    Stored(Box<StoredClients>),
}

impl FoundClients {
    /// The application's table, or that of the store, if it can be carried there.
    pub(super) fn find(
        own: Option<Arc<dyn Clients>>,
        stores: &Stores,
        config: &Config,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        if let Some(own) = own {
            return Some(Self::Own(own));
        }
        let stored = StoredClients::prepare(stores, diagnostics)?;
        Some(Self::Stored(Box::new(
            stored.cached_for(config.client_cache),
        )))
    }

    /// The clients, and the same again if they are those of the store.
    pub(super) fn with_keys(
        self,
        keys: &Arc<Keys>,
    ) -> (Arc<dyn Clients>, Option<Arc<StoredClients>>) {
        match self {
            Self::Own(clients) => (clients, None),
            Self::Stored(stored) => {
                let stored = Arc::new(stored.with_keys(keys));
                (Arc::clone(&stored) as _, Some(stored))
            }
        }
    }
}

/// The rules for clients that register themselves.
pub(super) fn self_registered(
    config: &Config,
    grant_types: Vec<String>,
    fetcher: Option<&Fetcher>,
) -> SelfDescribed {
    SelfDescribed {
        scope: config.scopes.clone(),
        own_scope_is_bound: config.profile.registered_scope_is_bound(),
        grant_types,
        auth_methods: vec![
            ClientAuthMethod::None,
            ClientAuthMethod::ClientSecretBasic,
            ClientAuthMethod::ClientSecretPost,
            ClientAuthMethod::PrivateKeyJwt,
        ],
        // RFC 7591 section 2 says HTTP Basic, and clients that say nothing send it in either way.
        default_auth_method: ClientAuthMethod::ClientSecret,
        key_addresses: fetcher.map(Fetcher::addresses),
    }
}

/// The grant types that a client may give itself: those of the server in which a user decides on a page
/// of the server.
pub(super) fn self_described_grant_types(grant_types: &GrantTypes) -> Vec<String> {
    let on_pages = ["authorization_code", "refresh_token", DeviceCode::NAME];
    let of_server = on_pages.iter().filter(|name| grant_types.contains(name));
    of_server.map(|name| (*name).to_owned()).collect()
}
