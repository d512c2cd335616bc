//! The registration of a client that registered itself, as it is stored.

use grantor_core::{ApplicationType, ClientMetadata, Timestamp, TokenEndpointAuthMethod};
use serde::{Deserialize, Serialize};
use url::Url;

use super::secret_hash::SecretHash;
use super::{Client, ClientAuthMethod};

/// The registration of a client that registered itself, as it is stored with the client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RegistrationRecord {
    /// The hash of the registration access token.
    pub(super) token: SecretHash,
    /// That of the one before it, until the newer one is used: its answer may have been lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) previous_token: Option<SecretHash>,
    /// The end of the one before it, if the newer one is not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) previous_token_until: Option<Timestamp>,
    /// When the client goes, unless a user allows it something before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) unused_until: Option<Timestamp>,
    /// Further members of its metadata, which no check reads.
    #[serde(default)]
    pub(super) description: Description,
}

/// Members of the metadata that the server keeps and gives back, and does nothing else with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Description {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    application_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_uri: Option<Url>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    logo_uri: Option<Url>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tos_uri: Option<Url>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy_uri: Option<Url>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    software_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    software_version: Option<String>,
}

impl Description {
    pub(crate) fn of(metadata: &ClientMetadata) -> Self {
        let kind = metadata.application_type.as_ref();
        Self {
            application_type: kind.map(|kind| kind.as_str().to_owned()),
            client_uri: metadata.client_uri.clone(),
            logo_uri: metadata.logo_uri.clone(),
            tos_uri: metadata.tos_uri.clone(),
            policy_uri: metadata.policy_uri.clone(),
            contacts: metadata.contacts.clone(),
            software_id: metadata.software_id.clone(),
            software_version: metadata.software_version.clone(),
        }
    }

    /// The metadata of a client, as the server keeps it.
    pub(crate) fn metadata(&self, client: &Client) -> ClientMetadata {
        let mut metadata = ClientMetadata::default();
        metadata.redirect_uris.clone_from(&client.redirect_uris);
        let method = match client.auth_method {
            // In either way, which has no name of its own (RFC 7591 section 2).
            ClientAuthMethod::ClientSecret => ClientAuthMethod::ClientSecretBasic,
            method => method,
        };
        let method = TokenEndpointAuthMethod::from(method.as_str().to_owned());
        metadata.token_endpoint_auth_method = Some(method);
        metadata.jwks = client.jwks.as_ref().map(|keys| keys.document().clone());
        metadata.jwks_uri.clone_from(&client.jwks_uri);
        metadata.grant_types.clone_from(&client.grant_types);
        if client.allows_grant_type("authorization_code") {
            metadata.response_types = vec!["code".to_owned()];
        }
        metadata.client_name.clone_from(&client.name);
        metadata.scope = Some(client.scope.clone()).filter(|scope| !scope.is_empty());
        metadata.application_type = self.application_type.clone().map(ApplicationType::from);
        metadata.client_uri.clone_from(&self.client_uri);
        metadata.logo_uri.clone_from(&self.logo_uri);
        metadata.tos_uri.clone_from(&self.tos_uri);
        metadata.policy_uri.clone_from(&self.policy_uri);
        metadata.contacts.clone_from(&self.contacts);
        metadata.software_id.clone_from(&self.software_id);
        metadata.software_version.clone_from(&self.software_version);
        metadata.dpop_bound_access_tokens = client.dpop_bound_access_tokens;
        metadata.require_pushed_authorization_requests =
            client.require_pushed_authorization_requests;
        metadata
    }
}
