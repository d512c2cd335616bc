//! From what was said to what works, or to a list of all that does not.

use std::sync::Arc;

use grantor_core::RedirectUri;
use grantor_http::{MetadataCache, ReqwestTransport, Timeouts, Transport, system};

use super::{GrantKind, TokensBuilder};
use crate::authorization_server::ClientRegistration;
use crate::authorization_server::channel::ServerChannel;
use crate::cache::registry::{Manager, Observers, SharedServices};
use crate::config::origin::{Origin, Origins};
use crate::config::server::ServerConfig;
use crate::error::Error;
use crate::observe::hooks::RequestKind;
use crate::renew::grant::Grant;
use crate::renew::grant::jwt_bearer::JwtBearerGrant;
use crate::renew::login::Login;
use crate::runtime::worker::Worker;
use crate::sign_in::code_flow::CodeFlow;
use crate::sign_in::device_flow::DeviceFlow;
use crate::store::location::StoreLocation;
use crate::store::{RecordKinds, TokenStore};
use crate::tokens::Tokens;

impl TokensBuilder {
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
        self.services = self.share(&mut problems);
        // Who signs in is said when the flow ends.
        self.clone().login_label("somebody").checked(&mut problems);
        let server = self.server.clone().unwrap_or_default();
        let server = server.check(&mut Vec::new());
        let nowhere = |server: &ServerConfig| {
            server.issuer.is_none() && server.authorization_endpoint.is_none()
        };
        if server.as_ref().is_some_and(nowhere) {
            let needed = "an \"issuer\" or an \"authorization_endpoint\"";
            problems.push(format!("signing users in takes {needed} of the server"));
        }
        match (redirect_uri, server, self.services.clone()) {
            (Ok(redirect_uri), Some(server), Some(shared)) if problems.is_empty() => {
                Ok(CodeFlow::new(self, server, redirect_uri, shared))
            }
            _ => Err(Error::problems(&problems)),
        }
    }

    /// A way to sign users in on devices without a browser (RFC 8628).
    ///
    /// # Errors
    /// A configuration that can't work; the message lists every problem.
    pub fn device_flow(mut self) -> Result<DeviceFlow, Error> {
        let mut problems = Vec::new();
        self.services = self.share(&mut problems);
        // Who signs in is said when the flow ends.
        self.clone().login_label("somebody").checked(&mut problems);
        match self.services.clone() {
            Some(shared) if problems.is_empty() => Ok(DeviceFlow::new(self, shared)),
            _ => Err(Error::problems(&problems)),
        }
    }

    fn checked(self, problems: &mut Vec<String>) -> Option<Tokens> {
        self.policy.check(problems);
        let server = self.server.as_ref().map(|server| server.check(problems));
        self.check_client(problems);
        let origins = self.origins(problems);
        let ask = self
            .token_parameters()
            .map_err(|error| problems.push(error.to_string()));
        let shared = self.share(problems);
        let app = match server {
            Some(server) => Some(self.app(server?)),
            None => None,
        };
        let (shared, origins, ask) = (shared?, origins?, ask.ok()?);
        let kinds = match self.grant {
            GrantKind::Login { .. } => RecordKinds::AccessAndLogin,
            _ => RecordKinds::Access,
        };
        let shares = matches!(self.store, StoreLocation::Store(..));
        if shares && matches!(self.grant, GrantKind::TokenSource(_)) && self.label.is_empty() {
            problems.push(
                "tokens of a source in a store need a \"login_label\", by which they are found again"
                    .to_owned(),
            );
        }
        let nameless = matches!(
            &self.grant,
            GrantKind::Login {
                refresh_token: None,
                user: None
            }
        );
        if shares && nameless && self.label.is_empty() {
            problems.push(
                "logins in a store need a \"login_label\", so that one user does not get another's tokens"
                    .to_owned(),
            );
        }
        let subjects = match &self.grant {
            GrantKind::TokenExchange(exchange) => exchange.subjects.clone(),
            GrantKind::PasswordFromRequest => Some(crate::token::subject::SubjectSource::Basic),
            _ => None,
        };
        let observers = Observers {
            policy: Arc::new(self.policy),
            on_change: self.on_change,
            metrics: self.metrics,
            listener: self.listener,
        };
        let grant = grant(self.grant, app.as_ref());
        let place = self.store.open(self.store_sharing, &shared.environment);
        let identity = grant.identity(app.as_ref(), &self.label, &place.key);
        let storage = TokenStore::new(
            (place, kinds),
            &shared.environment,
            &observers.policy,
            app.as_ref(),
            identity,
            problems,
        )?;
        let manager = Arc::new(Manager::new(shared, app, grant, storage, observers));
        let origins = origins.into_iter().fold(Origins::default(), |all, origin| {
            let id = manager.origin_ids.id(&origin);
            all.with(origin, id)
        });
        let tokens = Tokens::new(&manager, ask, origins, subjects);
        let tokens = tokens.with_bearer_method(self.bearer_method);
        if let Some(given) = self.seed_tokens {
            tokens
                .seed(given)
                .map_err(|error| problems.push(error.to_string()))
                .ok()?;
        }
        Some(tokens)
    }

    fn app(&self, server: ServerConfig) -> ClientRegistration {
        ClientRegistration {
            server,
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            client_assertion: self.client_assertion.clone(),
            method: self.method.clone(),
        }
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
    fn share(&self, problems: &mut Vec<String>) -> Option<Arc<SharedServices>> {
        if let Some(shared) = &self.services {
            return Some(Arc::clone(shared));
        }
        let environment = self.environment.clone().unwrap_or_else(system);
        let transport = match self.transport.clone() {
            Some(transport) => transport,
            None => match self.reqwest() {
                Ok(transport) => Arc::new(transport) as Arc<dyn Transport>,
                Err(error) => {
                    problems.push(error.to_string());
                    return None;
                }
            },
        };
        let hooks = Arc::new(self.hooks.clone());
        let discovery = ServerChannel {
            call: RequestKind::Discovery,
            transport: Arc::clone(&transport),
            hooks: Arc::clone(&hooks),
            timeout: self.policy.request_timeout,
            environment: environment.clone(),
            throttle: None,
            unsigned: Arc::default(),
        };
        let metadata = MetadataCache::new(Arc::new(discovery), environment.clone());
        Some(Arc::new(SharedServices {
            environment,
            transport,
            hooks,
            throttle: Arc::default(),
            metadata,
            worker: self
                .runtime
                .clone()
                .map_or_else(Worker::thread, Worker::Runtime),
        }))
    }
}

impl TokensBuilder {
    fn reqwest(&self) -> Result<ReqwestTransport, grantor_http::TransportError> {
        let timeouts = Timeouts::default();
        let total = self.policy.request_timeout;
        ReqwestTransport::with_timeouts(&Timeouts {
            total,
            connect: timeouts.connect.min(total),
        })
    }
}

fn grant(kind: GrantKind, app: Option<&ClientRegistration>) -> Grant {
    match kind {
        GrantKind::ClientCredentials => Grant::ClientCredentials,
        GrantKind::JwtBearer(assertion) => Grant::JwtBearer(JwtBearerGrant::new(&assertion, app)),
        GrantKind::Login {
            refresh_token,
            user,
        } => Grant::Login(Box::new(Login::new(refresh_token, user))),
        GrantKind::TokenExchange(exchange) => Grant::TokenExchange(exchange),
        GrantKind::PasswordFromRequest => Grant::PasswordFromRequest,
        GrantKind::TokenSource(source) => Grant::TokenSource(source),
        GrantKind::StaticToken => Grant::StaticToken,
    }
}
