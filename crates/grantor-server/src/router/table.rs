//! The endpoints, one row each.

use http::Method;

use super::auth_methods::{add_algorithms, auth_methods, confidential_methods};
use super::endpoints::{Authentication, Body, Cors, Endpoint, Faults, Place};
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

#[cfg(test)]
mod tests;
