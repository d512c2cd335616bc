//! Settings that hold for the tokens of one grant type.

use std::time::Duration;

use grantor_core::Scope;

use super::{DefaultScope, Lifetime, problems};

/// How the server behaves for one grant type, where that differs from what holds for all. Made by
/// [`Config::grant_type`](super::Config::grant_type).
///
/// A refresh gives a token of the grant type that the grant was given by, so its lifetimes are those
/// of that grant type. A client may have shorter ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GrantTypeSettings {
    /// How long its access tokens are valid: 1 s to 30 days.
    pub access_token_lifetime: Option<Duration>,
    /// How long a refresh token is valid after its last use: 1 min to 10 years, or without an end.
    pub refresh_token_lifetime: Option<Lifetime>,
    /// How long a grant lasts: 1 min to 10 years, or without an end.
    pub grant_lifetime: Option<Lifetime>,
    /// The scope values that may be requested by it. A client may request those that are its own too.
    pub scope: Option<Scope>,
    /// The scope of a request that names none, unless the client has a default scope.
    pub default_scope: Option<DefaultScope>,
    /// Whether its access tokens are unique.
    pub unique_access_tokens: Option<bool>,
}

impl GrantTypeSettings {
    /// Everything that is wrong with it.
    pub(super) fn problems(&self, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut check = |fine: bool, problem: &str| {
            if !fine {
                found.push(format!("the grant type {name}: {problem}"));
            }
        };
        if name == "refresh_token" {
            check(
                *self == Self::default(),
                "a refresh has the settings of the grant type that the grant was given by: set them there",
            );
        }
        check(
            self.access_token_lifetime
                .is_none_or(problems::is_access_token_lifetime),
            problems::ACCESS_TOKEN_LIFETIME,
        );
        check(
            self.refresh_token_lifetime
                .is_none_or(problems::is_long_lifetime),
            problems::REFRESH_TOKEN_LIFETIME,
        );
        check(
            self.grant_lifetime.is_none_or(problems::is_long_lifetime),
            problems::GRANT_LIFETIME,
        );
        found
    }
}
