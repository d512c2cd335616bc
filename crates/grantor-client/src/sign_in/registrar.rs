//! A program registers itself as a client, and changes its registration (RFC 7591, RFC 7592).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use grantor_core::{ClientInformation, ClientMetadata, ClientRegistrationRequest, Secret};
use url::Url;

use crate::authorization_server::AuthorizationServer;
use crate::authorization_server::client_registration::{
    RegistrationChannel, with_application_type,
};
use crate::authorization_server::connection::Connection;
use crate::builder::TokensBuilder;
use crate::error::Error;

/// Registers clients at one server (RFC 7591), and reads, changes and ends their registrations (RFC
/// 7592). Made by [`TokensBuilder::registrar`].
///
/// [`Tokens::for_resource`](crate::Tokens::for_resource) registers by itself, and keeps what it is
/// answered. This is for programs that do it beforehand.
///
/// ```no_run
/// use grantor_client::Tokens;
/// use grantor_core::ClientMetadata;
///
/// # async fn call() -> Result<(), Box<dyn std::error::Error>> {
/// let registrar = Tokens::login("https://idp.example", "").registrar()?;
/// let mut metadata = ClientMetadata::default();
/// metadata.client_name = Some("Notes".to_owned());
/// metadata.redirect_uris = vec!["http://127.0.0.1/callback".parse()?];
/// // Keep it: it has the secret, and the token by which the registration can be changed.
/// let mut client = registrar.register(&metadata).await?;
/// let mut login = Tokens::login("https://idp.example", &client.client_id);
/// // Without a `token_endpoint_auth_method` in its metadata a client gets one (RFC 7591 section 2).
/// if let Some(secret) = &client.client_secret {
///     login = login.client_secret(secret.clone());
/// }
/// let flow = login.code_flow("http://127.0.0.1:8000/callback")?;
///
/// client.metadata.client_name = Some("Notes 2".to_owned());
/// let client = registrar.update(&client).await?;
/// registrar.delete(&client).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Registrar {
    server: AuthorizationServer,
    connection: Arc<Connection>,
    timeout: Duration,
    initial_access_token: Option<Secret>,
}

impl TokensBuilder {
    /// Registers clients at the server of these tokens. The client that they name is of no matter, and
    /// may be empty.
    ///
    /// # Errors
    /// A configuration that can't work; the message lists every problem.
    pub fn registrar(mut self) -> Result<Registrar, Error> {
        if self.client_id.is_empty() {
            "unregistered".clone_into(&mut self.client_id);
        }
        let timeout = self.request_timeout();
        let mut problems = Vec::new();
        match self.flow_parts(&mut problems) {
            Some(parts) if problems.is_empty() => Ok(Registrar {
                server: parts.server,
                connection: parts.shared.connection,
                timeout,
                initial_access_token: None,
            }),
            _ => Err(Error::problems(&problems)),
        }
    }
}

impl Registrar {
    /// The token by which the server knows who may register (RFC 7591 section 3).
    #[must_use]
    pub fn initial_access_token(mut self, token: impl Into<Secret>) -> Self {
        self.initial_access_token = Some(token.into());
        self
    }

    /// Registers a client. Without an `application_type` it has the one that fits its redirect URIs:
    /// `web` if all are https elsewhere, and `native` otherwise.
    ///
    /// # Errors
    /// The server takes no registrations, or refuses this one.
    pub async fn register(&self, metadata: &ClientMetadata) -> Result<ClientInformation, Error> {
        let published = self.server.published_metadata().await?;
        let published = published.and_then(|metadata| metadata.registration_endpoint.clone());
        let given = &self.server.registration.server.endpoints.registration;
        let Some(endpoint) = given.clone().or(published) else {
            return Err(Error::configuration(format!(
                "{} takes no registrations: it has no \"registration_endpoint\"",
                self.server.registration.name()
            )));
        };
        let request = ClientRegistrationRequest::Register {
            metadata: Box::new(with_application_type(metadata.clone())),
            initial_access_token: self.initial_access_token.clone(),
        };
        self.channel().request(&endpoint, &request).await
    }

    /// Reads a registration as the server has it now.
    ///
    /// # Errors
    /// The registration can't be managed, or the server refuses.
    pub async fn read(&self, client: &ClientInformation) -> Result<ClientInformation, Error> {
        let (url, registration_access_token) = managed(client)?;
        let request = ClientRegistrationRequest::Read {
            registration_access_token,
        };
        let answer = self.channel().request(url, &request).await?;
        with_credentials_of(answer, client)
    }

    /// Replaces a registration by this one: change `metadata` of the information that the last answer
    /// gave. Members that are left out are removed.
    ///
    /// # Errors
    /// The registration can't be managed, or the server refuses.
    pub async fn update(&self, client: &ClientInformation) -> Result<ClientInformation, Error> {
        let (url, registration_access_token) = managed(client)?;
        let request = ClientRegistrationRequest::Update {
            registration_access_token,
            information: Box::new(client.clone()),
        };
        let answer = self.channel().request(url, &request).await?;
        with_credentials_of(answer, client)
    }

    /// Ends a registration. The server forgets the client, and mostly ends its tokens.
    ///
    /// # Errors
    /// The registration can't be managed, or the server refuses.
    pub async fn delete(&self, client: &ClientInformation) -> Result<(), Error> {
        let (url, registration_access_token) = managed(client)?;
        let request = ClientRegistrationRequest::Delete {
            registration_access_token,
        };
        self.channel().delete(url, &request).await
    }

    fn channel(&self) -> RegistrationChannel {
        RegistrationChannel::new(&self.connection, self.timeout)
    }
}

/// Where a registration is managed, and by which token.
fn managed(client: &ClientInformation) -> Result<(&Url, Secret), Error> {
    let uri = client.registration_client_uri.as_ref();
    let token = client.registration_access_token.clone();
    uri.zip(token).ok_or_else(|| {
        Error::configuration(
            "the server gave no \"registration_client_uri\" and \"registration_access_token\" with \
             this registration: it can't be changed from here",
        )
    })
}

/// An answer with the credentials that it does not repeat. It is about the same client (RFC 7592 section
/// 3).
fn with_credentials_of(
    mut answer: ClientInformation,
    before: &ClientInformation,
) -> Result<ClientInformation, Error> {
    if answer.client_id != before.client_id {
        return Err(Error::refused(
            "the answer is the registration of another client than the one that was asked for",
        ));
    }
    if answer.registration_access_token.is_none() {
        answer
            .registration_access_token
            .clone_from(&before.registration_access_token);
    }
    if answer.registration_client_uri.is_none() {
        answer
            .registration_client_uri
            .clone_from(&before.registration_client_uri);
    }
    if answer.client_secret.is_none() {
        answer.client_secret.clone_from(&before.client_secret);
        answer.client_secret_expires_at = answer
            .client_secret_expires_at
            .or(before.client_secret_expires_at);
    }
    Ok(answer)
}

impl fmt::Debug for Registrar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registrar")
            .field("server", &self.server.registration.name())
            .finish_non_exhaustive()
    }
}
