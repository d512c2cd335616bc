use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use grantor_core::{ClientAuthentication, Clock, Issuer, Secret, is_secure};
use grantor_http::{RefreshTimes, SystemClock, Transport};
use url::Url;

use super::discovered::Plan;
use super::jwt::Jwt;
use super::opaque::{Asking, Opaque};
use super::{Inner, Known, Verifier, Ways};
use crate::introspect::Endpoint;
use crate::{ConfigurationError, Introspect};

/// Gathers what a [`Verifier`] needs.
#[must_use = "nothing is checked before `build`"]
pub struct VerifierBuilder {
    issuer: Option<Issuer>,
    discovers: bool,
    /// Whether anything has to be sent to check a token.
    sends: bool,
    jwks_uri: Option<Url>,
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
    /// Tokens of an issuer whose metadata says where its keys are (RFC 8414). The metadata is
    /// fetched when the first token comes, and names the issuer or is refused.
    ///
    /// JWTs alone pass, unless [`client`](VerifierBuilder::client) opens the introspection
    /// endpoint. Needs an audience and a transport.
    pub fn discover(issuer: &str) -> VerifierBuilder {
        let builder = VerifierBuilder::new().issuer(issuer);
        VerifierBuilder {
            discovers: true,
            sends: true,
            ..builder
        }
    }

    /// JWTs of `issuer` for `audience`, signed with a key at `jwks_uri`. Needs a transport.
    pub fn jwt(issuer: &str, jwks_uri: &str, audience: &str) -> VerifierBuilder {
        let mut builder = VerifierBuilder::new().issuer(issuer).audience(audience);
        builder.sends = true;
        builder.jwks_uri = builder.secure_url("jwks_uri", jwks_uri);
        builder
    }

    /// Tokens that an introspection endpoint knows; `client` are this resource's own credentials
    /// there. Needs a transport.
    pub fn introspection(endpoint: &str, client: ClientAuthentication) -> VerifierBuilder {
        VerifierBuilder::new().or_introspection(endpoint, client)
    }

    /// Tokens of an authorization server in this process. Answers are not cached.
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
            jwks_uri: None,
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

    /// What tokens must name as audience: this resource's identifier, exactly as tokens write it.
    /// Introspection alone can do without.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// The issuer that tokens must have. An introspection may leave it out, but not name another.
    pub fn issuer(mut self, issuer: &str) -> Self {
        match Issuer::parse(issuer) {
            Ok(issuer) => self.issuer = Some(issuer),
            Err(error) => self.problems.push(format!("\"issuer\": {error}")),
        }
        self
    }

    /// This resource's credentials at the introspection endpoint that discovery finds; tokens that
    /// are no JWTs are then checked there.
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

    /// Checks tokens that are no JWTs in this process.
    pub fn or_in_process(mut self, introspect: Arc<dyn Introspect>) -> Self {
        self.in_process = Some(introspect);
        self
    }

    /// What sends requests to the issuer.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Where times come from. The system's clock by default.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How long the answer about a good token is used again, though never past its end: so long a
    /// revoked token may still pass. 10 seconds by default; zero asks every time.
    pub fn cache(mut self, cache: Duration) -> Self {
        self.cache = cache;
        self
    }

    /// When the keys of the issuer are fetched anew.
    pub fn refresh_times(mut self, refresh_times: RefreshTimes) -> Self {
        self.refresh_times = refresh_times;
        self
    }

    /// Builds it. Nothing is fetched yet.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration, at once.
    pub fn build(mut self) -> Result<Verifier, ConfigurationError> {
        self.check();
        if !self.problems.is_empty() {
            let problems = self.problems;
            return Err(ConfigurationError { problems });
        }
        let ways = match self.plan() {
            Some(plan) => Known::AfterDiscovery(plan.into_cached()),
            None => Known::AtOnce(Arc::new(Ways {
                jwt: self.fixed_jwt(),
                opaque: self.fixed_opaque(),
            })),
        };
        Ok(Verifier {
            inner: Arc::new(Inner {
                audience: self.audience,
                clock: self.clock,
                ways,
            }),
        })
    }

    fn check(&mut self) {
        let opaque_ways = [
            self.client.is_some(),
            self.endpoint.is_some(),
            self.in_process.is_some(),
        ];
        let opaque_ways = opaque_ways.into_iter().filter(|way| *way).count();
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
                opaque_ways > 1,
                "tokens that are no JWTs can be checked in one way only",
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

    fn plan(&self) -> Option<Plan> {
        Some(Plan {
            issuer: self.issuer.clone().filter(|_| self.discovers)?,
            audience: self.audience.clone()?,
            client: self.client.clone(),
            opaque: self.fixed_opaque(),
            transport: self.transport.clone()?,
            clock: self.clock.clone(),
            cache: self.cache,
            refresh_times: self.refresh_times.clone(),
        })
    }

    fn fixed_jwt(&self) -> Option<Jwt> {
        Some(Jwt::new(
            self.issuer.as_ref()?,
            self.audience.as_deref()?,
            self.jwks_uri.clone()?,
            self.transport.clone()?,
            self.clock.clone(),
            self.refresh_times.clone(),
        ))
    }

    fn fixed_opaque(&self) -> Option<Arc<Opaque>> {
        let (introspect, cache) = match (&self.in_process, &self.endpoint) {
            (Some(introspect), _) => (introspect.clone(), Duration::ZERO),
            (None, Some((url, client))) => {
                let endpoint = Endpoint {
                    url: url.clone(),
                    client: client.clone(),
                    transport: self.transport.clone()?,
                };
                (Arc::new(endpoint) as Arc<dyn Introspect>, self.cache)
            }
            (None, None) => return None,
        };
        let asking = Asking {
            introspect,
            issuer: self
                .issuer
                .as_ref()
                .map(|issuer| issuer.as_str().to_owned()),
            audience: self.audience.clone(),
            clock: self.clock.clone(),
        };
        Some(Arc::new(Opaque::new(asking, cache)))
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
