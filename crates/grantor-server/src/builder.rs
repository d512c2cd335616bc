use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use grantor_core::Issuer;
use grantor_store::{Diagnostics, Stores};

use crate::built_in_site::{BuiltInSite, Passwords};
use crate::key::{Keys, KeysRecord};
use crate::revocation::Epochs;
use crate::server::Inner;
use crate::{
    AuthorizationCode, ClientCredentials, Clients, Config, Counters, Grant, RefreshToken, Server,
    Site, StoredClients,
};

/// Puts a server together. Whatever is wrong is found by [`build`](Self::build), all of it at once.
#[derive(Debug)]
pub struct ServerBuilder {
    config: Config,
    stores: Stores,
    clients: Option<Arc<dyn Clients>>,
    site: Option<Arc<dyn Site>>,
    grants: Vec<Arc<dyn Grant>>,
}

/// Why there is no server: every problem, not only the first.
#[derive(Debug)]
pub struct BuildError {
    problems: Vec<String>,
    source: Option<grantor_store::Error>,
}

impl BuildError {
    pub(crate) fn new(mut problems: Vec<String>) -> Self {
        // Two parts of a server may need the same kind of record.
        let mut seen = HashSet::new();
        problems.retain(|problem| seen.insert(problem.clone()));
        Self {
            problems,
            source: None,
        }
    }

    /// The problems, one message each.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("; "))
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

impl From<grantor_store::Error> for BuildError {
    fn from(error: grantor_store::Error) -> Self {
        Self {
            problems: vec![error.to_string()],
            source: Some(error),
        }
    }
}

impl Server {
    /// Begins a server for `issuer` with its records in `stores`, and everything else by default: the
    /// built-in site, clients in the store, and the grants for code, client credentials and refresh.
    #[must_use]
    pub fn builder(issuer: Issuer, stores: Stores) -> ServerBuilder {
        Self::with_config(Config::new(issuer), stores)
    }

    /// Begins a server with a configuration.
    #[must_use]
    pub fn with_config(config: Config, stores: Stores) -> ServerBuilder {
        ServerBuilder {
            config,
            stores,
            clients: None,
            site: None,
            grants: Vec::new(),
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

    /// Adds a grant. Without any, there are the three of the default.
    #[must_use]
    pub fn grant(mut self, grant: impl Grant) -> Self {
        self.grants.push(Arc::new(grant));
        self
    }

    /// Checks everything, reads or makes the server's keys, and gives the server.
    ///
    /// # Errors
    /// Every problem of the configuration at once; or the store can't be read.
    pub async fn build(self) -> Result<Server, BuildError> {
        let Self {
            config,
            stores,
            clients,
            site,
            mut grants,
        } = self;
        let mut diagnostics = Diagnostics {
            problems: config.problems(),
            ..Diagnostics::default()
        };
        let keys = diagnostics.records::<KeysRecord>(&stores);
        let grant_records = diagnostics.records(&stores);
        let access_tokens = diagnostics.records(&stores);
        let revoked = diagnostics.records(&stores);
        let epochs = Epochs::prepare(&stores, &mut diagnostics);
        let stored_clients = match &clients {
            None => StoredClients::prepare(&stores, &mut diagnostics),
            Some(_) => None,
        };
        let built_in = match &site {
            None => {
                let passwords = Passwords::default();
                BuiltInSite::prepare(&stores, passwords, &config.issuer, &mut diagnostics)
            }
            Some(_) => None,
        };
        if grants.is_empty() {
            grants = vec![
                Arc::new(AuthorizationCode),
                Arc::new(ClientCredentials),
                Arc::new(RefreshToken),
            ];
        }
        repeated_grants(&grants, &mut diagnostics);
        let (
            true,
            Some(keys),
            Some(grant_records),
            Some(access_tokens),
            Some(revoked),
            Some(epochs),
        ) = (
            diagnostics.problems.is_empty(),
            keys,
            grant_records,
            access_tokens,
            revoked,
            epochs,
        )
        else {
            return Err(BuildError::new(diagnostics.problems));
        };
        for warning in &diagnostics.warnings {
            tracing::warn!("{warning}");
        }
        let environment = stores.environment().clone();
        let keys = Keys::load(&keys, &environment).await?;
        let clients = match (clients, stored_clients) {
            (Some(clients), _) => clients,
            (None, Some(stored)) => Arc::new(stored.with_keys(&keys)) as Arc<dyn Clients>,
            (None, None) => return Err(BuildError::new(diagnostics.problems)),
        };
        let site = match (site, built_in) {
            (Some(site), _) => site,
            (None, Some(built_in)) => Arc::new(built_in) as Arc<dyn Site>,
            (None, None) => return Err(BuildError::new(diagnostics.problems)),
        };
        let documents = crate::endpoint::metadata::Documents::new(&config, &grants, &keys);
        Ok(Server(Arc::new(Inner {
            page_key: keys.derive("pages"),
            config,
            environment,
            keys,
            clients,
            site,
            grants,
            grant_records,
            access_tokens,
            revoked,
            epochs,
            documents,
            counters: Counters::default(),
        })))
    }
}

fn repeated_grants(grants: &[Arc<dyn Grant>], diagnostics: &mut Diagnostics) {
    for (i, grant) in grants.iter().enumerate() {
        let name = grant.grant_type();
        if grants[..i].iter().any(|g| g.grant_type() == name) {
            diagnostics
                .problems
                .push(format!("the grant {name} was added twice"));
        }
    }
}
