//! Assembly of a server from its builder.

use std::sync::Arc;

use grantor_jose::Leeway;
use grantor_store::Diagnostics;

use super::{ChosenSite, ServerBuilder};
use crate::build_error::BuildError;
use crate::client::{Clients, StoredClients};
use crate::event::Events;
use crate::grant::Grants;
use crate::grant_type::{GrantTypes, Implicit};
use crate::issuer_mark;
use crate::key::{Keys, Purpose};
use crate::limits::Limits;
use crate::records::Tables;
use crate::router::{Offer, Routes, metadata};
use crate::server::{Assembled, Server};
use crate::services::{PageKeys, Protected, Services};
use crate::site::{NoSite, Site, SiteSetup};
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
        let setup = SiteSetup::new(&self.issuer, &self.stores, &limits);
        let site = find_site(self.site, &grant_types, &setup, &mut diagnostics);
        let site_paths = site.as_ref().map(|site| site.paths());
        let problems = self.config.paths.problems(site_paths.unwrap_or_default());
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
                keys: serde_json::to_vec(keys.public()).unwrap_or_default().into(),
            },
            site_pages: site_paths.iter().map(site_page).collect(),
            services: Services {
                policy: config.profile.policy(&config),
                page_keys: PageKeys::new(keys.for_purpose(Purpose::Pages)),
                events: Events::new(self.listener),
                limits,
                protected: Protected::default(),
                has_refresh_grant_type: grant_types.contains("refresh_token"),
                has_implicit_grant_type: grant_types.contains(Implicit::NAME),
                issuer,
                config,
                environment,
                stores: self.stores,
                clients,
                stored_clients,
                revocation,
                grants,
                tokens,
                pushed_requests: tables.pushed_requests,
                devices: tables.devices,
                used_assertions: tables.used_assertions,
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
    setup: &SiteSetup<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Arc<dyn Site>> {
    let problems = match chosen {
        Some(ChosenSite::Made(site)) => return Some(site),
        Some(ChosenSite::With(open)) => match open(setup) {
            Ok(site) => return Some(site),
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
            grant_types.with_site().map(without_site).collect()
        }
    };
    let is_fine = problems.is_empty();
    diagnostics.problems.extend(problems);
    is_fine.then(|| Arc::new(NoSite) as Arc<dyn Site>)
}

enum FoundClients {
    Own(Arc<dyn Clients>),
    Stored(Box<StoredClients>),
}
