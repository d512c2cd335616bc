//! What the server publishes about itself, made once.

use std::sync::Arc;

use bytes::Bytes;
use grantor_core::{ServerMetadata, TokenEndpointAuthMethod};
use serde_json::Value;

use crate::key::Keys;
use crate::{Config, Grant};

/// The documents of the well-known locations and of the keys.
#[derive(Debug)]
pub(crate) struct Documents {
    pub(crate) metadata: Bytes,
    pub(crate) keys: Bytes,
}

impl Documents {
    pub(crate) fn new(config: &Config, grants: &[Arc<dyn Grant>], keys: &Keys) -> Self {
        let issuer = &config.issuer;
        let mut metadata = ServerMetadata::new(issuer.clone());
        let has = |name: &str| grants.iter().any(|grant| grant.grant_type() == name);
        let with_secret = [
            TokenEndpointAuthMethod::ClientSecretBasic,
            TokenEndpointAuthMethod::ClientSecretPost,
        ];
        metadata.token_endpoint = Some(issuer.join(paths::TOKEN));
        metadata.jwks_uri = Some(issuer.join(paths::KEYS));
        metadata.introspection_endpoint = Some(issuer.join(paths::INTROSPECT));
        metadata.revocation_endpoint = Some(issuer.join(paths::REVOKE));
        metadata.scopes_supported = config.scopes.iter().map(str::to_owned).collect();
        metadata.grant_types_supported = grants.iter().map(|g| g.grant_type().to_owned()).collect();
        metadata.introspection_endpoint_auth_methods_supported = with_secret.to_vec();
        let mut every = with_secret.to_vec();
        every.push(TokenEndpointAuthMethod::None);
        metadata.token_endpoint_auth_methods_supported = every.clone();
        metadata.revocation_endpoint_auth_methods_supported = every;
        if has("authorization_code") {
            metadata.authorization_endpoint = Some(issuer.join(paths::AUTHORIZE));
            metadata.response_types_supported = vec!["code".to_owned()];
            metadata.response_modes_supported = vec!["query".to_owned()];
            metadata.code_challenge_methods_supported = vec!["S256".to_owned()];
            metadata.authorization_response_iss_parameter_supported = true;
        }
        let subject_types = Value::from(vec!["public"]);
        let extra = &mut metadata.extra;
        extra.insert("subject_types_supported".to_owned(), subject_types);
        Self {
            metadata: metadata.to_json().into(),
            keys: serde_json::to_vec(keys.public()).unwrap_or_default().into(),
        }
    }
}

/// Where things are, below the issuer.
pub(crate) mod paths {
    pub(crate) const TOKEN: &str = "/token";
    pub(crate) const AUTHORIZE: &str = "/authorize";
    pub(crate) const CONTINUE: &str = "/authorize/continue";
    pub(crate) const INTROSPECT: &str = "/introspect";
    pub(crate) const REVOKE: &str = "/revoke";
    pub(crate) const KEYS: &str = "/jwks";
}
