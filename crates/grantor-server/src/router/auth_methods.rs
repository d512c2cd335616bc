//! The ways in which clients authenticate at an endpoint, for the metadata.

use grantor_core::{ServerMetadata, TokenEndpointAuthMethod};

use super::endpoints::Offer;

/// The methods of clients that can keep a secret.
pub(super) fn confidential_methods(offer: &Offer<'_>) -> Vec<TokenEndpointAuthMethod> {
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

/// All methods, that of public clients among them.
pub(super) fn auth_methods(offer: &Offer<'_>) -> Vec<TokenEndpointAuthMethod> {
    let mut methods = confidential_methods(offer);
    methods.push(TokenEndpointAuthMethod::None);
    methods
}

/// The algorithms of assertions, where there are methods with them (RFC 8414 section 2).
pub(super) fn add_algorithms(offer: &Offer<'_>, endpoint: &str, metadata: &mut ServerMetadata) {
    let algorithms = &offer.config.client_assertion_algorithms;
    if !algorithms.is_empty() {
        let names: Vec<&str> = algorithms.iter().map(|one| one.as_str()).collect();
        let name = format!("{endpoint}_auth_signing_alg_values_supported");
        metadata.extra.insert(name, names.into());
    }
}
