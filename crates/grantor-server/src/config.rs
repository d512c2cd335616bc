//! The configuration of a server.

use std::collections::BTreeMap;
use std::time::Duration;

use grantor_core::{Scope, TrustedProxies};
use grantor_jose::Algorithm;
use serde::{Deserialize, Serialize};

use crate::cached::CACHE_TTL;
use crate::profile::Profile;

mod access_tokens;
mod default_scope;
mod grant_type_settings;
mod lifetime;
mod metadata_documents;
mod paths;
mod problems;
mod registration;

pub use access_tokens::AccessTokens;
pub use default_scope::DefaultScope;
pub use grant_type_settings::GrantTypeSettings;
pub use lifetime::Lifetime;
pub(crate) use lifetime::later;
pub use metadata_documents::MetadataDocuments;
pub use paths::Paths;
pub use registration::Registration;

/// How a server behaves. Every default is safe.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// The policies that hold for every client.
    pub profile: Profile,
    /// The format of access tokens. Opaque by default.
    pub access_tokens: AccessTokens,
    /// The audience of a token whose client named no resource. Without one it is the first that is
    /// protected in this process; a JWT access token must have one (RFC 9068 section 3), so a client
    /// of a server without either has to name a resource.
    pub default_audience: Option<String>,
    /// Resources that may be asked for, besides those of registered resource servers (RFC 8707).
    pub resources: Vec<String>,
    /// The scope values that the metadata lists. Which of them a client may ask for is set per
    /// client.
    pub scopes: Scope,
    /// The scope of a request that names none. All that the client may ask for by default. A grant type
    /// and a client may have another.
    pub default_scope: DefaultScope,
    /// The character between the values of a scope, in requests and in the answers to them. A space, as
    /// RFC 6749 section 3.3 has it, by default; another one needs [`Profile::Legacy20`], and requests may
    /// have spaces all the same. Introspection and JWTs have spaces.
    pub scope_separator: char,
    /// How long a code is valid. 60 s by default.
    pub code_lifetime: Duration,
    /// How long an access token is valid: 1 s to 30 days. 5 minutes by default: as long as a JWT
    /// outlives the end of its grant where it is verified offline. There is none that never ends.
    pub access_token_lifetime: Duration,
    /// How long a refresh token is valid after its last use: 1 min to 10 years, or without an end. 30
    /// days by default.
    pub refresh_token_lifetime: Lifetime,
    /// How long a grant lasts after the user gave it, however often its refresh token is used: 1 min to
    /// 10 years, or without an end, which is the default. Then the user has to sign in again.
    pub grant_lifetime: Lifetime,
    /// What holds for the tokens of one grant type instead: [`grant_type`](Self::grant_type).
    pub grant_type_settings: BTreeMap<String, GrantTypeSettings>,
    /// True if a client gets an access token that it was given before, as long as that is valid, for the
    /// same user, grant type, scope, resources and key. A refresh always gives a new one. False by
    /// default: the texts of such tokens are kept, sealed under the master key, where otherwise stores
    /// have hashes alone.
    pub unique_access_tokens: bool,
    /// Grace period after a rotation. A client that lost the response may present the old refresh
    /// token again and gets the same new one; later it counts as reuse and ends the grant. 0 to
    /// 300 s, 60 s by default. Confidential clients have it until they first use the new token.
    pub refresh_grace: Duration,
    /// The clients that get a new refresh token at every use.
    pub rotation: Rotation,
    /// The difference allowed between the clocks of two machines. 60 s by default, which is also
    /// the most: `Leeway::MAX` bounds it for JWTs too.
    pub max_clock_skew: Duration,
    /// How long the `request_uri` of a pushed request is valid: 5 to 600 s (RFC 9126 section 2.2), 90 s
    /// by default.
    pub pushed_request_lifetime: Duration,
    /// True if every authorization request has to be pushed (RFC 9126 section 5). No by default.
    pub require_pushed_authorization_requests: bool,
    /// How long a device code and its user code are valid (RFC 8628): 1 to 30 min, 10 min by default.
    pub device_code_lifetime: Duration,
    /// How long a login or consent page may stay open. One hour by default.
    pub interaction_lifetime: Duration,
    /// How long after its start a request repeats the write that decides it, if the store's answer was
    /// lost. Then the answer is 503. 10 s by default, at most 60 s.
    pub request_deadline: Duration,
    /// How old the copies of clients in memory may be: 0 to 300 s, 1 s by default. A client that another
    /// process changes or removes is as it was for so long, in this process; one that this process
    /// changes is not. With a store on another machine a longer time saves a round trip per client and
    /// time.
    pub client_cache: Duration,
    /// The proxies whose word about the address of a client is taken, for limits. None by default.
    pub trusted_proxies: TrustedProxies,
    /// How many scope values a request may have. 100 by default.
    pub max_scope_values: usize,
    /// Which clients may be the URL of their metadata document, instead of being registered
    /// (draft-ietf-oauth-client-id-metadata-document); as the profile has it, if absent. Such clients
    /// may ask for the scope values of [`scopes`](Self::scopes).
    pub metadata_documents: Option<MetadataDocuments>,
    /// Whether clients may register themselves (RFC 7591). No by default. Such clients may ask for the
    /// scope values of [`scopes`](Self::scopes).
    pub registration: Registration,
    /// How long a client that registered itself is kept until a user allows it something. A day by
    /// default.
    pub unused_client_lifetime: Duration,
    /// Whether there is an endpoint that says whether the server can do its work. No by default, since
    /// an application that embeds the server has its own.
    pub health_endpoint: bool,
    /// Whether documents and keys that clients name may be fetched from any address, those of this
    /// machine and its networks among them, and by http from this machine. A stranger can then have
    /// the server ask whatever it reaches. For tests and for networks without strangers.
    pub danger_fetch_from_any_address: bool,
    /// The time for which a key signs JWT access tokens before the next one takes its place; no end, if
    /// absent.
    /// The next key is published ten minutes before it signs, and the old one until its last token has
    /// expired. At least an hour; 90 days by default.
    pub signing_key_rotation: Option<Duration>,
    /// The algorithms of the JWTs that clients authenticate with. All that the server can verify by
    /// default; a client's keys decide which of them it uses. Those of HMAC are for
    /// [`client_secret_jwt`](crate::ClientAuthMethod::ClientSecretJwt) alone.
    pub client_assertion_algorithms: Vec<Algorithm>,
    /// The algorithms of proofs of possession (RFC 9449), symmetric ones never. All others by default.
    pub dpop_algorithms: Vec<Algorithm>,
    /// True if every access token must be bound to a key of its client by a proof (RFC 9449). False by
    /// default: the client chooses.
    pub dpop_bound_access_tokens: bool,
    /// True if every proof needs a nonce of this server (RFC 9449 section 8), so that none is made long
    /// before it is used. False by default. Nothing is stored for it.
    pub require_dpop_nonces: bool,
    /// Where the endpoints lie, below the issuer.
    pub paths: Paths,
}

/// The clients that get a new refresh token at every use. Later ones are stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rotation {
    /// Public ones, whose refresh tokens anybody could use (RFC 9700 section 2.2.2).
    #[default]
    PublicClients,
    /// All.
    Always,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            access_tokens: AccessTokens::default(),
            default_audience: None,
            resources: Vec::new(),
            scopes: Scope::default(),
            default_scope: DefaultScope::default(),
            scope_separator: ' ',
            code_lifetime: Duration::from_secs(60),
            access_token_lifetime: Duration::from_secs(300),
            refresh_token_lifetime: Lifetime::EndsAfter(Duration::from_secs(30 * 24 * 3600)),
            grant_lifetime: Lifetime::NeverEnds,
            grant_type_settings: BTreeMap::new(),
            unique_access_tokens: false,
            refresh_grace: Duration::from_secs(60),
            rotation: Rotation::default(),
            max_clock_skew: Duration::from_secs(60),
            pushed_request_lifetime: Duration::from_secs(90),
            require_pushed_authorization_requests: false,
            device_code_lifetime: Duration::from_secs(600),
            interaction_lifetime: Duration::from_secs(3600),
            request_deadline: Duration::from_secs(10),
            client_cache: CACHE_TTL,
            trusted_proxies: TrustedProxies::default(),
            max_scope_values: 100,
            metadata_documents: None,
            registration: Registration::default(),
            unused_client_lifetime: registration::UNUSED_CLIENT_LIFETIME,
            health_endpoint: false,
            danger_fetch_from_any_address: false,
            signing_key_rotation: Some(Duration::from_secs(90 * 24 * 3600)),
            client_assertion_algorithms: Algorithm::ALL.to_vec(),
            dpop_algorithms: asymmetric(Algorithm::ALL),
            dpop_bound_access_tokens: false,
            require_dpop_nonces: false,
            paths: Paths::default(),
        }
    }
}

fn asymmetric(algorithms: &[Algorithm]) -> Vec<Algorithm> {
    let algorithms = algorithms.iter().copied();
    algorithms.filter(|one| !one.is_symmetric()).collect()
}

impl Config {
    /// The longest that an access token may be valid: 30 days.
    pub const MAX_ACCESS_TOKEN_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

    /// The settings of one grant type, by its name on the wire; those that hold for all, until they are
    /// changed.
    ///
    /// ```
    /// use grantor_server::{Config, Lifetime};
    /// use std::time::Duration;
    ///
    /// let mut config = Config::default();
    /// config.grant_type("client_credentials").access_token_lifetime = Some(Duration::from_secs(3600));
    /// config.grant_type("authorization_code").refresh_token_lifetime = Some(Lifetime::NeverEnds);
    /// ```
    pub fn grant_type(&mut self, name: &str) -> &mut GrantTypeSettings {
        self.grant_type_settings.entry(name.to_owned()).or_default()
    }

    /// The longest that an access token is valid, of whatever grant type.
    pub(crate) fn longest_access_token_lifetime(&self) -> Duration {
        let of_grant_types = self.grant_type_settings.values();
        let lifetimes = of_grant_types.filter_map(|own| own.access_token_lifetime);
        lifetimes.fold(self.access_token_lifetime, Duration::max)
    }

    /// Whether access tokens are unique, of whatever grant type.
    pub(crate) fn has_unique_access_tokens(&self) -> bool {
        let mut of_grant_types = self.grant_type_settings.values();
        self.unique_access_tokens
            || of_grant_types.any(|own| own.unique_access_tokens == Some(true))
    }

    /// The algorithms of proofs that are taken.
    pub(crate) fn dpop_algorithms(&self) -> Vec<Algorithm> {
        asymmetric(&self.dpop_algorithms)
    }
}
