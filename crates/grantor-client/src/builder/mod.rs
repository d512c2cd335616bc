//! Builds [`Tokens`](crate::Tokens): what a program says, whether it can work, and what is made of it.

pub(crate) mod assemble;
pub(crate) mod constructors;
pub(crate) mod hooks;
pub(crate) mod http_client;
pub(crate) mod validate;

use std::sync::Arc;

use grantor_core::{
    BoxFuture, Environment, Scope, Secret, TokenEndpointAuthMethod, TokenParameters,
};
use grantor_http::Transport;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
use grantor_http::TransportOptions;
use grantor_store::{MasterKey, Store};
use tokio::runtime::Handle;

use crate::authorization_server::assertion::Assertion;
use crate::authorization_server::client_credential::ClientCredential;
use crate::config::placement::BearerMethod;
use crate::config::policy::Policy;
use crate::config::server::Server;
use crate::error::Error;
use crate::observe::event::EventListener;
use crate::observe::hooks::Hooks;
use crate::observe::metrics::Metrics;
use crate::observe::token_change::ChangeCallbacks;
use crate::renew::grant::token_exchange::{Actor, TokenExchange};
use crate::renew::grant::token_source::TokenSource;
use crate::renew::services::SharedServices;
use crate::store::location::{StoreLocation, StoreSharing};
use crate::token::scheme::Scheme;
use crate::token::subject::{PasswordCredentials, SubjectSource, SubjectToken};
use crate::token::token_set::TokenSet;

/// Builds [`Tokens`](crate::Tokens). Nothing is checked before [`build`](Self::build), which names
/// every problem at once, and nothing is sent before the first token is needed.
#[derive(Debug, Clone)]
#[must_use = "nothing happens before `build`"]
pub struct TokensBuilder {
    server: Option<Server>,
    pub(crate) client_id: String,
    client_secret: Option<Secret>,
    client_assertion: Option<Assertion>,
    method: Option<TokenEndpointAuthMethod>,
    grant: GrantKind,
    label: String,
    seed_tokens: Option<TokenSet>,
    scope: Option<String>,
    parameters: TokenParameters,
    origins: Vec<String>,
    /// Something was said of an exchange, and this is none.
    exchange_option_misused: bool,
    /// Whether `services` is that of other tokens, with their hooks.
    uses_foreign_services: bool,
    policy: Policy,
    hooks: Hooks,
    on_change: ChangeCallbacks,
    metrics: Option<Arc<dyn Metrics>>,
    listener: Option<EventListener>,
    store: StoreLocation,
    store_sharing: StoreSharing,
    transport: Option<Arc<dyn Transport>>,
    #[cfg(any(feature = "reqwest", feature = "blocking"))]
    http_options: TransportOptions,
    http_problems: Vec<String>,
    environment: Option<Environment>,
    runtime: Option<Handle>,
    pub(crate) services: Option<SharedServices>,
    pub(crate) bearer_method: BearerMethod,
    scheme: Scheme,
}

#[derive(Debug, Clone)]
pub(crate) enum GrantKind {
    ClientCredentials,
    JwtBearer(Box<Assertion>),
    Login {
        refresh_token: Option<Secret>,
        user: Option<PasswordCredentials>,
    },
    TokenExchange(TokenExchange),
    PasswordFromRequest,
    TokenSource(Arc<dyn TokenSource>),
    StaticToken,
}

impl TokensBuilder {
    pub(crate) fn new(server: Option<Server>, client_id: String, kind: GrantKind) -> Self {
        Self {
            server,
            client_id,
            client_secret: None,
            client_assertion: None,
            method: None,
            grant: kind,
            label: String::new(),
            seed_tokens: None,
            scope: None,
            parameters: TokenParameters::default(),
            origins: Vec::new(),
            exchange_option_misused: false,
            uses_foreign_services: false,
            policy: Policy::default(),
            hooks: Hooks::default(),
            on_change: ChangeCallbacks::default(),
            metrics: None,
            listener: None,
            store: StoreLocation::InMemory,
            store_sharing: StoreSharing::OtherProcesses,
            transport: None,
            #[cfg(any(feature = "reqwest", feature = "blocking"))]
            http_options: TransportOptions::default(),
            http_problems: Vec::new(),
            environment: None,
            runtime: None,
            services: None,
            bearer_method: BearerMethod::default(),
            scheme: Scheme::default(),
        }
    }

    fn client_credential(self, credential: impl Into<ClientCredential>) -> Self {
        match credential.into() {
            ClientCredential::None => self,
            ClientCredential::Secret(secret) => self.client_secret(secret),
            ClientCredential::Assertion(assertion) => self.client_assertion(*assertion),
        }
    }

    /// The secret of a confidential client. It is sent as it is: take off the line end and the byte
    /// order mark of a file. An empty one is sent where [`auth_method`](Self::auth_method) names
    /// `client_secret_basic`.
    pub fn client_secret(mut self, client_secret: impl Into<Secret>) -> Self {
        self.client_secret = Some(client_secret.into());
        self.client_assertion = None;
        self
    }

    /// The assertion by which the client authenticates, in place of a secret (RFC 7523 section 2.2):
    /// `private_key_jwt`, or `client_secret_jwt` where the key is a secret. Issuer and subject are the
    /// client, and every request has one of its own.
    pub fn client_assertion(mut self, assertion: Assertion) -> Self {
        self.client_assertion = Some(assertion);
        self.client_secret = None;
        self
    }

    /// Who asks, where the tokens are given for something else and the server wants to know the
    /// client all the same: [`Tokens::jwt_bearer`](crate::Tokens::jwt_bearer) and
    /// [`Tokens::token_exchange`](crate::Tokens::token_exchange).
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = client_id.into();
        self
    }

    /// How the client authenticates; otherwise the best of what the server takes.
    pub fn auth_method(mut self, method: TokenEndpointAuthMethod) -> Self {
        self.method = Some(method);
        self
    }

    /// The token endpoint, in place of the one that the issuer publishes.
    pub fn token_endpoint(mut self, url: impl Into<String>) -> Self {
        let server = self.server.get_or_insert_default();
        server.token_endpoint = Some(url.into());
        self
    }

    /// The scope to request: values with spaces between them.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Where the token is to be used (RFC 8707). May be given more than once.
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.parameters.resource.push(resource.into());
        self
    }

    /// Where the token is to be used, as some servers name it. May be given more than once.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.parameters.audience.push(audience.into());
        self
    }

    /// A further parameter of the token request. It goes with every renewal too, and tokens that
    /// were fetched with other parameters are other tokens.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.extra.push((name.into(), value.into()));
        self
    }

    /// Where requests carry the token; in a header, if nothing else is said.
    pub fn bearer_method(mut self, method: BearerMethod) -> Self {
        self.bearer_method = method;
        self
    }

    /// An origin that the token may go to, as `https://api.example`, or a URL below it. May be given
    /// more than once. Plain http is for loopback addresses, and below `localhost` for the sessions of
    /// grantor's own client.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// Which of several logins of this client it is: a user's name, an account.
    pub fn login_label(mut self, name: impl Into<String>) -> Self {
        self.label = name.into();
        self
    }

    /// Tokens that are at hand: the access token is used until its end, the refresh token then. With
    /// a store that knows a newer refresh token of the same login, that one is used.
    ///
    /// ```
    /// use grantor_client::{TokenSet, Tokens};
    ///
    /// # let kept = r#"{"access_token":"at","refresh_token":"rt","expires_at":4102444800}"#;
    /// let tokens = Tokens::login("https://idp.example", "app")
    ///     .token_set(TokenSet::from_json(kept)?)
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn token_set(mut self, tokens: impl Into<TokenSet>) -> Self {
        let tokens = tokens.into();
        if let GrantKind::Login { refresh_token, .. } = &mut self.grant
            && tokens.refresh_token.is_some()
        {
            refresh_token.clone_from(&tokens.refresh_token);
        }
        self.seed_tokens = Some(tokens);
        self
    }

    /// Asks this for the subject of every request. It runs where the request is prepared, so it can
    /// read what belongs to the caller's task or thread. None: there is no subject.
    pub fn subject_from<S>(self, subject: S) -> Self
    where
        S: Fn() -> Option<SubjectToken> + Send + Sync + 'static,
    {
        self.subject_from_async(move || Box::pin(std::future::ready(subject())))
    }

    /// As [`subject_from`](Self::subject_from), where the subject has to be waited for.
    pub fn subject_from_async<S>(self, subject: S) -> Self
    where
        S: Fn() -> BoxFuture<'static, Option<SubjectToken>> + Send + Sync + 'static,
    {
        self.exchange(|exchange| exchange.subjects = Some(SubjectSource::Called(Arc::new(subject))))
    }

    /// Without a subject, the client's own token is used (RFC 6749 section 4.4), instead of an
    /// error.
    pub fn optional_subject(self) -> Self {
        self.exchange(|exchange| exchange.optional = true)
    }

    /// The party that acts on the subject's behalf (RFC 8693 section 2.1): a token, or
    /// [`Tokens`](crate::Tokens).
    pub fn actor(self, actor: impl Into<Actor>) -> Self {
        let actor = actor.into();
        self.exchange(|exchange| exchange.actor = Some(actor))
    }

    /// Which kind of token is wanted (RFC 8693 section 2.1), a URI.
    pub fn requested_token_type(self, token_type: impl Into<String>) -> Self {
        let token_type = token_type.into();
        self.exchange(|exchange| exchange.requested_token_type = Some(token_type))
    }

    fn exchange(mut self, change: impl FnOnce(&mut TokenExchange)) -> Self {
        match &mut self.grant {
            GrantKind::TokenExchange(exchange) => change(exchange),
            _ => self.exchange_option_misused = true,
        }
        self
    }

    /// Keeps tokens in a store, sealed under a key, so that they outlive the process and are shared
    /// with others. Otherwise they are in memory only.
    pub fn store(mut self, store: Arc<dyn Store>, key: &MasterKey) -> Self {
        self.store = StoreLocation::Store(store, key.clone());
        self
    }

    /// Promises that no other process uses the store as long as this one does. Then a login can be
    /// kept in any store, a [`SimpleStore`](grantor_store::SimpleStore) too, and no lease is taken.
    ///
    /// If the promise is broken, two processes spend one refresh token, which a server takes for
    /// theft: the user has to sign in again.
    pub fn single_process(mut self) -> Self {
        self.store_sharing = StoreSharing::Nobody;
        self
    }

    /// Whether the client proves who it is.
    pub(crate) fn is_confidential(&self) -> bool {
        self.client_secret.is_some() || self.client_assertion.is_some()
    }

    /// Requests carry the token in this way.
    #[cfg(test)]
    pub(crate) fn scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = scheme;
        self
    }

    pub(crate) fn token_parameters(&self) -> Result<TokenParameters, Error> {
        let mut parameters = self.parameters.clone();
        if let Some(scope) = &self.scope {
            let scope = Scope::parse(scope);
            let scope =
                scope.map_err(|error| Error::configuration(format!("\"scope\": {error}")))?;
            parameters.scope = Some(scope);
        }
        Ok(parameters)
    }
}
