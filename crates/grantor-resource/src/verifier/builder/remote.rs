//! The settings for tokens of an authorization server elsewhere.

use std::sync::Arc;
use std::time::Duration;

use grantor_core::{ClientAuthentication, Secret, is_secure};
use grantor_http::{RefreshTimes, Transport};
use url::Url;

use super::VerifierBuilder;
use crate::Verifier;

/// How tokens of an authorization server elsewhere are verified.
pub(super) struct Settings {
    pub(super) discovers: bool,
    /// True if checking a token may send a request.
    pub(super) sends: bool,
    /// True if JWTs are verified with the keys at `jwks_uri`.
    pub(super) verifies_jwts: bool,
    pub(super) jwks_uri: Option<Url>,
    pub(super) signed_introspection: bool,
    pub(super) endpoint: Option<(Url, ClientAuthentication)>,
    pub(super) client: Option<ClientAuthentication>,
    pub(super) transport: Option<Arc<dyn Transport>>,
    pub(super) cache: Duration,
    pub(super) refresh_times: RefreshTimes,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            discovers: false,
            sends: false,
            verifies_jwts: false,
            jwks_uri: None,
            signed_introspection: false,
            endpoint: None,
            client: None,
            transport: None,
            cache: Duration::from_secs(10),
            refresh_times: RefreshTimes::default(),
        }
    }
}

impl Verifier {
    /// Verifies tokens of an issuer with the keys that its metadata names (RFC 8414). The metadata is
    /// fetched with the first token, and refused if it names another issuer.
    ///
    /// Only JWTs are accepted, unless [`client`](VerifierBuilder::client) gives credentials for the
    /// introspection endpoint. Needs an audience and a transport.
    pub fn discover(issuer: &str) -> VerifierBuilder {
        let mut builder = VerifierBuilder::new().issuer(issuer);
        builder.remote.discovers = true;
        builder.remote.sends = true;
        builder
    }

    /// Verifies JWTs of `issuer` for `audience`, signed with a key at `jwks_uri`. Needs a transport.
    pub fn jwt(issuer: &str, jwks_uri: &str, audience: &str) -> VerifierBuilder {
        let mut builder = VerifierBuilder::new().issuer(issuer).audience(audience);
        builder.remote.sends = true;
        builder.remote.verifies_jwts = true;
        builder.remote.jwks_uri = builder.secure_url("jwks_uri", jwks_uri);
        builder
    }

    /// Verifies tokens at an introspection endpoint; `client` has this resource's own credentials
    /// there. Needs a transport.
    pub fn introspection(endpoint: &str, client: ClientAuthentication) -> VerifierBuilder {
        VerifierBuilder::new().or_introspection(endpoint, client)
    }
}

impl VerifierBuilder {
    /// This resource's credentials at the introspection endpoint of the issuer's metadata. Tokens
    /// that are no JWTs are then introspected there.
    pub fn client(mut self, client: ClientAuthentication) -> Self {
        self.check_client(&client);
        self.remote.client = Some(client);
        self
    }

    /// Checks tokens that are no JWTs at this introspection endpoint.
    pub fn or_introspection(mut self, endpoint: &str, client: ClientAuthentication) -> Self {
        self.check_client(&client);
        let url = self.secure_url("introspection_endpoint", endpoint);
        self.remote.sends = true;
        self.remote.endpoint = url.map(|url| (url, client));
        self
    }

    /// Requires that the introspection endpoint signs its answers (RFC 9701), so that what was decided by
    /// them can be proved later. The issuer's keys are those of its metadata or of
    /// [`Verifier::jwt`]; elsewhere they and the issuer have to be named: [`jwks_uri`](Self::jwks_uri),
    /// [`issuer`](Self::issuer).
    pub fn introspection_signed_response(mut self) -> Self {
        self.remote.signed_introspection = true;
        self
    }

    /// Where the keys of the issuer are, for signed introspections.
    pub fn jwks_uri(mut self, jwks_uri: &str) -> Self {
        self.remote.jwks_uri = self.secure_url("jwks_uri", jwks_uri);
        self
    }

    /// The transport for requests to the issuer.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.remote.transport = Some(transport);
        self
    }

    /// How long an introspection of a good token is cached, though never past its expiry. A revoked
    /// token is accepted for up to this long. 10 seconds by default; zero introspects every time.
    pub fn cache(mut self, cache: Duration) -> Self {
        self.remote.cache = cache;
        self
    }

    /// When the keys of the issuer are fetched anew.
    pub fn refresh_times(mut self, refresh_times: RefreshTimes) -> Self {
        self.remote.refresh_times = refresh_times;
        self
    }

    pub(super) fn check_remote(&mut self) {
        let remote = &self.remote;
        let introspection_methods = [
            remote.client.is_some(),
            remote.endpoint.is_some(),
            self.in_process.is_some(),
        ];
        let signs_elsewhere = remote.signed_introspection && remote.endpoint.is_some();
        let has_keys = self.issuer.is_some() && remote.jwks_uri.is_some();
        let has_endpoint = remote.client.is_some() || remote.endpoint.is_some();
        let introspection_methods = introspection_methods.into_iter().filter(|set| *set).count();
        for (wrong, problem) in [
            (
                self.audience.is_none() && remote.discovers,
                "\"audience\" is missing: name this resource as tokens name it",
            ),
            (
                remote.transport.is_none() && remote.sends,
                "\"transport\" is missing: something has to send requests to the issuer",
            ),
            (
                remote.client.is_some() && !remote.discovers,
                "\"client\" is for an introspection endpoint that discovery finds: use \"or_introspection\"",
            ),
            (
                introspection_methods > 1,
                "tokens that are no JWTs can be checked in one way only",
            ),
            (
                remote.signed_introspection && !has_endpoint,
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
