//! The endpoints, one row each.

use grantor_core::{ServerMetadata, TokenEndpointAuthMethod};
use http::Method;

use super::endpoints::{Authentication, Body, Cors, Endpoint, Faults, Offer, Place};
use crate::authorization;
use crate::config::AccessTokens;
use crate::endpoint::{
    client_configuration, health, introspection, jwks, metadata, registration, revocation,
    site_page, token,
};
use crate::grant_type::Implicit;

const GET: &[Method] = &[Method::GET, Method::HEAD];
const POST: &[Method] = &[Method::POST];
const MANAGE: &[Method] = &[Method::GET, Method::HEAD, Method::PUT, Method::DELETE];
const GET_OR_POST: &[Method] = &[Method::GET, Method::HEAD, Method::POST];

/// Every endpoint. Those that are called most come first.
pub(crate) const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        name: "token",
        place: Place::Below(|paths| &paths.token),
        methods: POST,
        body: Body::Form,
        authentication: Authentication::Client,
        cors: Cors::Client,
        exists: |_| true,
        describe: |offer, url, metadata| {
            metadata.token_endpoint = Some(url);
            metadata.grant_types_supported = offer.grant_types.names();
            metadata.token_endpoint_auth_methods_supported = auth_methods(offer);
            add_algorithms(offer, "token_endpoint", metadata);
            let algorithms = offer.config.dpop_algorithms();
            let names: Vec<&str> = algorithms.iter().map(|one| one.as_str()).collect();
            // RFC 9449 section 5.1.
            let name = "dpop_signing_alg_values_supported".to_owned();
            metadata.extra.insert(name, names.into());
        },
        faults: Faults::Json,
        run: token::run,
    },
    Endpoint {
        name: "introspection",
        place: Place::Below(|paths| &paths.introspection),
        methods: POST,
        body: Body::Form,
        authentication: Authentication::ConfidentialClient,
        cors: Cors::No,
        exists: |_| true,
        describe: |offer, url, metadata| {
            metadata.introspection_endpoint = Some(url);
            metadata.introspection_endpoint_auth_methods_supported = confidential_methods(offer);
            add_algorithms(offer, "introspection_endpoint", metadata);
            if let AccessTokens::Jwt(algorithm) = offer.config.access_tokens {
                // RFC 9701 section 7.
                let name = "introspection_signing_alg_values_supported".to_owned();
                metadata
                    .extra
                    .insert(name, [algorithm.as_str()].as_slice().into());
            }
        },
        faults: Faults::Json,
        run: introspection::run,
    },
    Endpoint {
        name: "revocation",
        place: Place::Below(|paths| &paths.revocation),
        methods: POST,
        body: Body::Form,
        authentication: Authentication::Client,
        cors: Cors::Client,
        exists: |_| true,
        describe: |offer, url, metadata| {
            metadata.revocation_endpoint = Some(url);
            metadata.revocation_endpoint_auth_methods_supported = auth_methods(offer);
            add_algorithms(offer, "revocation_endpoint", metadata);
        },
        faults: Faults::Json,
        run: revocation::run,
    },
    Endpoint {
        name: "authorization",
        place: Place::Below(|paths| &paths.authorization),
        methods: GET_OR_POST,
        body: Body::Form,
        authentication: Authentication::Nobody,
        cors: Cors::No,
        exists: |offer| offer.has_authorization(),
        describe: |offer, url, metadata| {
            metadata.authorization_endpoint = Some(url);
            metadata.response_types_supported = vec!["code".to_owned()];
            metadata.response_modes_supported = vec!["query".to_owned()];
            if offer.grant_types.contains(Implicit::NAME) {
                metadata.response_types_supported.push("token".to_owned());
                metadata
                    .response_modes_supported
                    .push("fragment".to_owned());
            }
            metadata.code_challenge_methods_supported = vec!["S256".to_owned()];
            metadata.authorization_response_iss_parameter_supported = true;
            let documents = offer.config.profile.metadata_documents(offer.config);
            metadata.client_id_metadata_document_supported = documents.is_allowed();
            // OpenID Connect Discovery section 3: "If omitted, the default value is true."
            let name = "request_uri_parameter_supported".to_owned();
            metadata.extra.insert(name, false.into());
        },
        faults: Faults::Page,
        run: authorization::front,
    },
    Endpoint {
        name: "pushed authorization request",
        place: Place::Below(|paths| &paths.pushed_authorization),
        methods: POST,
        body: Body::Form,
        authentication: Authentication::Client,
        cors: Cors::Client,
        exists: |offer| offer.has_authorization(),
        describe: |offer, url, metadata| {
            metadata.pushed_authorization_request_endpoint = Some(url);
            metadata.require_pushed_authorization_requests =
                offer.config.require_pushed_authorization_requests;
        },
        faults: Faults::Json,
        run: authorization::push,
    },
    Endpoint {
        name: "device authorization",
        place: Place::Below(|paths| &paths.device_authorization),
        methods: POST,
        body: Body::Form,
        authentication: Authentication::Client,
        cors: Cors::No,
        exists: |offer| offer.has_devices(),
        describe: |_, url, metadata| metadata.device_authorization_endpoint = Some(url),
        faults: Faults::Json,
        run: authorization::start_device,
    },
    Endpoint {
        name: "verification",
        place: Place::Below(|paths| &paths.verification),
        methods: GET_OR_POST,
        body: Body::Form,
        authentication: Authentication::Nobody,
        cors: Cors::No,
        exists: |offer| offer.has_devices(),
        // Devices show its URL to users; no client looks for it.
        describe: |_, _, _| {},
        faults: Faults::Page,
        run: authorization::verify_user_code,
    },
    Endpoint {
        name: "resume",
        place: Place::Below(|paths| &paths.resume),
        methods: GET_OR_POST,
        body: Body::Form,
        authentication: Authentication::Nobody,
        cors: Cors::No,
        exists: |offer| offer.has_pages(),
        // Browsers are sent there; no client looks for it.
        describe: |_, _, _| {},
        faults: Faults::Page,
        run: authorization::resume,
    },
    Endpoint {
        name: "registration",
        place: Place::Below(|paths| &paths.registration),
        methods: POST,
        body: Body::Json,
        authentication: Authentication::Nobody,
        cors: Cors::Any,
        exists: |offer| offer.config.registration.is_on(),
        describe: |_, url, metadata| metadata.registration_endpoint = Some(url),
        faults: Faults::Json,
        run: registration::run,
    },
    Endpoint {
        name: "client configuration",
        place: Place::Below(|paths| &paths.client_configuration),
        methods: MANAGE,
        body: Body::Json,
        authentication: Authentication::Nobody,
        cors: Cors::Any,
        exists: |offer| offer.config.registration.is_on(),
        // Each client is told where its own registration is.
        describe: |_, _, _| {},
        faults: Faults::Json,
        run: client_configuration::run,
    },
    Endpoint {
        name: "health",
        place: Place::Below(|paths| &paths.health),
        methods: GET,
        body: Body::Nothing,
        authentication: Authentication::Nobody,
        cors: Cors::No,
        exists: |offer| offer.config.health_endpoint,
        // Whoever runs the server looks for it, and no client.
        describe: |_, _, _| {},
        faults: Faults::Json,
        run: health::run,
    },
    Endpoint {
        name: "jwks",
        place: Place::Below(|paths| &paths.jwks),
        methods: GET,
        body: Body::Nothing,
        authentication: Authentication::Nobody,
        cors: Cors::Any,
        exists: |_| true,
        describe: |_, url, metadata| metadata.jwks_uri = Some(url),
        faults: Faults::Json,
        run: jwks::run,
    },
    Endpoint {
        name: "metadata",
        place: Place::WellKnown,
        methods: GET,
        body: Body::Nothing,
        authentication: Authentication::Nobody,
        cors: Cors::Any,
        exists: |_| true,
        describe: |offer, _, metadata| {
            metadata.scopes_supported = offer.config.scopes.iter().map(str::to_owned).collect();
        },
        faults: Faults::Json,
        run: metadata::run,
    },
    Endpoint {
        name: "site",
        place: Place::OfSite,
        methods: GET_OR_POST,
        body: Body::Form,
        authentication: Authentication::Nobody,
        cors: Cors::No,
        exists: |offer| !offer.site_paths.is_empty(),
        // Users go there; no client looks for it.
        describe: |_, _, _| {},
        faults: Faults::Page,
        run: site_page::run,
    },
];

fn confidential_methods(offer: &Offer<'_>) -> Vec<TokenEndpointAuthMethod> {
    let mut methods = vec![
        TokenEndpointAuthMethod::ClientSecretBasic,
        TokenEndpointAuthMethod::ClientSecretPost,
    ];
    let algorithms = &offer.config.client_assertion_algorithms;
    if algorithms.iter().any(|one| one.is_symmetric()) {
        methods.push(TokenEndpointAuthMethod::ClientSecretJwt);
    }
    if algorithms.iter().any(|one| !one.is_symmetric()) {
        methods.push(TokenEndpointAuthMethod::PrivateKeyJwt);
    }
    methods
}

fn auth_methods(offer: &Offer<'_>) -> Vec<TokenEndpointAuthMethod> {
    let mut methods = confidential_methods(offer);
    methods.push(TokenEndpointAuthMethod::None);
    methods
}

/// The algorithms of assertions, where there are methods with them (RFC 8414 section 2).
fn add_algorithms(offer: &Offer<'_>, endpoint: &str, metadata: &mut ServerMetadata) {
    let algorithms = &offer.config.client_assertion_algorithms;
    if !algorithms.is_empty() {
        let names: Vec<&str> = algorithms.iter().map(|one| one.as_str()).collect();
        let name = format!("{endpoint}_auth_signing_alg_values_supported");
        metadata.extra.insert(name, names.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Registration};
    use crate::grant_type::{AuthorizationCode, ClientCredentials, DeviceCode, GrantTypes};
    use grantor_core::Issuer;
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
}
