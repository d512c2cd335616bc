//! Assembly of a server from its builder.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use grantor_core::Environment;
use grantor_http::Addresses;
use grantor_jose::Leeway;
use grantor_store::Diagnostics;
use url::Url;

use super::{ChosenSite, ServerBuilder};
use crate::build_error::BuildError;
use crate::client::authentication::AssertionVerifier;
use crate::client::self_described::SelfDescribed;
use crate::client::{ClientAuthMethod, Clients, DocumentClients, StoredClients};
use crate::config::{AccessTokens, Config};
use crate::dpop::Dpop;
use crate::event::Events;
use crate::fetch::{Fetcher, check_url};
use crate::grant::Grants;
use crate::grant_type::{DeviceCode, GrantTypes, Implicit};
use crate::issuer_mark;
use crate::key::{KeyRules, Keys, Purpose};
use crate::limits::Limits;
use crate::records::Tables;
use crate::router::{Offer, Routes, metadata};
use crate::server::{Assembled, Server};
use crate::services::{PageKeys, Protected, Services};
use crate::site::{NoSite, Site, SiteSetup, SitesByGrantType};
use crate::state::{Documents, SitePage, State};
use crate::token::Tokens;

impl ServerBuilder {
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
        if !self.config.profile.has_legacy_grant_types() {
            let problem = |name| {
                format!(
                    "the grant type {name} is not one of OAuth 2.1: leave it out, or take \
                     Profile::Legacy20"
                )
            };
            diagnostics
                .problems
                .extend(grant_types.legacy().map(problem));
        }
        let unknown = self.config.grant_type_settings.keys();
        for name in unknown.filter(|name| !grant_types.contains(name)) {
            let problem = format!(
                "there are settings for the grant type {name}, which the server does not have: add it by \
                 ServerBuilder::grant_type, or leave the settings out"
            );
            diagnostics.problems.push(problem);
        }
        if self.token_format.is_some() && self.token_generator.is_some() {
            let problem = "access tokens have one text: give ServerBuilder::token_format or \
                           ServerBuilder::token_generator, not both";
            diagnostics.problems.push(problem.to_owned());
        }
        if grant_types.is_empty() {
            let problem = "a server needs a grant type".to_owned();
            diagnostics.problems.push(problem);
        }
        let tables = Tables::prepare(&self.stores, &self.config, &mut diagnostics);
        if self.config.registration.is_on() && self.clients.is_some() {
            let problem = "clients can register themselves only where they are in the server's store: \
                           leave ServerBuilder::clients out, or set Config::registration to Off";
            diagnostics.problems.push(problem.to_owned());
        }
        let clients = match self.clients {
            Some(clients) => Some(FoundClients::Own(clients)),
            None => {
                let stored = StoredClients::prepare(&self.stores, &mut diagnostics);
                stored.map(|stored| FoundClients::Stored(Box::new(stored)))
            }
        };
        let limits = self.limits.unwrap_or_else(|| Limits::new(&self.stores));
        let limits = limits.behind(self.config.trusted_proxies.clone());
        let setup = SiteSetup::new(&self.issuer, &self.stores, &limits);
        let own = self.sites_by_grant_type;
        let unknown = own.keys().filter(|name| !grant_types.contains(name));
        let problem = |name| {
            format!("there is a site for the grant type {name}, which the server does not have")
        };
        diagnostics.problems.extend(unknown.map(problem));
        let site = find_site(self.site, &grant_types, own, &setup, &mut diagnostics);
        let site_paths = site.as_ref().map(|site| site.paths());
        let problems = self.config.paths.problems(site_paths.unwrap_or_default());
        diagnostics.problems.extend(problems);
        let fetcher = self.transport.map(|open| {
            let addresses = match self.config.danger_fetch_from_any_address {
                true => Addresses::Any,
                false => Addresses::Public,
            };
            Fetcher::new(open, addresses, self.stores.environment().clone())
        });
        diagnostics
            .problems
            .extend(fetch_problem(&self.config, fetcher.as_ref()));
        let problems = grant_types
            .fetched_urls()
            .filter_map(|(name, url)| key_url_problem(name, url, fetcher.as_ref()));
        diagnostics.problems.extend(problems);
        let (true, Some(tables), Some(clients), Some(site)) =
            (diagnostics.problems.is_empty(), tables, clients, site)
        else {
            return Err(BuildError::new(diagnostics.problems));
        };
        for warning in &diagnostics.warnings {
            tracing::warn!("{warning}");
        }
        issuer_mark::check(&tables.issuer_mark, &self.issuer).await?;
        let environment = self.stores.environment().clone();
        let rules = KeyRules::of(&self.config);
        let keys = Arc::new(Keys::load(tables.keys, &environment, rules).await?);
        let (clients, stored_clients): (Arc<dyn Clients>, _) = match clients {
            FoundClients::Own(clients) => (clients, None),
            FoundClients::Stored(stored) => {
                let stored = Arc::new(stored.with_keys(&keys));
                (Arc::clone(&stored) as _, Some(stored))
            }
        };
        let (issuer, config) = (self.issuer, self.config);
        let self_described = self_described_grant_types(&grant_types);
        let clients = with_documents(
            clients,
            &config,
            self_described.clone(),
            fetcher.as_ref(),
            &environment,
            &limits,
        );
        let self_registered = SelfDescribed {
            scope: config.scopes.clone(),
            own_scope_is_bound: config.profile.registered_scope_is_bound(),
            grant_types: self_described,
            auth_methods: vec![
                ClientAuthMethod::None,
                ClientAuthMethod::ClientSecretBasic,
                ClientAuthMethod::ClientSecretPost,
                ClientAuthMethod::PrivateKeyJwt,
            ],
            // RFC 7591 section 2 says HTTP Basic, and clients that say nothing send it in either way.
            default_auth_method: ClientAuthMethod::ClientSecret,
            key_addresses: fetcher.as_ref().map(Fetcher::addresses),
        };
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
            access_token_lifetime: config.longest_access_token_lifetime(),
            request_deadline: config.request_deadline,
        });
        let tokens = Tokens {
            records: tables.access_tokens,
            revoked: tables.revoked,
            unique: tables.unique_tokens,
            grants: Arc::clone(&grants),
            clients: Arc::clone(&clients),
            revocation: Arc::clone(&revocation),
            keys: Arc::clone(&keys),
            issuer: issuer.clone(),
            environment: environment.clone(),
            kind: match config.access_tokens {
                AccessTokens::OpaqueOfLength(AccessTokens::OPAQUE_LENGTH) => AccessTokens::Opaque,
                kind => kind,
            },
            format: self.token_format,
            generator: self.token_generator,
            default_audience: config.default_audience.clone(),
            max_clock_skew: config.max_clock_skew,
            leeway,
        };
        let assertions = AssertionVerifier {
            issuer: issuer.as_str().to_owned(),
            token_endpoint: issuer.join(&config.paths.token).to_string(),
            algorithms: config.client_assertion_algorithms.clone(),
            leeway,
            fetcher: fetcher.clone(),
            used: tables.client_assertions,
        };
        let nonce_secret = keys
            .for_purpose(Purpose::DpopNonces)
            .sign(&[b"grantor/dpop-nonces/1"]);
        let dpop = Dpop::new(
            &config.dpop_algorithms(),
            leeway,
            &nonce_secret,
            tables.dpop_proofs,
        );
        let site_paths = site.paths();
        let offer = Offer {
            config: &config,
            grant_types: &grant_types,
            site_paths,
        };
        let routes = Routes::new(&issuer, &offer);
        let site_page = |path: &&str| SitePage {
            path: (*path).to_owned(),
            address: issuer.join(path).path().to_owned(),
        };
        let state = State {
            documents: Documents {
                metadata: metadata(&issuer, &offer).to_json().into(),
            },
            site_pages: site_paths.iter().map(site_page).collect(),
            services: Services {
                policy: config.profile.policy(&config),
                page_keys: PageKeys::new(keys.for_purpose(Purpose::Pages)),
                events: Events::new(self.listener),
                limits,
                protected: Protected::default(),
                health: Mutex::default(),
                has_refresh_grant_type: grant_types.contains("refresh_token"),
                has_implicit_grant_type: grant_types.contains(Implicit::NAME),
                issuer,
                config,
                environment,
                stores: self.stores,
                clients,
                stored_clients,
                self_registered,
                registration_policy: self.registration_policy,
                revocation,
                grants,
                tokens,
                keys,
                pushed_requests: tables.pushed_requests,
                devices: tables.devices,
                used_assertions: tables.used_assertions,
                operator_fetcher: fetcher.as_ref().map(Fetcher::apart),
                fetcher,
                assertions,
                dpop,
                site,
            },
            grant_types,
        };
        Ok(Server(Arc::new(Assembled { state, routes })))
    }
}

/// The site. It is an error if a grant type shows pages and there is none.
fn find_site(
    chosen: Option<ChosenSite>,
    grant_types: &GrantTypes,
    by_grant_type: BTreeMap<String, Arc<dyn Site>>,
    setup: &SiteSetup<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Arc<dyn Site>> {
    let with = |others: Arc<dyn Site>, by_grant_type: BTreeMap<_, _>| match by_grant_type.is_empty()
    {
        true => others,
        false => Arc::new(SitesByGrantType {
            others,
            by_grant_type,
            device_code: DeviceCode::NAME,
        }),
    };
    let problems = match chosen {
        Some(ChosenSite::Made(site)) => return Some(with(site, by_grant_type)),
        Some(ChosenSite::With(open)) => match open(setup) {
            Ok(site) => return Some(with(site, by_grant_type)),
            Err(error) => error.problems().to_vec(),
        },
        None => {
            let without_site = |name| {
                format!(
                    "the grant type {name} needs a site, and the server has none: give \
                     ServerBuilder::site your own, or ServerBuilder::site_with that of the crate \
                     grantor-site (the feature \"site\" of grantor), or leave the grant type out \
                     by ServerBuilder::without_default_grant_types"
                )
            };
            let without = grant_types.with_site();
            let without = without.filter(|name| !by_grant_type.contains_key(*name));
            without.map(without_site).collect()
        }
    };
    let is_fine = problems.is_empty();
    diagnostics.problems.extend(problems);
    is_fine.then(|| with(Arc::new(NoSite), by_grant_type))
}

/// Returns the reason why the server can't fetch what its configuration needs.
fn fetch_problem(config: &Config, fetcher: Option<&Fetcher>) -> Option<String> {
    if !config.profile.metadata_documents(config).is_allowed() {
        return None;
    }
    match fetcher {
        Some(fetcher) => fetcher.open().err().map(|error| error.to_string()),
        None => Some(
            "clients with a metadata document need a transport to fetch it with: give one to \
             ServerBuilder::transport_with, or set Config::metadata_documents to No"
                .to_owned(),
        ),
    }
}

/// Returns the reason why the keys of a grant type can't be fetched.
fn key_url_problem(grant_type: &str, url: &Url, fetcher: Option<&Fetcher>) -> Option<String> {
    let problem = match fetcher {
        Some(fetcher) => {
            let checked = check_url(url, fetcher.addresses()).and_then(|()| fetcher.open());
            checked.err()?.to_string()
        }
        None => {
            "the server has no transport: give one to ServerBuilder::transport_with, or give the \
                 keys by value"
                .to_owned()
        }
    };
    let host = url.host_str().unwrap_or_default();
    Some(format!(
        "the grant type {grant_type} can't fetch keys from {host}: {problem}"
    ))
}

/// The clients, and those that are the URL of their metadata document.
fn with_documents(
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

/// The grant types that a client may give itself: those of the server in which a user decides on a page
/// of the server.
fn self_described_grant_types(grant_types: &GrantTypes) -> Vec<String> {
    let on_pages = ["authorization_code", "refresh_token", DeviceCode::NAME];
    let of_server = on_pages.iter().filter(|name| grant_types.contains(name));
    of_server.map(|name| (*name).to_owned()).collect()
}

enum FoundClients {
    Own(Arc<dyn Clients>),
    Stored(Box<StoredClients>),
}
