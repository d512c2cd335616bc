//! A provider, as data.

use std::borrow::Cow;

use grantor_core::Quirks;

use super::pkce::Pkce;

type Text = Cow<'static, str>;

/// A provider: its endpoints and its quirks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Provider {
    /// Its name, for people.
    pub name: Text,
    /// Under which it publishes metadata (RFC 8414 or OpenID Connect Discovery), if it does.
    pub issuer: Option<Text>,
    /// The authorization endpoint.
    pub authorization_endpoint: Option<Text>,
    /// The token endpoint.
    pub token_endpoint: Text,
    /// The device authorization endpoint (RFC 8628).
    pub device_authorization_endpoint: Option<Text>,
    /// The revocation endpoint (RFC 7009).
    pub revocation_endpoint: Option<Text>,
    /// The introspection endpoint (RFC 7662).
    pub introspection_endpoint: Option<Text>,
    /// Says whether it takes PKCE, by its documentation. Published metadata is believed
    /// first.
    pub pkce: Pkce,
    /// How it deviates from the specifications.
    pub quirks: Quirks,
    /// The query parameter in which its API takes a token, where it is said to take none in a
    /// header. URLs land in logs: see first whether the API still needs it.
    pub query_parameter: Option<Text>,
    /// Where this row is from. Nothing of it was tried against the service.
    pub sources: &'static [Source],
}

/// Where a row is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// golang.org/x/oauth2, `endpoints/endpoints.go`, as of 2025.
    GoOauth2,
    /// requests-oauthlib, `compliance_fixes` and their tests, as of 2025.
    RequestsOauthlib,
    /// The metadata that the provider publishes, as kept in github.com/panva/wellknown.
    Metadata,
    /// The provider's own documentation, as quoted in public code.
    Documentation,
}

impl Provider {
    /// A row of golang.org/x/oauth2. One from elsewhere names its source by
    /// [`with_sources`](Self::with_sources), which replaces this one.
    pub(super) const fn listed(
        name: &'static str,
        authorization_endpoint: &'static str,
        token_endpoint: &'static str,
    ) -> Self {
        Self {
            name: Cow::Borrowed(name),
            issuer: None,
            authorization_endpoint: Some(Cow::Borrowed(authorization_endpoint)),
            token_endpoint: Cow::Borrowed(token_endpoint),
            device_authorization_endpoint: None,
            revocation_endpoint: None,
            introspection_endpoint: None,
            pkce: Pkce::Undocumented,
            quirks: Quirks::NONE,
            query_parameter: None,
            sources: &[Source::GoOauth2],
        }
    }

    pub(super) const fn with_issuer(mut self, issuer: &'static str) -> Self {
        set(&mut self.issuer, issuer);
        self
    }

    pub(super) const fn with_device(mut self, url: &'static str) -> Self {
        set(&mut self.device_authorization_endpoint, url);
        self
    }

    pub(super) const fn with_revocation(mut self, url: &'static str) -> Self {
        set(&mut self.revocation_endpoint, url);
        self
    }

    pub(super) const fn with_introspection(mut self, url: &'static str) -> Self {
        set(&mut self.introspection_endpoint, url);
        self
    }

    pub(super) const fn with_query_parameter(mut self, name: &'static str) -> Self {
        set(&mut self.query_parameter, name);
        self
    }

    pub(super) const fn with_pkce(mut self, pkce: Pkce) -> Self {
        self.pkce = pkce;
        self
    }

    pub(super) const fn with_quirks(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self
    }

    pub(super) const fn with_sources(mut self, sources: &'static [Source]) -> Self {
        self.sources = sources;
        self
    }
}

/// Sets what was none. A constant can't run a destructor, and here is nothing to destroy.
const fn set(place: &mut Option<Text>, text: &'static str) {
    std::mem::forget(place.replace(Cow::Borrowed(text)));
}
