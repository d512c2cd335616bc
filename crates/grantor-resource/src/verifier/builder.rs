//! The configuration of a verifier, checked as a whole when it is built.

mod assemble;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use grantor_core::{ClientAuthentication, Clock, Issuer, Secret, is_secure};
use grantor_http::{RefreshTimes, SystemClock, Transport};
use url::Url;

use super::Verifier;
use crate::Introspect;

/// Configures a [`Verifier`].
#[must_use = "nothing is checked before `build`"]
pub struct VerifierBuilder {
    issuer: Option<Issuer>,
    discovers: bool,
    /// True if checking a token may send a request.
    sends: bool,
    /// True if JWTs are verified with the keys at `jwks_uri`.
    verifies_jwts: bool,
    jwks_uri: Option<Url>,
    signed_introspection: bool,
    endpoint: Option<(Url, ClientAuthentication)>,
    client: Option<ClientAuthentication>,
    in_process: Option<Arc<dyn Introspect>>,
    audience: Option<String>,
    transport: Option<Arc<dyn Transport>>,
    clock: Arc<dyn Clock>,
    cache: Duration,
    refresh_times: RefreshTimes,
    problems: Vec<String>,
}

impl Verifier {
    /// Verifies tokens of an issuer with the keys that its metadata names (RFC 8414). The metadata is
    /// fetched with the first token, and refused if it names another issuer.
    ///
    /// Only JWTs are accepted, unless [`client`](VerifierBuilder::client) gives credentials for the
    /// introspection endpoint. Needs an audience and a transport.
    pub fn discover(issuer: &str) -> VerifierBuilder {
        let builder = VerifierBuilder::new().issuer(issuer);
        VerifierBuilder {
            discovers: true,
            sends: true,
            ..builder
        }
    }

    /// Verifies JWTs of `issuer` for `audience`, signed with a key at `jwks_uri`. Needs a transport.
    pub fn jwt(issuer: &str, jwks_uri: &str, audience: &str) -> VerifierBuilder {
        let mut builder = VerifierBuilder::new().issuer(issuer).audience(audience);
        builder.sends = true;
        builder.verifies_jwts = true;
        builder.jwks_uri = builder.secure_url("jwks_uri", jwks_uri);
        builder
    }

    /// Verifies tokens at an introspection endpoint; `client` has this resource's own credentials
    /// there. Needs a transport.
    pub fn introspection(endpoint: &str, client: ClientAuthentication) -> VerifierBuilder {
        VerifierBuilder::new().or_introspection(endpoint, client)
    }

    /// Verifies tokens of an authorization server in this process. Answers are not cached.
    pub fn in_process(introspect: Arc<dyn Introspect>) -> VerifierBuilder {
        VerifierBuilder::new().or_in_process(introspect)
    }
}

impl VerifierBuilder {
    fn new() -> Self {
        Self {
            issuer: None,
            discovers: false,
            sends: false,
            verifies_jwts: false,
            jwks_uri: None,
            signed_introspection: false,
            endpoint: None,
            client: None,
            in_process: None,
            audience: None,
            transport: None,
            clock: Arc::new(SystemClock),
            cache: Duration::from_secs(10),
            refresh_times: RefreshTimes::default(),
            problems: Vec::new(),
        }
    }

    /// The audience that tokens must have: this resource's identifier, exactly as tokens write it.
    /// Only a verifier that introspects every token can do without.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// The issuer that tokens must have. An introspection may leave it out.
    pub fn issuer(mut self, issuer: &str) -> Self {
        match Issuer::parse(issuer) {
            Ok(issuer) => self.issuer = Some(issuer),
            Err(error) => self.problems.push(format!("\"issuer\": {error}")),
        }
        self
    }

    /// This resource's credentials at the introspection endpoint of the issuer's metadata. Tokens
    /// that are no JWTs are then introspected there.
    pub fn client(mut self, client: ClientAuthentication) -> Self {
        self.check_client(&client);
        self.client = Some(client);
        self
    }

    /// Checks tokens that are no JWTs at this introspection endpoint.
    pub fn or_introspection(mut self, endpoint: &str, client: ClientAuthentication) -> Self {
        self.check_client(&client);
        let url = self.secure_url("introspection_endpoint", endpoint);
        self.sends = true;
        self.endpoint = url.map(|url| (url, client));
        self
    }

    /// Requires that the introspection endpoint signs its answers (RFC 9701), so that what was decided by
    /// them can be proved later. The issuer's keys are those of its metadata or of
    /// [`Verifier::jwt`]; elsewhere they and the issuer have to be named: [`jwks_uri`](Self::jwks_uri),
    /// [`issuer`](Self::issuer).
    pub fn introspection_signed_response(mut self) -> Self {
        self.signed_introspection = true;
        self
    }

    /// Where the keys of the issuer are, for signed introspections.
    pub fn jwks_uri(mut self, jwks_uri: &str) -> Self {
        self.jwks_uri = self.secure_url("jwks_uri", jwks_uri);
        self
    }

    /// Checks tokens that are no JWTs in this process.
    pub fn or_in_process(mut self, introspect: Arc<dyn Introspect>) -> Self {
        self.in_process = Some(introspect);
        self
    }

    /// The transport for requests to the issuer.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// The clock. The system's by default.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How long an introspection of a good token is cached, though never past its expiry. A revoked
    /// token is accepted for up to this long. 10 seconds by default; zero introspects every time.
    pub fn cache(mut self, cache: Duration) -> Self {
        self.cache = cache;
        self
    }

    /// When the keys of the issuer are fetched anew.
    pub fn refresh_times(mut self, refresh_times: RefreshTimes) -> Self {
        self.refresh_times = refresh_times;
        self
    }

    fn check(&mut self) {
        let introspection_methods = [
            self.client.is_some(),
            self.endpoint.is_some(),
            self.in_process.is_some(),
        ];
        let signs_elsewhere = self.signed_introspection && self.endpoint.is_some();
        let has_keys = self.issuer.is_some() && self.jwks_uri.is_some();
        let has_endpoint = self.client.is_some() || self.endpoint.is_some();
        let introspection_methods = introspection_methods.into_iter().filter(|set| *set).count();
        for (wrong, problem) in [
            (
                self.audience.is_none() && self.discovers,
                "\"audience\" is missing: name this resource as tokens name it",
            ),
            (
                self.audience.as_deref() == Some(""),
                "\"audience\" is empty",
            ),
            (
                self.transport.is_none() && self.sends,
                "\"transport\" is missing: something has to send requests to the issuer",
            ),
            (
                self.client.is_some() && !self.discovers,
                "\"client\" is for an introspection endpoint that discovery finds: use \"or_introspection\"",
            ),
            (
                introspection_methods > 1,
                "tokens that are no JWTs can be checked in one way only",
            ),
            (
                self.signed_introspection && !has_endpoint,
                "\"introspection_signed_response\" is for an introspection endpoint",
            ),
            (
                signs_elsewhere && !has_keys,
                "\"introspection_signed_response\" needs \"issuer\" and \"jwks_uri\"",
            ),
        ] {
            if wrong {
                self.problems.push(problem.to_owned());
            }
        }
    }

    fn check_client(&mut self, client: &ClientAuthentication) {
        if client.client_id().is_empty() {
            self.problems.push("\"client_id\" is empty".to_owned());
        }
        // RFC 7662 section 2.1: the endpoint "MUST also require some form of authorization".
        if client.client_secret().is_none_or(Secret::is_empty) {
            let problem = "introspection needs a client with a secret";
            self.problems.push(problem.to_owned());
        }
    }

    fn secure_url(&mut self, name: &str, text: &str) -> Option<Url> {
        let url = Url::parse(text).ok().filter(is_secure);
        if url.is_none() {
            let problem = format!("\"{name}\" is neither https nor on a loopback address");
            self.problems.push(problem);
        }
        url
    }
}

impl fmt::Debug for VerifierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierBuilder")
            .field("issuer", &self.issuer.as_ref().map(Issuer::as_str))
            .field("audience", &self.audience)
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}
