//! The builder of a server.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use grantor_core::{Environment, Issuer, Secret};
use grantor_store::Stores;

use crate::build_error::BuildError;
use crate::client::{Clients, RegistrationPolicy};
use crate::config::Config;
use crate::event::{Event, Listener};
#[cfg(feature = "fetch")]
use crate::fetch::OpenTransport;
use crate::grant_type::{AuthorizationCode, ClientCredentials, GrantType, RefreshToken};
use crate::limits::Limits;
use crate::server::Server;
use crate::site::{Site, SiteSetup};
use crate::token::{TokenFormat, TokenGenerator};

mod assemble;
mod clients;
#[cfg(feature = "fetch")]
mod document_clients;
mod problems;
mod way_out;

/// Puts a server together. [`build`](Self::build) finds all that is wrong at once.
pub struct ServerBuilder {
    issuer: Issuer,
    config: Config,
    stores: Stores,
    clients: Option<Arc<dyn Clients>>,
    site: Option<ChosenSite>,
    sites_by_grant_type: BTreeMap<String, Arc<dyn Site>>,
    grant_types: Vec<Arc<dyn GrantType>>,
    token_format: Option<Arc<dyn TokenFormat>>,
    token_generator: Option<TokenGenerator>,
    listener: Option<Listener>,
    limits: Option<Limits>,
    #[cfg(feature = "fetch")]
    transport: Option<OpenTransport>,
    registration_policy: Option<Arc<dyn RegistrationPolicy>>,
    problems: Vec<String>,
}

/// The site of a server to be.
enum ChosenSite {
    Made(Arc<dyn Site>),
    /// It is made when the rest is known.
    With(OpenSite),
}

type OpenSite = Box<dyn FnOnce(&SiteSetup<'_>) -> Result<Arc<dyn Site>, BuildError> + Send + Sync>;

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder")
            .field("issuer", &self.issuer)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Begins a server for `issuer` with its records in `stores`, and everything else by default:
    /// clients in the store, and the grant types for codes, client credentials and refresh tokens. The
    /// first of them shows pages, so the server needs a [`site`](ServerBuilder::site) too. The issuer
    /// is never taken from a `Host` header.
    #[must_use]
    pub fn builder(issuer: Issuer, stores: Stores) -> ServerBuilder {
        ServerBuilder {
            issuer,
            config: Config::default(),
            stores,
            clients: None,
            site: None,
            sites_by_grant_type: BTreeMap::new(),
            grant_types: vec![
                Arc::new(AuthorizationCode),
                Arc::new(ClientCredentials),
                Arc::new(RefreshToken),
            ],
            token_format: None,
            token_generator: None,
            listener: None,
            limits: None,
            #[cfg(feature = "fetch")]
            transport: None,
            registration_policy: None,
            problems: Vec::new(),
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

    /// Adds a reason why there is to be no server, which [`build`](Self::build) reports together with
    /// those that it finds: for a program that reads its configuration from elsewhere.
    #[must_use]
    pub fn problem(mut self, problem: impl Into<String>) -> Self {
        self.problems.push(problem.into());
        self
    }

    /// Looks clients up elsewhere than in the store.
    #[must_use]
    pub fn clients(mut self, clients: impl Clients) -> Self {
        self.clients = Some(Arc::new(clients));
        self
    }

    /// Sets the site, which identifies the user and makes the pages.
    #[must_use]
    pub fn site(mut self, site: impl Site) -> Self {
        self.site = Some(ChosenSite::Made(Arc::new(site)));
        self
    }

    /// Sets a site for one grant type, by its name on the wire: it identifies the users of that, makes
    /// their pages, and verifies their passwords. Pages at paths of its own, and pages about errors, are
    /// those of [`site`](Self::site).
    #[must_use]
    pub fn site_for_grant_type(mut self, name: &str, site: impl Site) -> Self {
        self.sites_by_grant_type
            .insert(name.to_owned(), Arc::new(site));
        self
    }

    /// Sets a site that is made of parts of the server, when the server is built. Its faults are
    /// reported with all others: `site_with(grantor_site::AccountSite::for_server)`.
    #[must_use]
    pub fn site_with<S: Site>(
        mut self,
        open: impl FnOnce(&SiteSetup<'_>) -> Result<S, BuildError> + Send + Sync + 'static,
    ) -> Self {
        let open = |setup: &SiteSetup<'_>| Ok(Arc::new(open(setup)?) as Arc<dyn Site>);
        self.site = Some(ChosenSite::With(Box::new(open)));
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

    /// Makes the texts of access tokens by `generate`, instead of those of [`Config::access_tokens`]. A
    /// text means nothing to anybody but this server, which keeps a record of each under its hash: it is
    /// 22 to 512 letters, digits and `-._~+/=` (RFC 6750 section 2.1), and must not be guessed, nor made
    /// twice. At least 128 of its bits come from the environment's randomness.
    ///
    /// ```
    /// use grantor_core::Secret;
    /// use grantor_server::ServerBuilder;
    ///
    /// fn with_texts_of_the_old_server(builder: ServerBuilder) -> ServerBuilder {
    ///     builder.token_generator(|environment| {
    ///         let random: [u8; 20] = environment.random_bytes();
    ///         Secret::new(random.map(|byte| format!("{byte:02x}")).concat())
    ///     })
    /// }
    /// ```
    #[must_use]
    pub fn token_generator(
        mut self,
        generate: impl Fn(&Environment) -> Secret + Send + Sync + 'static,
    ) -> Self {
        self.token_generator = Some(TokenGenerator::new(generate));
        self
    }

    /// Sets the application's word on clients that register themselves
    /// ([`Config::registration`]).
    #[must_use]
    pub fn registration_policy(mut self, policy: impl RegistrationPolicy) -> Self {
        self.registration_policy = Some(Arc::new(policy));
        self
    }

    /// The server's issuer.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Where its records are, for what else works on them, such as the accounts of `grantor-site`.
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
}
