//! Tests of the table of endpoints.

use super::*;
use crate::config::{Config, Registration};
use crate::grant_type::{AuthorizationCode, ClientCredentials, DeviceCode, GrantTypes};
use crate::router::Offer;
use grantor_core::{Issuer, ServerMetadata};
use std::sync::Arc;

fn described(
    config: &Config,
    grant_types: &GrantTypes,
    site_paths: &[&str],
) -> Vec<(&'static str, Option<String>)> {
    let offer = Offer {
        config,
        grant_types,
        site_paths,
    };
    let issuer = Issuer::parse("https://id.example").unwrap();
    let exists = ENDPOINTS.iter().filter(|row| (row.exists)(&offer));
    let describe = |row: &Endpoint| {
        let mut metadata = ServerMetadata::new(issuer.clone());
        let path = match row.place {
            Place::Below(path) => path(&config.paths),
            Place::OfSite => "/account",
            Place::WellKnown => "/.well-known/oauth-authorization-server",
        };
        let url = issuer.join(path);
        (row.describe)(&offer, url.clone(), &mut metadata);
        let json = metadata.to_json();
        (
            row.name,
            json.contains(url.as_str()).then(|| url.to_string()),
        )
    };
    exists.map(describe).collect()
}

#[test]
fn every_endpoint_is_in_the_metadata_but_those_that_nobody_looks_for() {
    let all = GrantTypes::new(vec![
        Arc::new(AuthorizationCode),
        Arc::new(ClientCredentials),
        Arc::new(DeviceCode),
    ]);
    let config = Config {
        registration: Registration::Open,
        health_endpoint: true,
        ..Config::default()
    };
    let rows = described(&config, &all, &["/account"]);
    assert_eq!(rows.len(), ENDPOINTS.len());
    let missing = rows.iter().filter(|(_, url)| url.is_none());
    let missing: Vec<&str> = missing.map(|(name, _)| *name).collect();
    let expected = [
        "verification",
        "resume",
        "client configuration",
        "health",
        "metadata",
        "site",
    ];
    assert_eq!(missing, expected);
}

#[test]
fn without_pages_there_is_no_authorization_endpoint() {
    let grant_types = GrantTypes::new(vec![Arc::new(ClientCredentials)]);
    let rows = described(&Config::default(), &grant_types, &[]);
    let names: Vec<&str> = rows.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        ["token", "introspection", "revocation", "jwks", "metadata"]
    );
}

#[test]
fn a_server_for_devices_alone_has_no_authorization_endpoint() {
    let rows = described(
        &Config::default(),
        &GrantTypes::new(vec![Arc::new(DeviceCode)]),
        &[],
    );
    let names: Vec<&str> = rows.iter().map(|(name, _)| *name).collect();
    let pages = ["device authorization", "verification", "resume"];
    let own = names.iter().filter(|name| pages.contains(name)).count();
    assert_eq!((names.len(), own), (8, 3), "{names:?}");
    assert!(!names.contains(&"authorization"));
}

#[test]
fn names_are_unique() {
    for (i, row) in ENDPOINTS.iter().enumerate() {
        assert!(ENDPOINTS[..i].iter().all(|other| row.name != other.name));
    }
}

#[test]
fn no_web_page_reads_what_a_browser_is_sent_to() {
    for row in ENDPOINTS.iter().filter(|row| row.faults == Faults::Page) {
        assert_eq!(row.cors, Cors::No, "{}", row.name);
    }
}
