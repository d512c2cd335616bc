use std::fmt;
use std::sync::Arc;

use grantor_core::Issuer;
use grantor_jose::Leeway;
use grantor_store::{Diagnostics, Stores};

use crate::build_error::BuildError;
use crate::built_in_site::{BuiltInSite, Passwords};
use crate::client::{Clients, StoredClients};
use crate::config::Config;
use crate::endpoint::metadata::Published;
use crate::event::{Event, Events, Listener};
use crate::grant::Grants;
use crate::grant_type::{
    AuthorizationCode, ClientCredentials, GrantType, GrantTypes, RefreshToken,
};
use crate::http::{Offer, Routes};
use crate::key::{Keys, Purpose};
use crate::limits::Limits;
use crate::records::Tables;
use crate::server::Server;
use crate::services::{PageKeys, Protected, Services};
use crate::site::Site;
use crate::token::{TokenFormat, Tokens};

/// Puts a server together. [`build`](Self::build) finds all that is wrong at once.
pub struct ServerBuilder {
    issuer: Issuer,
    config: Config,
    stores: Stores,
    clients: Option<Arc<dyn Clients>>,
    site: Option<Arc<dyn Site>>,
    grant_types: Vec<Arc<dyn GrantType>>,
    token_format: Option<Arc<dyn TokenFormat>>,
    listener: Option<Listener>,
    limits: Option<Limits>,
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder")
            .field("issuer", &self.issuer)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Begins a server for `issuer` with its records in `stores`, and everything else by default: the
    /// built-in site, clients in the store, and the grant types for codes, client credentials and
    /// refresh tokens. The issuer is never taken from a `Host` header.
    #[must_use]
    pub fn builder(issuer: Issuer, stores: Stores) -> ServerBuilder {
        ServerBuilder {
            issuer,
            config: Config::default(),
            stores,
            clients: None,
            site: None,
            grant_types: vec![
                Arc::new(AuthorizationCode),
                Arc::new(ClientCredentials),
                Arc::new(RefreshToken),
            ],
            token_format: None,
            listener: None,
            limits: None,
        }
    }
}

impl ServerBuilder {
    /// Changes the configuration.
    #[must_use]
    pub fn configure(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Looks clients up elsewhere than in the store.
    #[must_use]
    pub fn clients(mut self, clients: impl Clients) -> Self {
        self.clients = Some(Arc::new(clients));
        self
    }

    /// Leaves login and consent to your application.
    #[must_use]
    pub fn site(mut self, site: impl Site) -> Self {
        self.site = Some(Arc::new(site));
        self
    }

    /// Adds a grant type.
    #[must_use]
    pub fn grant_type(mut self, grant_type: impl GrantType) -> Self {
        self.grant_types.push(Arc::new(grant_type));
        self
    }

    /// Leaves out the grant types that were there or added before: the server has those that are
    /// added afterwards.
    #[must_use]
    pub fn without_default_grant_types(mut self) -> Self {
        self.grant_types.clear();
        self
    }

    /// Writes access tokens in a format of the application's, instead of that of
    /// [`Config::access_tokens`].
    #[must_use]
    pub fn token_format(mut self, format: impl TokenFormat) -> Self {
        self.token_format = Some(Arc::new(format));
        self
    }

    /// Where its records are, for what else works on them, such as
    /// [`Accounts`](crate::built_in_site::Accounts).
    #[must_use]
    pub fn stores(&self) -> &Stores {
        &self.stores
    }

    /// Calls `listener` with every event, on the task that it happens on: it must not block.
    #[must_use]
    pub fn on_event(mut self, listener: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Sets other limits than the default ones.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Checks everything, reads or makes the server's keys, and gives the server.
    ///
    /// # Errors
    /// Every problem of the configuration at once; or the store can't be read.
    pub async fn build(self) -> Result<Server, BuildError> {
        let mut diagnostics = Diagnostics {
            problems: self.config.problems(),
            ..Diagnostics::default()
        };
        let grant_types = GrantTypes::new(self.grant_types);
        for name in grant_types.repeated() {
            let problem = format!("the grant type {name} was added twice");
            diagnostics.problems.push(problem);
        }
        if grant_types.is_empty() {
            let problem = "a server needs a grant type".to_owned();
            diagnostics.problems.push(problem);
        }
        let tables = Tables::prepare(&self.stores, &mut diagnostics);
        let clients = match self.clients {
            Some(clients) => Some(FoundClients::Own(clients)),
            None => {
                let stored = StoredClients::prepare(&self.stores, &mut diagnostics);
                stored.map(|stored| FoundClients::Stored(Box::new(stored)))
            }
        };
        let limits = self.limits.unwrap_or_else(|| Limits::new(&self.stores));
        let limits = limits.behind(self.config.trusted_proxies.clone());
        let site = match self.site {
            Some(site) => Some(site),
            None => {
                let passwords = Passwords::default();
                let limits = limits.clone();
                BuiltInSite::prepare(
                    &self.stores,
                    passwords,
                    &self.issuer,
                    limits,
                    &mut diagnostics,
                )
                .map(|site| Arc::new(site) as Arc<dyn Site>)
            }
        };
        let (true, Some(tables), Some(clients), Some(site)) =
            (diagnostics.problems.is_empty(), tables, clients, site)
        else {
            return Err(BuildError::new(diagnostics.problems));
        };
        for warning in &diagnostics.warnings {
            tracing::warn!("{warning}");
        }
        let environment = self.stores.environment().clone();
        let keys = Arc::new(Keys::load(&tables.keys, &environment).await?);
        let (clients, stored_clients): (Arc<dyn Clients>, _) = match clients {
            FoundClients::Own(clients) => (clients, None),
            FoundClients::Stored(stored) => {
                let stored = Arc::new(stored.with_keys(&keys));
                (Arc::clone(&stored) as _, Some(stored))
            }
        };
        let (issuer, config) = (self.issuer, self.config);
        let leeway = Leeway::new(config.max_clock_skew)
            .map_err(|error| BuildError::new(vec![error.to_string()]))?;
        let revocation = Arc::new(tables.revocation);
        let grants = Arc::new(Grants {
            records: tables.grants,
            by_subject: tables.grants_by_subject,
            clients: Arc::clone(&clients),
            revocation: Arc::clone(&revocation),
            keys: Arc::clone(&keys),
            issuer: issuer.clone(),
            environment: environment.clone(),
            access_token_lifetime: config.access_token_lifetime,
            request_deadline: config.request_deadline,
        });
        let tokens = Tokens {
            records: tables.access_tokens,
            revoked: tables.revoked,
            grants: Arc::clone(&grants),
            clients: Arc::clone(&clients),
            revocation: Arc::clone(&revocation),
            keys: Arc::clone(&keys),
            issuer: issuer.clone(),
            environment: environment.clone(),
            kind: config.access_tokens,
            format: self.token_format,
            default_audience: config.default_audience.clone(),
            max_clock_skew: config.max_clock_skew,
            leeway,
        };
        let offer = Offer {
            config: &config,
            grant_types: &grant_types,
        };
        Ok(Server(Arc::new(Services {
            published: Published::new(&issuer, &offer, &keys),
            routes: Routes::new(&issuer, &offer),
            policy: config.profile.policy(&config),
            page_keys: PageKeys::new(keys.for_purpose(Purpose::Pages)),
            events: Events::new(self.listener),
            limits,
            protected: Protected::default(),
            issuer,
            config,
            environment,
            stores: self.stores,
            clients,
            stored_clients,
            revocation,
            grants,
            tokens,
            grant_types,
            site,
        })))
    }
}

enum FoundClients {
    Own(Arc<dyn Clients>),
    Stored(Box<StoredClients>),
}
