use std::sync::Arc;

use grantor_core::{AuthMethod, Environment, Issuer, RedirectUri, Scope, Secret, is_secure};
use grantor_http::{MetadataCache, ReqwestTransport, Transport, system};
use grantor_store::{MasterKey, Store};
use tokio::runtime::Handle;
use url::Url;

use crate::app::App;
use crate::ask::Ask;
use crate::door::Placement;
use crate::event::{Event, Listener};
use crate::grant::Grant;
use crate::login::Login;
use crate::manager::{Manager, Shared};
use crate::origin::{Origin, Origins};
use crate::storage::{Kinds, Place, Storage};
use crate::worker::Worker;
use crate::{CodeFlow, Error, Tokens};

/// Builds [`Tokens`]. Nothing is checked before [`build`](Self::build), which names every problem at
/// once, and nothing is sent before the first token is needed.
#[derive(Debug, Clone)]
#[must_use = "nothing happens before `build`"]
pub struct Builder {
    issuer: String,
    token_endpoint: Option<String>,
    client_id: String,
    client_secret: Option<Secret>,
    method: Option<AuthMethod>,
    kind: Kind,
    scope: Option<String>,
    ask: Ask,
    origins: Vec<String>,
    place: Place,
    transport: Option<Arc<dyn Transport>>,
    environment: Option<Environment>,
    handle: Option<Handle>,
    listener: Option<Listener>,
    pub(crate) shared: Option<Arc<Shared>>,
    pub(crate) placement: Placement,
}

#[derive(Debug, Clone)]
enum Kind {
    ClientCredentials,
    Login {
        label: String,
        given: Option<Secret>,
    },
}

impl Builder {
    fn new(issuer: String, client_id: String, kind: Kind) -> Self {
        Self {
            issuer,
            token_endpoint: None,
            client_id,
            client_secret: None,
            method: None,
            kind,
            scope: None,
            ask: Ask::default(),
            origins: Vec::new(),
            place: Place::Here,
            transport: None,
            environment: None,
            handle: None,
            listener: None,
            shared: None,
            placement: Placement::default(),
        }
    }

    pub(crate) fn client_credentials(issuer: String, client_id: String, secret: String) -> Self {
        Self::new(issuer, client_id, Kind::ClientCredentials).client_secret(secret)
    }

    pub(crate) fn login(issuer: String, client_id: String, given: Option<String>) -> Self {
        let kind = Kind::Login {
            label: String::new(),
            given: given.map(Secret::new),
        };
        Self::new(issuer, client_id, kind)
    }

    /// The secret of a confidential client.
    pub fn client_secret(mut self, client_secret: impl Into<Secret>) -> Self {
        self.client_secret = Some(client_secret.into());
        self
    }

    /// How the client authenticates; otherwise the best of what the server takes.
    pub fn authentication(mut self, method: AuthMethod) -> Self {
        self.method = Some(method);
        self
    }

    /// Where tokens are had; otherwise what the issuer publishes.
    pub fn token_endpoint(mut self, url: impl Into<String>) -> Self {
        self.token_endpoint = Some(url.into());
        self
    }

    /// What is asked for: values with spaces between them.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Where the token is to be used (RFC 8707). May be given more than once.
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.ask.resource.push(resource.into());
        self
    }

    /// Where the token is to be used, as some servers name it. May be given more than once.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.ask.audience.push(audience.into());
        self
    }

    /// A further parameter of the token request.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.ask.extra.push((name.into(), value.into()));
        self
    }

    /// An origin that the token may go to, as `https://api.example`. May be given more than once.
    pub fn only(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// Which of several logins of this client it is: a user's name, an account.
    pub fn label(mut self, name: impl Into<String>) -> Self {
        if let Kind::Login { label, .. } = &mut self.kind {
            *label = name.into();
        }
        self
    }

    /// Keeps tokens in a store, sealed under a key, so that they outlive the process and are shared
    /// with others. Otherwise they are in memory only.
    pub fn store(mut self, store: Arc<dyn Store>, key: &MasterKey) -> Self {
        self.place = Place::Store(store, key.clone());
        self
    }

    /// Sends requests to the authorization server in another way than over reqwest.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Takes time and randomness from elsewhere than the system.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Renews on this runtime, which must have tokio's timer and IO enabled, instead of on a thread
    /// of its own. A runtime that is shut down while a refresh token is being renewed may lose it;
    /// call [`Tokens::close`] first.
    pub fn spawn_on(mut self, handle: Handle) -> Self {
        self.handle = Some(handle);
        self
    }

    /// Calls this with everything that happens to the tokens. It must not block.
    pub fn on_event(mut self, listener: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.listener = Some(Listener(Arc::new(listener)));
        self
    }

    /// The tokens.
    ///
    /// # Errors
    /// A configuration that can't work; the message lists every problem.
    pub fn build(self) -> Result<Tokens, Error> {
        let mut problems = Vec::new();
        let built = self.checked(&mut problems);
        match built {
            Some(tokens) if problems.is_empty() => Ok(tokens),
            _ => Err(Error::problems(&problems)),
        }
    }

    /// A way to sign users in, whose browsers come back to `redirect_uri`.
    ///
    /// # Errors
    /// A configuration that can't work; the message lists every problem.
    pub fn code_flow(mut self, redirect_uri: &str) -> Result<CodeFlow, Error> {
        let mut problems = Vec::new();
        let redirect_uri = RedirectUri::parse(redirect_uri);
        if let Err(error) = &redirect_uri {
            problems.push(format!("\"redirect_uri\": {error}"));
        }
        self.shared = self.share(&mut problems);
        self.clone().checked(&mut problems);
        let issuer = Issuer::parse(&self.issuer);
        match (redirect_uri, issuer, self.shared.clone()) {
            (Ok(redirect_uri), Ok(issuer), Some(shared)) if problems.is_empty() => {
                Ok(CodeFlow::new(self, issuer, redirect_uri, shared))
            }
            _ => Err(Error::problems(&problems)),
        }
    }

    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    pub(crate) fn ask(&self) -> Result<Ask, Error> {
        let mut ask = self.ask.clone();
        if let Some(scope) = &self.scope {
            let scope = Scope::parse(scope);
            let scope =
                scope.map_err(|error| Error::configuration(format!("\"scope\": {error}")))?;
            ask.scope = Some(scope);
        }
        Ok(ask)
    }

    fn checked(self, problems: &mut Vec<String>) -> Option<Tokens> {
        let app = self.app(problems);
        let origins = self.origins(problems);
        let ask = self.ask().map_err(|error| problems.push(error.to_string()));
        let shared = self.share(problems);
        let (app, shared, origins, ask) = (app?, shared?, origins?, ask.ok()?);
        let (grant, kinds) = match self.kind {
            Kind::ClientCredentials => (Grant::ClientCredentials, Kinds::Access),
            Kind::Login { label, given } => (
                Grant::Login(Login::new(label, given)),
                Kinds::AccessAndLogin,
            ),
        };
        let identity = grant.identity(&app);
        let environment = &shared.environment;
        let storage = Storage::new(self.place, kinds, environment, &app, identity, problems)?;
        let manager = Arc::new(Manager::new(shared, app, grant, storage, self.listener));
        let origins = origins.into_iter().fold(Origins::default(), |all, origin| {
            let id = manager.origin_ids.id(&origin);
            all.with(origin, id)
        });
        Some(Tokens::new(&manager, ask, origins).with_placement(self.placement))
    }

    fn app(&self, problems: &mut Vec<String>) -> Option<App> {
        let issuer = Issuer::parse(&self.issuer);
        if let Err(error) = &issuer {
            problems.push(format!("\"issuer\": {error}"));
        }
        if self.client_id.is_empty() {
            problems.push("\"client_id\" is empty".to_owned());
        }
        if self.client_secret.as_ref().is_some_and(Secret::is_empty) {
            problems.push("\"client_secret\" is empty".to_owned());
        }
        if let Some(AuthMethod::Other(name)) = &self.method {
            problems.push(format!("the client authentication \"{name}\" is not known"));
        }
        let given = match &self.kind {
            Kind::Login { given, .. } => given.as_ref(),
            Kind::ClientCredentials => None,
        };
        if given.is_some_and(Secret::is_empty) {
            problems.push("the refresh token is empty".to_owned());
        }
        let token_endpoint = self.token_endpoint.as_ref().and_then(|text| {
            let url = Url::parse(text).ok().filter(is_secure);
            if url.is_none() {
                let why = "is not an https URL, nor one on a loopback address";
                problems.push(format!("\"token_endpoint\" {why}"));
            }
            url
        });
        Some(App {
            issuer: issuer.ok()?,
            token_endpoint,
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            method: self.method.clone(),
        })
    }

    fn origins(&self, problems: &mut Vec<String>) -> Option<Vec<Origin>> {
        let mut origins = Vec::new();
        for text in &self.origins {
            match Origin::parse(text) {
                Ok(origin) => origins.push(origin),
                Err(problem) => problems.push(problem),
            }
        }
        (origins.len() == self.origins.len()).then_some(origins)
    }

    /// What may be shared with other tokens.
    fn share(&self, problems: &mut Vec<String>) -> Option<Arc<Shared>> {
        if let Some(shared) = &self.shared {
            return Some(Arc::clone(shared));
        }
        let environment = self.environment.clone().unwrap_or_else(system);
        let transport = match self.transport.clone() {
            Some(transport) => transport,
            None => match ReqwestTransport::new() {
                Ok(transport) => Arc::new(transport) as Arc<dyn Transport>,
                Err(error) => {
                    problems.push(error.to_string());
                    return None;
                }
            },
        };
        let metadata = MetadataCache::new(Arc::clone(&transport), environment.clone());
        Some(Arc::new(Shared {
            environment,
            transport,
            metadata,
            worker: self
                .handle
                .clone()
                .map_or_else(Worker::thread, Worker::Runtime),
        }))
    }
}
