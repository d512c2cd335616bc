//! Which client this program is at a server: the one that it was told, its metadata document, or one
//! that registered itself there. Credentials are kept by issuer and go to no other one.

use std::sync::Arc;

use grantor_core::{
    ClientMetadata, ClientRegistrationRequest, Secret, ServerMetadata, Timestamp,
    TokenEndpointAuthMethod,
};

use super::ResourceGrant;
use super::found::FoundServer;
use crate::authorization_server::ClientRegistration;
use crate::authorization_server::client_credential::ClientCredential;
use crate::authorization_server::client_registration::{
    RegistrationChannel, with_application_type,
};
use crate::config::id_tokens::IdTokenSettings;
use crate::error::Error;
use crate::renew::services::Services;
use crate::store::deadline::within_store_timeout;
use crate::store::records::RegistrationRecord;

/// A client of one server.
pub(super) struct ResourceClient {
    pub(super) registration: ClientRegistration,
    /// True if it registered itself, so that another registration may mend what is wrong with it.
    pub(super) is_registered: bool,
}

impl ResourceGrant {
    /// The client at a server, in the order of the Model Context Protocol: known beforehand, by
    /// document, registered.
    pub(super) async fn client_at(
        &self,
        services: &Services,
        found: &FoundServer,
    ) -> Result<ResourceClient, Error> {
        let settings = &self.settings;
        if let Some(known) = settings.client_at(&found.issuer) {
            let registration = registration(found, &known.client_id, &known.credential);
            return Ok(ResourceClient {
                registration,
                is_registered: false,
            });
        }
        if let (Some(Ok(document)), true) = (&settings.document, found.takes_documents()) {
            let registration = registration(found, document.as_str(), &ClientCredential::None);
            return Ok(ResourceClient {
                registration,
                is_registered: false,
            });
        }
        if settings.metadata.is_none() {
            // The assertion says all that the server wants to know.
            let registration = registration(found, "", &ClientCredential::None);
            return Ok(ResourceClient {
                registration,
                is_registered: false,
            });
        }
        let kept = self.kept_registration(services, found).await?;
        let record = match kept {
            Some(record) => record,
            None => self.register(services, found).await?,
        };
        Ok(ResourceClient {
            registration: registration_of(found, &record),
            is_registered: true,
        })
    }

    /// The registration at a server that is kept, unless its secret has ended.
    async fn kept_registration(
        &self,
        services: &Services,
        found: &FoundServer,
    ) -> Result<Option<RegistrationRecord>, Error> {
        let Some(registrations) = &services.store.registrations else {
            return Ok(None);
        };
        let key = registrations.key_of_name(&self.name_of(services, found));
        let kept = within_store_timeout(registrations.get(&key)).await?;
        let now = services.environment().now();
        Ok(kept.map(|kept| kept.record).filter(|record| {
            record.issuer == found.issuer
                && record.client_secret_expires_at.is_none_or(|end| now < end)
        }))
    }

    /// Forgets the registration at a server, which does not know the client any more.
    pub(super) async fn forget_registration(
        &self,
        services: &Services,
        found: &FoundServer,
    ) -> Result<(), Error> {
        if let Some(registrations) = &services.store.registrations {
            let key = registrations.key_of_name(&self.name_of(services, found));
            within_store_timeout(registrations.remove(&key)).await?;
        }
        Ok(())
    }

    /// Registers at a server, and keeps what it answers.
    async fn register(
        &self,
        services: &Services,
        found: &FoundServer,
    ) -> Result<RegistrationRecord, Error> {
        let metadata = self.client_metadata(services, found);
        let asked_method = metadata.token_endpoint_auth_method.clone();
        let Some(endpoint) = found.registration_endpoint() else {
            return Err(Error::configuration(format!(
                "{} has no \"registration_endpoint\"",
                found.issuer
            )));
        };
        let timeout = services.policy.request_timeout;
        let channel = RegistrationChannel::new(&services.shared.connection, timeout);
        let request = ClientRegistrationRequest::Register {
            metadata: Box::new(metadata),
            initial_access_token: self.settings.initial_access_token_at(&found.issuer),
        };
        let registered = channel.request(endpoint, &request).await;
        let registered = registered
            .map_err(|error| error.at_step(format!("registering a client at {}", found.issuer)))?;
        // RFC 7591 section 3.2.1: 0 is never.
        let ends = registered.client_secret_expires_at.filter(|end| *end > 0);
        let method = registered
            .metadata
            .token_endpoint_auth_method
            .or(asked_method);
        let exposed = |secret: Option<Secret>| secret.map(|it| it.expose().to_owned());
        let record = RegistrationRecord {
            issuer: found.issuer.clone(),
            client_id: registered.client_id,
            client_secret: exposed(registered.client_secret),
            client_secret_expires_at: ends.map(Timestamp::from_secs),
            token_endpoint_auth_method: method.map(|method| method.as_str().to_owned()),
            registration_access_token: exposed(registered.registration_access_token),
            registration_client_uri: registered.registration_client_uri,
        };
        if let Some(registrations) = &services.store.registrations {
            let key = registrations.key_of_name(&self.name_of(services, found));
            let kept = within_store_timeout(registrations.overwrite(&key, &record)).await;
            kept.map_err(|error| error.at_step("keeping the client's registration"))?;
        }
        Ok(record)
    }

    /// The metadata of the client for a server.
    fn client_metadata(&self, services: &Services, found: &FoundServer) -> ClientMetadata {
        let mut metadata = self
            .settings
            .metadata
            .as_deref()
            .cloned()
            .unwrap_or_default();
        let user = self.settings.user.as_ref();
        let redirect_uri = user.and_then(|user| user.redirect_uri.clone());
        if metadata.redirect_uris.is_empty() {
            metadata.redirect_uris = redirect_uri.into_iter().collect();
        }
        if metadata.grant_types.is_empty() {
            let grants = ["authorization_code", "refresh_token"];
            metadata.grant_types = grants.map(str::to_owned).to_vec();
        }
        if metadata.response_types.is_empty() {
            metadata.response_types = vec!["code".to_owned()];
        }
        if metadata.token_endpoint_auth_method.is_none() {
            let published = found.metadata.as_deref();
            metadata.token_endpoint_auth_method = Some(method_at(published));
        }
        if services.dpop_key.is_some() {
            metadata.dpop_bound_access_tokens = true;
        }
        with_application_type(metadata)
    }

    /// The name that a registration is found by: the server, and what the program says of the client.
    fn name_of(&self, services: &Services, found: &FoundServer) -> String {
        let metadata = self
            .settings
            .metadata
            .as_deref()
            .map(ClientMetadata::to_json);
        let user = self.settings.user.as_ref();
        let redirect_uri = user.map(|user| &user.redirect_text);
        let is_bound = services.dpop_key.is_some();
        format!("{:?}{redirect_uri:?}{is_bound}{metadata:?}", found.issuer)
    }
}

/// How a new client authenticates: not at all where that is allowed, since a secret in a program that
/// many have is none; otherwise by a secret.
fn method_at(metadata: Option<&ServerMetadata>) -> TokenEndpointAuthMethod {
    let taken = metadata.map(|metadata| &*metadata.token_endpoint_auth_methods_supported);
    let taken = taken.unwrap_or_default();
    let preferred = [
        TokenEndpointAuthMethod::None,
        TokenEndpointAuthMethod::ClientSecretBasic,
        TokenEndpointAuthMethod::ClientSecretPost,
    ];
    let mut preferred = preferred.into_iter();
    let best = preferred.find(|method| taken.contains(method));
    // RFC 8414 section 2: a server that lists none takes HTTP Basic.
    best.unwrap_or(TokenEndpointAuthMethod::ClientSecretBasic)
}

fn registration(
    found: &FoundServer,
    client_id: &str,
    credential: &ClientCredential,
) -> ClientRegistration {
    let (client_secret, client_assertion) = match credential {
        ClientCredential::None | ClientCredential::Workload(_) | ClientCredential::Saml(_) => {
            (None, None)
        }
        ClientCredential::Secret(secret) => (Some(secret.clone()), None),
        ClientCredential::Assertion(assertion) => (None, Some((**assertion).clone())),
    };
    ClientRegistration {
        server: found.server.clone(),
        client_id: client_id.to_owned(),
        client_secret,
        client_assertion,
        method: None,
        id_tokens: IdTokenSettings::default(),
        presents_certificate: false,
        given_assertion: credential.given().map(Arc::new),
    }
}

fn registration_of(found: &FoundServer, record: &RegistrationRecord) -> ClientRegistration {
    let method = record.token_endpoint_auth_method.clone();
    let method = method.map(TokenEndpointAuthMethod::from);
    let is_public = method == Some(TokenEndpointAuthMethod::None);
    let secret = record.client_secret.as_deref().filter(|_| !is_public);
    let by_secret = [
        TokenEndpointAuthMethod::ClientSecretBasic,
        TokenEndpointAuthMethod::ClientSecretPost,
    ];
    ClientRegistration {
        method: method.filter(|method| by_secret.contains(method) && secret.is_some()),
        client_secret: secret.map(Secret::from),
        ..registration(found, &record.client_id, &ClientCredential::None)
    }
}
