//! Clients whose identifier is the URL of their metadata document, beside those of a table.

use std::sync::Arc;

use grantor_core::Environment;

use crate::client::self_described::SelfDescribed;
use crate::client::{ClientAuthMethod, Clients, DocumentClients};
use crate::config::Config;
use crate::fetch::Fetcher;
use crate::limits::Limits;

/// The clients, and those that are the URL of their metadata document.
pub(super) fn with_documents(
    clients: Arc<dyn Clients>,
    config: &Config,
    grant_types: Vec<String>,
    fetcher: Option<&Fetcher>,
    environment: &Environment,
    limits: &Limits,
) -> Arc<dyn Clients> {
    let allowed = config.profile.metadata_documents(config);
    let Some(fetcher) = fetcher.filter(|_| allowed.is_allowed()) else {
        return clients;
    };
    let rules = SelfDescribed {
        scope: config.scopes.clone(),
        own_scope_is_bound: true,
        grant_types,
        auth_methods: vec![ClientAuthMethod::None, ClientAuthMethod::PrivateKeyJwt],
        default_auth_method: ClientAuthMethod::None,
        key_addresses: Some(fetcher.addresses()),
    };
    Arc::new(DocumentClients::new(
        clients,
        fetcher.clone(),
        environment.clone(),
        allowed,
        rules,
        limits.clone(),
    ))
}
