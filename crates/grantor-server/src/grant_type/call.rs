//! A token request, as a grant type sees it.

use std::borrow::Cow;
use std::time::Duration;

use grantor_core::{Params, Scope, Timestamp};
use grantor_jose::Leeway;
use http::request::Parts;

use super::requested::{most_scope, requested_scope, scope_of_request};
use crate::client::Client;
use crate::config::{AccessTokens, Config};
use crate::error::Error;
use crate::fetch::Fetcher;
use crate::grant::{Grant, ReadGrant};
use crate::http::Call;
use crate::policy::Policy;
use crate::services::Services;
use crate::site::Site;

/// A request for a token by an authenticated client.
#[derive(Debug)]
pub struct TokenCall<'a> {
    pub(super) client: &'a Client,
    pub(super) params: &'a Params<'a>,
    grant_type: &'a str,
    pub(super) now: Timestamp,
    pub(super) policy: Policy,
    pub(super) attempt: usize,
    dpop_jkt: Option<&'a str>,
    /// Of a call without a server.
    pub(super) resources: Vec<String>,
    pub(super) services: Option<&'a Services>,
    head: Option<&'a Parts>,
    /// What was read while the client authenticated.
    pub(super) read: Option<&'a ReadGrant>,
}

impl<'a> TokenCall<'a> {
    /// A call without a server, for testing a grant type: under the default policy, without any
    /// grant, and with the resources of [`with_resource`](Self::with_resource).
    #[must_use]
    pub fn new(client: &'a Client, params: &'a Params<'a>, now: Timestamp) -> Self {
        let config = Config::default();
        Self {
            client,
            params,
            grant_type: params.get("grant_type").unwrap_or_default(),
            now,
            policy: config.profile.policy(&config).with(client),
            attempt: 0,
            dpop_jkt: None,
            resources: Vec::new(),
            services: None,
            head: None,
            read: None,
        }
    }

    /// With a resource that may be requested. The first is the default audience.
    #[must_use]
    pub fn with_resource(mut self, resource: impl Into<String>) -> Self {
        self.resources.push(resource.into());
        self
    }

    /// With a proof of possession of the key with this thumbprint.
    #[must_use]
    pub fn with_dpop_jkt(mut self, thumbprint: &'a str) -> Self {
        self.dpop_jkt = Some(thumbprint);
        self
    }

    pub(crate) fn of(
        services: &'a Services,
        client: &'a Client,
        grant_type: &'a str,
        params: &'a Params<'a>,
        call: &'a Call<'a>,
    ) -> Self {
        Self {
            client,
            params,
            grant_type,
            now: call.now,
            head: Some(call.head),
            policy: services.policy_of(grant_type, client),
            attempt: 0,
            dpop_jkt: None,
            resources: Vec::new(),
            services: Some(services),
            read: call.grant.get().map(|read| &**read),
        }
    }

    pub(crate) fn next_attempt(&mut self) {
        self.attempt += 1;
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> &'a Client {
        self.client
    }

    /// The parameters that the grant type declared, and `scope`, `resource` and `audience`.
    #[must_use]
    pub fn params(&self) -> &'a Params<'a> {
        self.params
    }

    /// The thumbprint of the key that the client has proved to hold (RFC 9449): the access token will be
    /// bound to it. None without a proof.
    #[must_use]
    pub fn dpop_jkt(&self) -> Option<&'a str> {
        self.dpop_jkt
    }

    /// The key that refresh tokens of this client are bound to, if it proves one: those of a public
    /// client (RFC 9449 section 5).
    pub(crate) fn refresh_binding(&self) -> Option<String> {
        let bound = self.dpop_jkt.filter(|_| self.client.is_public());
        bound.map(str::to_owned)
    }

    /// Wall time of the request.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The grant type of the request, as on the wire.
    pub(super) fn grant_type(&self) -> &'a str {
        self.grant_type
    }

    /// The policy for this client's tokens of this grant type.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The policy for this client's tokens of a grant: that of the grant type that it was given by.
    pub(super) fn policy_of(&self, grant: &Grant) -> Policy {
        let services = self.services;
        services.map_or(self.policy, |services| {
            services.policy_of(grant.grant_type(), self.client)
        })
    }

    /// How often the grant type has decided this request before. It decides again only if another
    /// request wrote the grant that it wanted to move on.
    #[must_use]
    pub fn attempt(&self) -> usize {
        self.attempt
    }

    /// A parameter that must be there.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn required(&self, name: &str) -> Result<&'a str, Error> {
        let missing = || Error::invalid_request(format!("\"{name}\" is missing"));
        self.params.get(name).ok_or_else(missing)
    }

    /// The scope that a client requests for itself: within what it may request by this grant type, and
    /// its default scope, if it requests none.
    ///
    /// # Errors
    /// `invalid_scope`.
    pub fn requested_scope(&self) -> Result<Scope, Error> {
        let requested = self.params.get("scope");
        self.with_config(|config| scope_of_request(requested, self.grant_type, self.client, config))
    }

    /// The most that the client may request by this grant type.
    pub(super) fn most_scope(&self) -> Cow<'a, Scope> {
        self.with_config(|config| most_scope(self.grant_type, self.client, config))
    }

    /// The requested scope, which must lie within `allowed`; all of `allowed`, if none is requested.
    ///
    /// # Errors
    /// `invalid_scope`.
    pub fn scope(&self, allowed: &Scope) -> Result<Scope, Error> {
        match self.params.get("scope") {
            None => Ok(allowed.clone()),
            Some(text) => self.with_config(|config| requested_scope(text, allowed, config)),
        }
    }

    fn with_config<T>(&self, then: impl FnOnce(&Config) -> T) -> T {
        match self.services {
            Some(services) => then(&services.config),
            None => then(&Config::default()),
        }
    }

    /// Narrows the scope that a user granted to the values that the client may still request.
    ///
    /// # Errors
    /// `invalid_grant`, if nothing is left of it.
    pub fn narrow_scope(&self, granted: &Scope) -> Result<Scope, Error> {
        let left = granted.intersection(&self.client.scope);
        if left.is_empty() && !granted.is_empty() {
            let description = "the client may no longer have any of the scope that was granted";
            return Err(Error::invalid_grant(description));
        }
        Ok(left)
    }

    /// The site, and the head of the request that it looks at.
    pub(super) fn site(&self) -> Result<(&'a dyn Site, &'a Parts), Error> {
        let both = self.services.zip(self.head);
        let missing = || Error::Internal("a call without a server has no site".to_owned());
        both.map(|(services, head)| (&*services.site, head))
            .ok_or_else(missing)
    }

    /// Whether the client's access tokens are JWTs.
    pub(crate) fn issues_jwts(&self) -> bool {
        let is_jwt = |services: &Services| {
            let tokens = &services.tokens;
            let has_own_texts = tokens.format.is_some() || tokens.generator.is_some();
            let is_opaque = has_own_texts || self.client.opaque_access_tokens;
            !is_opaque && matches!(tokens.kind, AccessTokens::Jwt(_))
        };
        self.services.is_some_and(is_jwt)
    }

    /// By how much the times in JWTs may be wrong.
    pub(crate) fn leeway(&self) -> Leeway {
        self.services
            .map(|services| services.tokens.leeway)
            .unwrap_or_default()
    }

    /// The server's issuer; none of a call without a server.
    pub(crate) fn issuer(&self) -> Option<&'a str> {
        self.services.map(|services| services.issuer.as_str())
    }

    /// The way out to what the operator named; none of a call without a server.
    pub(super) fn operator_fetcher(&self) -> Option<&'a Fetcher> {
        self.services?.operator_fetcher.as_ref()
    }

    /// Returns the difference allowed between the clocks of two machines.
    pub(crate) fn max_clock_skew(&self) -> Duration {
        let skew = self.services.map(|services| services.config.max_clock_skew);
        skew.unwrap_or_default()
    }
}
