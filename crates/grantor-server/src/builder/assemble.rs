//! Assembly of a server from its builder.

use std::sync::{Arc, Mutex};

use grantor_jose::Leeway;
use grantor_store::Diagnostics;

use super::ServerBuilder;
use super::clients::{FoundClients, self_described_grant_types, self_registered};
#[cfg(feature = "fetch")]
use super::document_clients::with_documents;
use super::problems::{
    fetch_problem, find_site, grant_type_problems, issuer_problem, key_url_problem,
    own_site_problems,
};
use crate::build_error::BuildError;
use crate::client::authentication::AssertionVerifier;
use crate::config::AccessTokens;
use crate::dpop::Dpop;
use crate::event::Events;
use crate::fetch::Fetcher;
use crate::grant::Grants;
use crate::grant_type::{GrantTypes, Implicit};
use crate::issuer_mark;
use crate::key::{KeyRules, Keys, Purpose};
use crate::limits::Limits;
use crate::records::Tables;
use crate::router::{Offer, Routes, metadata};
use crate::server::{Assembled, Server};
use crate::services::{PageKeys, Protected, Services, Urls};
use crate::site::{Cookie, SiteSetup};
use crate::state::{Documents, SitePage, State};
use crate::token::Tokens;

impl ServerBuilder {
    /// Checks everything, reads or makes the server's keys, and gives the server.
    ///
    /// # Errors
    /// Every problem of the configuration at once; or the store can't be read.
    pub async fn build(mut self) -> Result<Server, BuildError> {
        let fetcher = self.fetcher();
        let mut diagnostics = Diagnostics::default();
        diagnostics.problems.extend(self.problems);
        diagnostics.problems.extend(issuer_problem(&self.issuer));
        diagnostics.problems.extend(self.config.problems());
        let grant_types = GrantTypes::new(self.grant_types);
        diagnostics
            .problems
            .extend(grant_type_problems(&grant_types, &self.config));
        if self.token_format.is_some() && self.token_generator.is_some() {
            let problem = "access tokens have one text: give ServerBuilder::token_format or \
                           ServerBuilder::token_generator, not both";
            diagnostics.problems.push(problem.to_owned());
        }
        let tables = Tables::prepare(&self.stores, &self.config, &mut diagnostics);
        if self.config.registration.is_on() && self.clients.is_some() {
            let problem = "clients can register themselves only where they are in the server's store: \
                           leave ServerBuilder::clients out, or set Config::registration to Off";
            diagnostics.problems.push(problem.to_owned());
        }
        let clients =
            FoundClients::find(self.clients, &self.stores, &self.config, &mut diagnostics);
        let limits = self.limits.unwrap_or_else(|| Limits::new(&self.stores));
        let limits = limits.behind(self.config.trusted_proxies.clone());
        let setup = SiteSetup::new(&self.issuer, &self.stores, &limits);
        let own = self.sites_by_grant_type;
        diagnostics
            .problems
            .extend(own_site_problems(&grant_types, &own));
        let site = find_site(self.site, &grant_types, own, &setup, &mut diagnostics);
        let site_paths = site.as_ref().map(|site| site.paths());
        let problems = self.config.paths.problems(site_paths.unwrap_or_default());
        diagnostics.problems.extend(problems);
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
        for warning in diagnostics.warnings() {
            tracing::warn!("{warning}");
        }
        issuer_mark::check(&tables.issuer_mark, &self.issuer).await?;
        let environment = self.stores.environment().clone();
        let rules = KeyRules::of(&self.config);
        let keys = Arc::new(Keys::load(tables.keys, &environment, rules).await?);
        let (clients, stored_clients) = clients.with_keys(&keys);
        let (issuer, config) = (self.issuer, self.config);
        let self_described = self_described_grant_types(&grant_types);
        #[cfg(feature = "fetch")]
        let clients = with_documents(
            clients,
            &config,
            self_described.clone(),
            fetcher.as_ref(),
            &environment,
            &limits,
        );
        let self_registered = self_registered(&config, self_described, fetcher.as_ref());
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
                urls: Urls::new(&issuer, &config.paths),
                browser_cookie: Cookie::new("browser", &issuer),
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
