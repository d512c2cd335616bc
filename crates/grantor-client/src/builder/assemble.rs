//! From what was said to what works, or to a list of all that does not.

use std::sync::Arc;

use grantor_core::{CertificateThumbprint, Environment, LocalhostNames, TokenParameters};
use grantor_http::{MetadataCache, system};

use super::TokensBuilder;
use crate::authorization_server::channel::ServerChannel;
use crate::authorization_server::connection::Connection;
use crate::authorization_server::issuer_keys::IssuerKeys;
use crate::authorization_server::proof_on_send::ServerNonces;
use crate::authorization_server::throttle::Throttles;
use crate::authorization_server::{AuthorizationServer, ClientRegistration};
use crate::cache::registry::Registry;
use crate::config::origin::{Origin, OriginIds, Origins};
use crate::config::policy::Policy;
use crate::config::server::ServerConfig;
use crate::error::Error;
use crate::observe::hooks::RequestKind;
use crate::observe::observer::Observer;
use crate::renew::grant::Grant;
use crate::renew::grant::kind::GrantKind;
use crate::renew::services::{CurrentServer, Services, SharedServices};
use crate::renew::{Acquired, Renewer};
use crate::runtime::tasks::Tasks;
use crate::runtime::worker::Worker;
use crate::store::{RecordKinds, TokenStore};
use crate::token::dpop_key::DpopKey;
use crate::token::scheme::Scheme;
use crate::token::subject::SubjectSource;
use crate::tokens::Tokens;

/// The parsed settings, ready to be assembled.
struct Parts {
    shared: SharedServices,
    server: Option<AuthorizationServer>,
    policy: Arc<Policy>,
    grant: Grant,
    store: TokenStore,
    origins: Vec<Origin>,
    parameters: TokenParameters,
    seed: Option<Acquired>,
    dpop_key: Option<DpopKey>,
}

/// The parts of a flow that signs users in.
pub(crate) struct FlowParts {
    pub(crate) server: AuthorizationServer,
    pub(crate) shared: SharedServices,
}

impl TokensBuilder {
    /// The tokens.
    ///
    /// # Errors
    /// A configuration that can't work; the message lists every problem.
    pub fn build(self) -> Result<Tokens, Error> {
        let mut problems = Vec::new();
        let parts = self.read(&mut problems);
        self.check_login_label(&mut problems);
        match parts {
            Some(parts) if problems.is_empty() => Ok(self.assemble(parts)),
            _ => Err(Error::problems(&problems)),
        }
    }

    /// The parts of a flow, whose tokens are built when it ends and the user is known.
    pub(crate) fn flow_parts(&self, problems: &mut Vec<String>) -> Option<FlowParts> {
        let parts = self.read(problems)?;
        let Some(server) = parts.server else {
            problems.push("signing users in takes an authorization server".to_owned());
            return None;
        };
        Some(FlowParts {
            server,
            shared: parts.shared,
        })
    }

    /// Reads and checks what was said.
    fn read(&self, problems: &mut Vec<String>) -> Option<Parts> {
        self.policy.check(problems);
        let shared = self.shared_services(problems);
        // Without a transport there is another problem, which comes first.
        let names = shared.as_ref().map_or(LocalhostNames::Loopback, |shared| {
            shared.connection.transport.localhost_names()
        });
        let server = self.server.as_ref();
        let server = server.map(|server| server.check(names, problems));
        self.check_client(problems);
        let origins = self.origins(problems);
        let parameters = self.token_parameters();
        let parameters = parameters.map_err(|error| problems.push(error.to_string()));
        let server = match server {
            Some(server) => Some(server?),
            None => None,
        };
        let (origins, parameters, shared) = (origins?, parameters.ok()?, shared?);
        let transport = &*shared.connection.transport;
        self.check_certificate(transport, problems);
        let certificate = match self.scheme_over(transport) {
            Scheme::CertificateBound => transport.client_certificate(),
            _ => None,
        };
        let server = server.map(|server| self.authorization_server(server, &shared));
        let registration = server.as_ref().map(|server| &server.registration);
        let environment = &shared.connection.environment;
        let policy = Arc::new(self.policy.clone());
        let mut parameters = parameters;
        let scope = parameters.scope.clone();
        let grant = self.grant.clone().into_grant(registration, scope.as_ref());
        if grant.resource().is_some() {
            // A refresh that named it would give up what was added to it since.
            parameters.scope = None;
        }
        let dpop_key = self.read_dpop_key(problems);
        let store = self.token_store(
            (&grant, dpop_key.as_ref(), certificate),
            registration,
            environment,
            &policy,
            problems,
        );
        let seed = self.seed(environment, dpop_key.as_ref());
        let seed = seed.map_err(|error| problems.push(error.to_string()));
        Some(Parts {
            store: store?,
            seed: seed.ok()?,
            shared,
            server,
            policy,
            grant,
            origins,
            parameters,
            dpop_key,
        })
    }

    fn assemble(self, parts: Parts) -> Tokens {
        let subjects = match &self.grant {
            GrantKind::TokenExchange(exchange) => exchange.subjects.clone(),
            GrantKind::PasswordFromRequest => Some(SubjectSource::Basic),
            _ => None,
        };
        let scheme = self.scheme_over(&*parts.shared.connection.transport);
        let observer = Observer::new(self.on_change, self.metrics, self.listener);
        let services = Arc::new(Services {
            tasks: Tasks::new(Arc::clone(&parts.shared.worker)),
            shared: parts.shared,
            server: CurrentServer::new(parts.server),
            store: parts.store,
            observer: Arc::new(observer),
            policy: parts.policy,
            origin_ids: OriginIds::default(),
            scheme,
            dpop_key: parts.dpop_key,
        });
        let origins = parts.origins.into_iter();
        let origins = origins.fold(Origins::default(), |all, origin| {
            let id = services.origin_ids.id(&origin);
            all.with(origin, id)
        });
        let grant = parts.grant;
        let renewer = Arc::new(Renewer { services, grant });
        let registry = Arc::new(Registry::new(renewer));
        let tokens = Tokens::new(&registry, parts.parameters, origins, subjects);
        if let Some(seed) = parts.seed {
            tokens.slot.publish(seed);
        }
        tokens.with_bearer_method(self.bearer_method)
    }

    /// The records of these tokens, if the store can hold them.
    fn token_store(
        &self,
        (grant, dpop_key, certificate): (&Grant, Option<&DpopKey>, Option<&CertificateThumbprint>),
        registration: Option<&ClientRegistration>,
        environment: &Environment,
        policy: &Arc<Policy>,
        problems: &mut Vec<String>,
    ) -> Option<TokenStore> {
        let kinds = match grant {
            Grant::Login(_) => RecordKinds::AccessAndLogin,
            Grant::Resource(_) if grant.login().is_some() => {
                RecordKinds::AccessLoginAndRegistrations
            }
            _ => RecordKinds::Access,
        };
        let location = self.store.clone().open(self.store_sharing, environment);
        let mut identity = grant.identity(registration, &self.label, &location.key);
        if dpop_key.is_some() && grant.login().is_none() {
            // A bearer token of the same client is another one.
            identity.push_str(" dpop");
        }
        if let Some(certificate) = certificate.filter(|_| grant.login().is_none()) {
            // A token that is bound to another certificate is of no use with this one.
            identity.push_str(" x5t#S256 ");
            identity.push_str(certificate.as_str());
        }
        let name = match grant.resource() {
            Some(resource) => &resource.settings.text,
            None => registration.map_or("a source", ClientRegistration::name),
        };
        let store = TokenStore::new(
            (location, kinds),
            environment,
            policy,
            name,
            identity,
            problems,
        )?;
        Some(store.with_dpop_key(dpop_key.cloned()))
    }

    fn authorization_server(
        &self,
        server: ServerConfig,
        shared: &SharedServices,
    ) -> AuthorizationServer {
        let registration = ClientRegistration {
            server,
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            client_assertion: self.client_assertion.clone(),
            method: self.method.clone(),
            id_tokens: self.id_tokens.clone(),
            presents_certificate: false,
            given_assertion: self.given_assertion.clone(),
        };
        let (connection, metadata) = (&shared.connection, &shared.metadata);
        AuthorizationServer::new(
            registration,
            Arc::clone(connection),
            (Arc::clone(metadata), Arc::clone(&shared.issuer_keys)),
            &self.policy,
        )
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

    /// The services that may be shared with other tokens.
    pub(super) fn shared_services(&self, problems: &mut Vec<String>) -> Option<SharedServices> {
        if let Some(services) = &self.services {
            return Some(services.clone());
        }
        let environment = self.environment.clone().unwrap_or_else(system);
        let transport = self.open_transport(problems)?;
        let connection = Arc::new(Connection {
            transport,
            hooks: self.hooks.clone(),
            environment: environment.clone(),
            throttles: Throttles::default(),
            nonces: ServerNonces::default(),
        });
        let timeout = self.policy.request_timeout;
        let discovery =
            ServerChannel::new(Arc::clone(&connection), RequestKind::Discovery, timeout);
        let keys = ServerChannel::new(Arc::clone(&connection), RequestKind::KeySet, timeout);
        let keys = IssuerKeys::new(Arc::new(keys), environment.clone());
        let runtime = self.runtime.clone();
        Some(SharedServices {
            connection,
            metadata: Arc::new(MetadataCache::new(Arc::new(discovery), environment)),
            issuer_keys: Arc::new(keys),
            #[cfg(any(feature = "reqwest", feature = "blocking"))]
            http_options: self.session_options(),
            worker: Arc::new(runtime.map_or_else(Worker::thread, Worker::Runtime)),
        })
    }
}
