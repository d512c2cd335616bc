use std::time::Duration;

use grantor_core::{Issuer, Scope};
use grantor_jose::Algorithm;

/// How a server behaves. Every default is safe.
#[derive(Debug, Clone)]
pub struct Config {
    /// Who the server is. It is never taken from a `Host` header.
    pub issuer: Issuer,
    /// The policies that hold for every client.
    pub profile: Profile,
    /// What access tokens look like. Opaque by default.
    pub access_tokens: AccessTokens,
    /// The audience of a token whose client named no resource. JWT access tokens need one
    /// (RFC 9068 section 3).
    pub default_audience: Option<String>,
    /// Resources that may be asked for, besides those of registered resource servers (RFC 8707).
    pub resources: Vec<String>,
    /// The scope values that are published; which of them a client may ask for is the client's.
    pub scopes: Scope,
    /// How long a code is good. 60 s by default.
    pub code_lifetime: Duration,
    /// How long an access token is good. 5 minutes by default: as long as a JWT outlives the end of
    /// its grant where it is verified offline.
    pub access_token_lifetime: Duration,
    /// How long a refresh token is good after its last use. 30 days by default.
    pub refresh_token_lifetime: Duration,
    /// How long the predecessor of a rotated refresh token gives the same successor again. 30 s by
    /// default, at most 60 s; zero for never. Confidential clients may repeat it until the successor
    /// arrives, unless it is zero.
    pub refresh_grace: Duration,
    /// Which clients get a new refresh token at every use.
    pub rotation: Rotation,
    /// By how much the clocks of two machines may differ. 60 s by default.
    pub max_clock_skew: Duration,
    /// How long a login or consent page may stay open. One hour by default.
    pub interaction_lifetime: Duration,
    /// How many scope values a request may have. 100 by default.
    pub max_scope_values: usize,
}

/// A named set of policies: what holds at least, for every client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Profile {
    /// The draft of OAuth 2.1: PKCE with S256 for every client.
    #[default]
    OAuth21,
}

/// What access tokens look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AccessTokens {
    /// A random text that only this server understands. It ends when its grant ends.
    #[default]
    Opaque,
    /// A signed JWT (RFC 9068): ES256 or EdDSA. Verified offline it is good until it expires.
    Jwt(Algorithm),
}

/// Which clients get a new refresh token at every use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Rotation {
    /// Public ones, whose refresh tokens anybody could use (RFC 9700 section 2.2.2).
    #[default]
    PublicClients,
    /// All.
    Always,
}

impl Config {
    /// The defaults for an issuer.
    #[must_use]
    pub fn new(issuer: Issuer) -> Self {
        Self {
            issuer,
            profile: Profile::default(),
            access_tokens: AccessTokens::default(),
            default_audience: None,
            resources: Vec::new(),
            scopes: Scope::default(),
            code_lifetime: Duration::from_secs(60),
            access_token_lifetime: Duration::from_secs(300),
            refresh_token_lifetime: Duration::from_secs(30 * 24 * 3600),
            refresh_grace: Duration::from_secs(30),
            rotation: Rotation::default(),
            max_clock_skew: Duration::from_secs(60),
            interaction_lifetime: Duration::from_secs(3600),
            max_scope_values: 100,
        }
    }

    /// Everything that is wrong with it.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |fine: bool, problem: &str| {
            if !fine {
                problems.push(problem.to_owned());
            }
        };
        let seconds = |n| Duration::from_secs(n);
        let within = |value: Duration, least: u64, most: u64| {
            (seconds(least)..=seconds(most)).contains(&value)
        };
        check(
            within(self.code_lifetime, 1, 600),
            "the code lifetime must be between 1 s and 10 min (RFC 6749 section 4.1.2)",
        );
        check(
            within(self.access_token_lifetime, 1, 30 * 24 * 3600),
            "the access token lifetime must be between 1 s and 30 days",
        );
        check(
            within(self.refresh_token_lifetime, 60, 3650 * 24 * 3600),
            "the refresh token lifetime must be between 1 min and 10 years",
        );
        check(
            self.refresh_grace <= seconds(60),
            "the refresh grace must be at most 60 s",
        );
        check(
            self.max_clock_skew <= seconds(600),
            "the clock skew allowed must be at most 10 min",
        );
        check(
            within(self.interaction_lifetime, 60, 24 * 3600),
            "the interaction lifetime must be between 1 min and 1 day",
        );
        if let AccessTokens::Jwt(algorithm) = self.access_tokens {
            check(
                matches!(algorithm, Algorithm::Es256 | Algorithm::EdDsa),
                "JWT access tokens are signed with ES256 or EdDSA",
            );
            check(
                self.default_audience.is_some(),
                "JWT access tokens need a default audience (RFC 9068 section 3)",
            );
        }
        problems
    }
}
