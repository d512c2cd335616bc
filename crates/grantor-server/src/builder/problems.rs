//! Reasons why there is no server, which its parts give together.

use std::collections::BTreeMap;
use std::sync::Arc;

use grantor_core::Issuer;
use grantor_store::Diagnostics;
use url::Url;

use super::ChosenSite;
use crate::config::Config;
use crate::fetch::{Fetcher, check_url};
use crate::grant_type::{DeviceCode, GrantTypes};
use crate::site::{NoSite, Site, SiteSetup, SitesByGrantType};

/// The reasons why a server can't have these grant types, with these settings for them.
pub(super) fn grant_type_problems(grant_types: &GrantTypes, config: &Config) -> Vec<String> {
    let repeated = grant_types.repeated();
    let repeated = repeated.map(|name| format!("the grant type {name} was added twice"));
    let mut problems: Vec<String> = repeated.collect();
    if !config.profile.has_legacy_grant_types() {
        let problem = |name| {
            format!(
                "the grant type {name} is not one of OAuth 2.1: leave it out, or take \
                 Profile::Legacy20"
            )
        };
        problems.extend(grant_types.legacy().map(problem));
    }
    let unknown = config.grant_type_settings.keys();
    let unknown = unknown.filter(|name| !grant_types.contains(name));
    problems.extend(unknown.map(|name| {
        format!(
            "there are settings for the grant type {name}, which the server does not have: add it by \
             ServerBuilder::grant_type, or leave the settings out"
        )
    }));
    if grant_types.is_empty() {
        problems.push("a server needs a grant type".to_owned());
    }
    problems
}

/// The reason why a server can't have this issuer: it is published as it was written, and its endpoints
/// as URLs are normalised.
pub(super) fn issuer_problem(issuer: &Issuer) -> Option<String> {
    let normal = Url::parse(issuer.as_str()).ok()?;
    let without_end = |text: &str| text.trim_end_matches('/').to_owned();
    (without_end(normal.as_str()) != without_end(issuer.as_str())).then(|| {
        format!(
            "the issuer {issuer} has another spelling in normal form, {normal}, and clients compare it \
             byte for byte: write it like that"
        )
    })
}

/// The reasons why grant types can't have these sites of their own.
pub(super) fn own_site_problems(
    grant_types: &GrantTypes,
    sites: &BTreeMap<String, Arc<dyn Site>>,
) -> Vec<String> {
    let unknown = sites.keys().filter(|name| !grant_types.contains(name));
    let problem =
        |name| format!("there is a site for the grant type {name}, which the server does not have");
    unknown.map(problem).collect()
}

/// The site. It is an error if a grant type shows pages and there is none.
pub(super) fn find_site(
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
pub(super) fn fetch_problem(config: &Config, fetcher: Option<&Fetcher>) -> Option<String> {
    if !config.profile.metadata_documents(config).is_allowed() {
        return None;
    }
    match fetcher {
        Some(fetcher) => fetcher.open().err().map(|error| error.to_string()),
        None => Some(
            "clients with a metadata document need a transport to fetch it with: give one to \
             ServerBuilder::transport_with (the feature \"fetch\"), or set Config::metadata_documents to No"
                .to_owned(),
        ),
    }
}

/// Returns the reason why the keys of a grant type can't be fetched.
pub(super) fn key_url_problem(
    grant_type: &str,
    url: &Url,
    fetcher: Option<&Fetcher>,
) -> Option<String> {
    let problem = match fetcher {
        Some(fetcher) => {
            let checked = check_url(url, fetcher.addresses()).and_then(|()| fetcher.open());
            checked.err()?.to_string()
        }
        None => {
            "the server has no transport: give one to ServerBuilder::transport_with (the feature \
                 \"fetch\"), or give the keys by value"
                .to_owned()
        }
    };
    let host = url.host_str().unwrap_or_default();
    Some(format!(
        "the grant type {grant_type} can't fetch keys from {host}: {problem}"
    ))
}
