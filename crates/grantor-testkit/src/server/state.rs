//! Everything that the server knows.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{CertificateThumbprint, Clock, Scope, Timestamp, TokenEndpointAuthMethod};
use grantor_jose::KeySet;
use http::Response;
use serde_json::{Map, Value};

use super::RecordedRequest;
use super::authorization_settings::ResponseSettings;
use super::dpop::DpopSettings;
use super::endpoints::TokenShape;
use super::faults::Faults;
use super::grants::{Backchannel, Code, CustomGrant, Devices, GRANT_TYPES};
use super::history::History;
use super::logins::Logins;
use super::mtls::MtlsSettings;
use super::oauth1::OAuth1State;
use super::openid::OpenIdSettings;
use super::request_objects::RequestSettings;
use crate::FakeClock;

/// Everything that a server knows.
pub(super) struct State {
    pub(super) clock: Option<FakeClock>,
    pub(super) tokens: TokenSettings,
    pub(super) clients: Vec<Client>,
    /// Clients that registered themselves, by identifier.
    pub(super) registered: HashMap<String, Registered>,
    pub(super) initial_access_token: Option<String>,
    /// Requests that were pushed, by number; none, once they were used.
    pub(super) pushed: Vec<Option<String>>,
    pub(super) requires_pushed: bool,
    pub(super) auth_methods: Vec<TokenEndpointAuthMethod>,
    pub(super) grant_types: Vec<String>,
    pub(super) metadata: Map<String, Value>,
    pub(super) custom: HashMap<String, CustomGrant>,
    pub(super) users: HashMap<String, String>,
    pub(super) trusted: HashSet<String>,
    pub(super) assertion_keys: Option<KeySet>,
    pub(super) api: ApiSettings,
    pub(super) issued: u64,
    pub(super) access_tokens: HashMap<String, AccessToken>,
    pub(super) last_access_token: Option<AccessToken>,
    pub(super) codes: Vec<Code>,
    pub(super) logins: Logins,
    pub(super) devices: Devices,
    pub(super) backchannel: Backchannel,
    pub(super) dpop: DpopSettings,
    pub(super) mtls: MtlsSettings,
    pub(super) oauth1: OAuth1State,
    pub(super) openid: OpenIdSettings,
    pub(super) responses: ResponseSettings,
    pub(super) requests: RequestSettings,
    /// The detailed authorizations of logins (RFC 9396).
    pub(super) details: HashMap<usize, Value>,
    pub(super) faults: Faults,
    pub(super) history: History,
}

/// The form of the token endpoint's answers.
#[derive(Default)]
pub(super) struct TokenSettings {
    pub(super) lifetime: Option<Duration>,
    pub(super) refresh_in: Option<Duration>,
    pub(super) extra: Map<String, Value>,
    pub(super) omitted: HashSet<String>,
    pub(super) shape: Option<TokenShape>,
}

#[derive(Default)]
pub(super) struct ApiSettings {
    pub(super) origins: Option<Vec<String>>,
    pub(super) scope: Option<Scope>,
    pub(super) challenge: Option<String>,
    pub(super) answer: Option<ApiAnswer>,
    /// Members of its metadata (RFC 9728).
    pub(super) metadata: Map<String, Value>,
}

/// The answer of the API to a call with a good token.
pub(super) type ApiAnswer = Arc<dyn Fn(&RecordedRequest) -> Response<Bytes> + Send + Sync>;

pub(super) struct Client {
    pub(super) client_id: String,
    pub(super) client_secret: Option<String>,
}

/// A client that registered itself.
pub(super) struct Registered {
    pub(super) secret: Option<String>,
    /// Changes its registration.
    pub(super) token: String,
    pub(super) metadata: Map<String, Value>,
    pub(super) removed: bool,
}

/// An access token that was issued and not revoked.
#[derive(Clone)]
pub(super) struct AccessToken {
    pub(super) expires_at: Option<Duration>,
    pub(super) exp: Option<Timestamp>,
    pub(super) scope: Option<Scope>,
    pub(super) client_id: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) login: Option<usize>,
    /// The thumbprint of the key that it is bound to.
    pub(super) jkt: Option<String>,
    /// The certificate that it is bound to.
    pub(super) certificate: Option<CertificateThumbprint>,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            clock: None,
            tokens: TokenSettings {
                lifetime: Some(Duration::from_secs(3600)),
                ..TokenSettings::default()
            },
            clients: Vec::new(),
            registered: HashMap::new(),
            initial_access_token: None,
            pushed: Vec::new(),
            requires_pushed: false,
            auth_methods: vec![
                TokenEndpointAuthMethod::ClientSecretBasic,
                TokenEndpointAuthMethod::ClientSecretPost,
                TokenEndpointAuthMethod::None,
            ],
            grant_types: GRANT_TYPES.map(str::to_owned).to_vec(),
            metadata: Map::new(),
            custom: HashMap::new(),
            users: HashMap::new(),
            trusted: HashSet::new(),
            assertion_keys: None,
            api: ApiSettings::default(),
            issued: 0,
            access_tokens: HashMap::new(),
            last_access_token: None,
            codes: Vec::new(),
            logins: Logins::default(),
            devices: Devices::default(),
            backchannel: Backchannel::default(),
            dpop: DpopSettings::default(),
            mtls: MtlsSettings::default(),
            oauth1: OAuth1State::default(),
            openid: OpenIdSettings::default(),
            responses: ResponseSettings::default(),
            requests: RequestSettings::default(),
            details: HashMap::new(),
            faults: Faults::default(),
            history: History::default(),
        }
    }

    /// Time since some start; none without a clock.
    pub(super) fn elapsed(&self) -> Option<Duration> {
        self.clock.as_ref().map(Clock::elapsed)
    }

    /// When something ends that lives so long; none if it has no end, or there is no clock.
    pub(super) fn end_after(&self, lifetime: Option<Duration>) -> Option<Duration> {
        Some(self.elapsed()?.saturating_add(lifetime?))
    }

    /// Returns whether this end has come.
    pub(super) fn is_over(&self, end: Option<Duration>) -> bool {
        end.zip(self.elapsed()).is_some_and(|(end, now)| now >= end)
    }

    pub(super) fn now(&self) -> Option<Timestamp> {
        self.clock.as_ref().map(Clock::now)
    }

    /// An access token that is good now.
    pub(super) fn access_token(&self, token: &str) -> Option<&AccessToken> {
        let known = self.access_tokens.get(token)?;
        (!self.is_over(known.expires_at)).then_some(known)
    }
}
