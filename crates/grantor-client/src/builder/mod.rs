//! Builds [`Tokens`](crate::Tokens): what a program says, whether it can work, and what is made of it.

pub(crate) mod assemble;
mod certificate;
mod client;
mod constructors;
mod dpop;
mod google_json;
mod hooks;
mod http_client;
mod oauth1;
mod openid;
mod parameters;
mod resource;
mod seed;
mod store;
mod token_exchange;
mod validate;
mod workload;

use std::sync::Arc;

use grantor_core::{Environment, Secret, TokenEndpointAuthMethod, TokenParameters};
use grantor_http::Transport;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
use grantor_http::{ClientCertificate, TransportOptions};
use serde_json::Value;
use tokio::runtime::Handle;

use crate::authorization_server::assertion::Assertion;
use crate::authorization_server::assertion::given::GivenAssertion;
use crate::config::dpop::Dpop;
use crate::config::id_tokens::IdTokenSettings;
use crate::config::placement::BearerMethod;
use crate::config::policy::Policy;
use crate::config::server::Server;
use crate::observe::event::EventListener;
use crate::observe::hooks::Hooks;
use crate::observe::metrics::Metrics;
use crate::observe::token_change::ChangeCallbacks;
use crate::renew::grant::kind::GrantKind;
use crate::renew::services::SharedServices;
use crate::store::location::{StoreLocation, StoreSharing};
use crate::token::dpop_key::DpopKey;
use crate::token::scheme::Scheme;
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
    given_assertion: Option<Arc<GivenAssertion>>,
    method: Option<TokenEndpointAuthMethod>,
    grant: GrantKind,
    label: String,
    seed_tokens: Option<TokenSet>,
    scope: Option<String>,
    parameters: TokenParameters,
    authorization_details: Option<Value>,
    origins: Vec<String>,
    /// Something was said of an exchange, and this is none.
    exchange_option_misused: bool,
    /// Something was said of the tokens for a resource, and these are none.
    resource_option_misused: bool,
    /// True if `services` is that of other tokens, with their hooks.
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
    #[cfg(any(feature = "reqwest", feature = "blocking"))]
    client_certificate: Option<ClientCertificate>,
    /// The certificate is for the authorization server alone.
    unbound_tokens: bool,
    http_problems: Vec<String>,
    environment: Option<Environment>,
    runtime: Option<Handle>,
    pub(crate) services: Option<SharedServices>,
    pub(crate) bearer_method: BearerMethod,
    scheme: Scheme,
    id_tokens: IdTokenSettings,
    dpop: Option<Dpop>,
    /// The key with which a sign-in began.
    begun_dpop_key: Option<DpopKey>,
}

impl TokensBuilder {
    pub(crate) fn new(server: Option<Server>, client_id: String, kind: GrantKind) -> Self {
        Self {
            server,
            client_id,
            client_secret: None,
            client_assertion: None,
            given_assertion: None,
            method: None,
            grant: kind,
            label: String::new(),
            seed_tokens: None,
            scope: None,
            parameters: TokenParameters::default(),
            authorization_details: None,
            origins: Vec::new(),
            exchange_option_misused: false,
            resource_option_misused: false,
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
            #[cfg(any(feature = "reqwest", feature = "blocking"))]
            client_certificate: None,
            unbound_tokens: false,
            http_problems: Vec::new(),
            environment: None,
            runtime: None,
            services: None,
            bearer_method: BearerMethod::default(),
            scheme: Scheme::default(),
            id_tokens: IdTokenSettings::default(),
            dpop: None,
            begun_dpop_key: None,
        }
    }

    /// Returns whether the client proves who it is.
    pub(crate) fn is_confidential(&self) -> bool {
        self.client_secret.is_some()
            || self.client_assertion.is_some()
            || self.given_assertion.is_some()
    }

    /// Requests carry the token in this way.
    pub(crate) fn scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = scheme;
        self
    }
}
