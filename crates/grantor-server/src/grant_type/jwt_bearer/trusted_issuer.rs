//! An issuer whose assertions are accepted, and how.

use std::sync::Arc;

use grantor_core::Timestamp;
use grantor_jose::jwt::{self, Policy, Verified};
use grantor_jose::{Algorithm, Error as JwtError, KeySet, Leeway};

use super::{AssertionPolicy, IssuerKeys};

/// An issuer whose assertions are grants.
#[derive(Debug, Clone)]
pub struct TrustedIssuer {
    pub(super) issuer: String,
    pub(super) kind: AssertionKind,
    pub(super) keys: IssuerKeys,
    pub(super) policy: Arc<dyn AssertionPolicy>,
    pub(super) algorithms: Option<Vec<Algorithm>>,
    pub(super) repeatable: bool,
    pub(super) danger_other_audience: Option<String>,
}

/// The kinds of assertions, of which each is refused in place of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssertionKind {
    /// A JWT that names a subject (RFC 7523).
    Grant,
    /// An identity assertion of an identity provider (draft-ietf-oauth-identity-assertion-authz-grant):
    /// it also names the client, and bounds scope and resources.
    Identity,
}

impl TrustedIssuer {
    /// Trusts the JWTs of `issuer` (RFC 7523) that are signed with one of `keys`, for the subjects that
    /// `policy` knows. The keys are a [`KeySet`], or the URL of one (`jwks_uri`), which needs
    /// [`ServerBuilder::transport_with`](crate::ServerBuilder::transport_with).
    #[must_use]
    pub fn new(
        issuer: impl Into<String>,
        keys: impl Into<IssuerKeys>,
        policy: impl AssertionPolicy,
    ) -> Self {
        Self {
            issuer: issuer.into(),
            kind: AssertionKind::Grant,
            keys: keys.into(),
            policy: Arc::new(policy),
            algorithms: None,
            repeatable: false,
            danger_other_audience: None,
        }
    }

    /// Trusts the identity assertions of an identity provider.
    #[must_use]
    pub fn identity_provider(
        issuer: impl Into<String>,
        keys: impl Into<IssuerKeys>,
        policy: impl AssertionPolicy,
    ) -> Self {
        Self {
            kind: AssertionKind::Identity,
            ..Self::new(issuer, keys, policy)
        }
    }

    /// Accepts signatures of these algorithms only. Without this, of all that are not symmetric.
    #[must_use]
    pub fn with_algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = Some(algorithms.into_iter().collect());
        self
    }

    /// Accepts an assertion more than once until it expires, as clients use an identity assertion in place
    /// of a refresh token (section 4.4.3 of the draft). Without this it is used up by the first token.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Accepts assertions for this audience too, such as the URL of the token endpoint, for issuers that
    /// can't be changed. An assertion that somebody asked for at another server with the same URL in its
    /// metadata is then accepted here (draft-ietf-oauth-rfc7523bis section 1).
    #[must_use]
    pub fn danger_with_other_audience(mut self, audience: impl Into<String>) -> Self {
        self.danger_other_audience = Some(audience.into());
        self
    }

    /// Verifies an assertion for the server `own` by keys of the issuer.
    pub(super) fn verify(
        &self,
        assertion: &str,
        keys: &KeySet,
        own: &str,
        leeway: Leeway,
        now: Timestamp,
    ) -> Result<Verified, JwtError> {
        let verify = |audience: &str| {
            let policy = self.policy_for(audience).with_leeway(leeway);
            jwt::verify(assertion, keys, &policy, now)
        };
        match (verify(own), &self.danger_other_audience) {
            (Err(_), Some(other)) => verify(other),
            (verified, _) => verified,
        }
    }

    /// The requirements on its assertions.
    fn policy_for(&self, audience: &str) -> Policy {
        let policy = match self.kind {
            AssertionKind::Grant => Policy::authorization_grant(&*self.issuer, audience),
            AssertionKind::Identity => Policy::identity_assertion(&*self.issuer, audience),
        };
        match &self.algorithms {
            Some(algorithms) => policy.with_algorithms(algorithms.iter().copied()),
            None => policy,
        }
    }
}
