//! The stored records of a client.

use std::time::Duration;

use grantor_core::{RedirectUri, Scope, Timestamp};
use grantor_store::{Error, Kind, Record, kinds, read_json};
use serde::{Deserialize, Serialize};
use url::Url;

use super::registration_record::RegistrationRecord;
use super::secret_hash::StoredSecret;
use super::{Client, ClientAuthMethod, ClientKeys, RegisteredBy};
use crate::config::Rotation;

/// A client as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ClientRecord {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    auth_method: ClientAuthMethod,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jwks: Option<ClientKeys>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<Url>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    danger_assertion_audience_token_endpoint: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    grant_types: Vec<String>,
    #[serde(default)]
    scope: Scope,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    redirect_uris: Vec<RedirectUri>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    redirect_schemes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resources: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resource_identifier: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    require_pushed_authorization_requests: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    dpop_bound_access_tokens: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    require_dpop_nonces: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    opaque_access_tokens: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rotation: Option<Rotation>,
    /// In seconds, as are all lifetimes of OAuth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access_token_lifetime: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token_lifetime: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grant_lifetime: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_scope: Option<Scope>,
    #[serde(default, skip_serializing_if = "is_operator")]
    registered_by: RegisteredBy,
    /// Only of a client that registered itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) registration: Option<RegistrationRecord>,
    pub(super) epoch: String,
    pub(super) secrets: Vec<StoredSecret>,
    pub(super) created_at: Timestamp,
}

impl ClientRecord {
    pub(super) fn new(client: Client, secrets: Vec<StoredSecret>, created_at: Timestamp) -> Self {
        let seconds = |lifetime: Option<Duration>| lifetime.map(|l| l.as_secs());
        Self {
            access_token_lifetime: seconds(client.access_token_lifetime),
            refresh_token_lifetime: seconds(client.refresh_token_lifetime),
            grant_lifetime: seconds(client.grant_lifetime),
            default_scope: client.default_scope,
            id: client.id,
            name: client.name,
            auth_method: client.auth_method,
            jwks: client.jwks,
            jwks_uri: client.jwks_uri,
            danger_assertion_audience_token_endpoint: client
                .danger_assertion_audience_token_endpoint,
            grant_types: client.grant_types,
            scope: client.scope,
            redirect_uris: client.redirect_uris,
            redirect_schemes: client.redirect_schemes,
            resources: client.resources,
            resource_identifier: client.resource_identifier,
            require_pushed_authorization_requests: client.require_pushed_authorization_requests,
            dpop_bound_access_tokens: client.dpop_bound_access_tokens,
            require_dpop_nonces: client.require_dpop_nonces,
            opaque_access_tokens: client.opaque_access_tokens,
            rotation: client.rotation,
            registered_by: client.registered_by,
            registration: None,
            epoch: client.epoch,
            secrets,
            created_at,
        }
    }

    pub(super) fn resource_identifier(&self) -> Option<&str> {
        self.resource_identifier.as_deref()
    }

    pub(super) fn auth_method(&self) -> ClientAuthMethod {
        self.auth_method
    }

    pub(super) fn into_client(self) -> Client {
        let lifetime = |seconds: Option<u64>| seconds.map(Duration::from_secs);
        Client {
            access_token_lifetime: lifetime(self.access_token_lifetime),
            refresh_token_lifetime: lifetime(self.refresh_token_lifetime),
            grant_lifetime: lifetime(self.grant_lifetime),
            default_scope: self.default_scope,
            id: self.id,
            name: self.name,
            auth_method: self.auth_method,
            jwks: self.jwks,
            jwks_uri: self.jwks_uri,
            danger_assertion_audience_token_endpoint: self.danger_assertion_audience_token_endpoint,
            grant_types: self.grant_types,
            scope: self.scope,
            redirect_uris: self.redirect_uris,
            redirect_schemes: self.redirect_schemes,
            resources: self.resources,
            resource_identifier: self.resource_identifier,
            require_pushed_authorization_requests: self.require_pushed_authorization_requests,
            dpop_bound_access_tokens: self.dpop_bound_access_tokens,
            require_dpop_nonces: self.require_dpop_nonces,
            opaque_access_tokens: self.opaque_access_tokens,
            rotation: self.rotation,
            registered_by: self.registered_by,
            unused_until: self.registration.and_then(|own| own.unused_until),
            epoch: self.epoch,
        }
    }
}

impl Record for ClientRecord {
    const KIND: Kind = kinds::CLIENTS;
    const NAME: &'static str = "a client";
    const FORMAT: u8 = 2;

    /// In format 1, `client_secret_basic` stood for a secret that came by HTTP Basic or in the body.
    fn upgrade(_: u8, bytes: &[u8]) -> Result<Self, Error> {
        let mut record = read_json::<Self, Self>(bytes)?;
        if record.auth_method == ClientAuthMethod::ClientSecretBasic {
            record.auth_method = ClientAuthMethod::ClientSecret;
        }
        Ok(record)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.registration.as_ref()?.unused_until
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_operator(registered_by: &RegisteredBy) -> bool {
    *registered_by == RegisteredBy::Operator
}

/// The client that a resource belongs to. The client is read too, since it may be gone.
#[derive(Serialize, Deserialize)]
pub(super) struct ResourceRecord {
    pub(super) client_id: String,
    #[serde(default)]
    pub(super) made_at: Timestamp,
}

impl Record for ResourceRecord {
    const KIND: Kind = kinds::RESOURCES;
    const NAME: &'static str = "a resource";

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn their_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<ClientRecord>();
        grantor_store::contract::assert_own_formats::<ResourceRecord>();
    }
}
