//! The metadata of a protected resource (RFC 9728).

mod published;

use std::fmt;

use grantor_core::{Issuer, is_secure};
use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

use crate::Dpop;

pub use published::PublishedMetadata;

/// The metadata that a protected resource publishes (RFC 9728 section 2). Members without a field
/// are in `extra`. Clients read it as `grantor_core::ProtectedResourceMetadata`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResourceMetadata {
    /// The resource's identifier, as it is written in requests for tokens and in their audience.
    pub resource: String,
    /// The authorization servers that issue tokens for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_servers: Vec<Issuer>,
    /// The resource's own keys, not those of its issuers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<Url>,
    /// The scope values that its requests may need.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    /// The methods by which it takes bearer tokens; [`protect`](crate::protect) takes them in the
    /// `header` only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bearer_methods_supported: Vec<String>,
    /// Its name, to show to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
    /// A page for developers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_documentation: Option<Url>,
    /// A page on what clients may do with its data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_policy_uri: Option<Url>,
    /// A page with its terms of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_tos_uri: Option<Url>,
    /// The algorithms of DPoP proofs that it takes; see [`with_dpop`](Self::with_dpop).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dpop_signing_alg_values_supported: Vec<String>,
    /// True if it takes only tokens that are bound to a key.
    #[serde(skip_serializing_if = "is_false")]
    pub dpop_bound_access_tokens_required: bool,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The reason why the metadata of a resource can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidResourceMetadata {
    /// The identifier is not an https URL without a fragment (RFC 9728 section 1.2).
    Resource,
}

impl fmt::Display for InvalidResourceMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resource => "\"resource\" is an https URL without a fragment",
        })
    }
}

impl std::error::Error for InvalidResourceMetadata {}

impl ResourceMetadata {
    /// Metadata of a resource that takes tokens of `issuer` in the header.
    ///
    /// # Errors
    /// [`InvalidResourceMetadata::Resource`]
    pub fn new(resource: &str, issuer: Issuer) -> Result<Self, InvalidResourceMetadata> {
        parse_resource(resource)?;
        Ok(Self {
            resource: resource.to_owned(),
            authorization_servers: vec![issuer],
            jwks_uri: None,
            scopes_supported: Vec::new(),
            bearer_methods_supported: vec!["header".to_owned()],
            resource_name: None,
            resource_documentation: None,
            resource_policy_uri: None,
            resource_tos_uri: None,
            dpop_signing_alg_values_supported: Vec::new(),
            dpop_bound_access_tokens_required: false,
            extra: Map::new(),
        })
    }

    /// Says that the resource takes DPoP proofs as `dpop` does.
    #[must_use]
    pub fn with_dpop(mut self, dpop: &Dpop) -> Self {
        let algorithms = dpop.signing_alg_values_supported().into_iter();
        self.dpop_signing_alg_values_supported = algorithms.map(str::to_owned).collect();
        self.dpop_bound_access_tokens_required = dpop.is_required();
        self
    }

    /// The URL of the metadata of `resource`: the well-known part comes before the path (RFC 9728
    /// section 3.1).
    ///
    /// # Errors
    /// [`InvalidResourceMetadata::Resource`]
    pub fn location(resource: &str) -> Result<Url, InvalidResourceMetadata> {
        let mut url = parse_resource(resource)?;
        let path = match url.path() {
            "/" => String::new(),
            path => path.to_owned(),
        };
        url.set_path(&format!("/.well-known/oauth-protected-resource{path}"));
        Ok(url)
    }

    /// The JSON, to be served as `application/json`.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn parse_resource(resource: &str) -> Result<Url, InvalidResourceMetadata> {
    Url::parse(resource)
        .ok()
        .filter(|url| is_secure(url) && url.fragment().is_none())
        .ok_or(InvalidResourceMetadata::Resource)
}

#[cfg(test)]
mod tests;
