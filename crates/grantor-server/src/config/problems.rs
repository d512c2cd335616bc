//! Everything that is wrong with a configuration.

use std::time::Duration;

use grantor_jose::Leeway;

use super::{AccessTokens, Config, Lifetime};

impl Config {
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
            is_access_token_lifetime(self.access_token_lifetime),
            ACCESS_TOKEN_LIFETIME,
        );
        check(
            is_long_lifetime(self.refresh_token_lifetime),
            REFRESH_TOKEN_LIFETIME,
        );
        check(is_long_lifetime(self.grant_lifetime), GRANT_LIFETIME);
        check(
            self.scope_separator == ' ' || self.profile.has_legacy_grant_types(),
            "the values of a scope have spaces between them (RFC 6749 section 3.3): another separator \
             needs Profile::Legacy20",
        );
        check(
            matches!(self.scope_separator, ' ' | '!' | '#'..='[' | ']'..='~'),
            "the separator of scope values must be a space or a visible ASCII character that is neither \
             a quotation mark nor a backslash",
        );
        check(
            self.refresh_grace <= seconds(300),
            "the refresh grace must be at most 300 s",
        );
        check(
            Leeway::new(self.max_clock_skew).is_ok(),
            "the clock skew allowed must be at most 60 s, the most that is allowed for JWTs",
        );
        check(
            within(self.pushed_request_lifetime, 5, 600),
            "the lifetime of a pushed request must be between 5 s and 10 min (RFC 9126 section 2.2)",
        );
        // The answer of a user is known for as long as a page may stay open.
        check(
            self.pushed_request_lifetime <= self.interaction_lifetime,
            "a pushed request must not be valid for longer than a page may stay open, or it could lead \
             to a second answer",
        );
        check(
            within(self.device_code_lifetime, 60, 1800),
            "the lifetime of a device code must be between 1 and 30 min",
        );
        check(
            within(self.interaction_lifetime, 60, 24 * 3600),
            "the interaction lifetime must be between 1 min and 1 day",
        );
        check(
            self.signing_key_rotation
                .is_none_or(|time| within(time, 3600, 3650 * 24 * 3600)),
            "a signing key must sign for at least 1 hour and at most 10 years",
        );
        check(
            self.request_deadline <= seconds(60),
            "the deadline of a request must be at most 60 s",
        );
        check(
            self.client_cache <= seconds(300),
            "copies of clients in memory must be at most 300 s old",
        );
        check(
            within(self.unused_client_lifetime, 60, 365 * 24 * 3600),
            "an unused client must be kept for at least 1 min and at most a year",
        );
        let registration = self.registration.problem();
        check(registration.is_none(), registration.unwrap_or_default());
        check(
            !self.dpop_algorithms().is_empty(),
            "proofs of possession need an algorithm that is not symmetric (RFC 9449 section 4.2)",
        );
        check(
            self.access_tokens != AccessTokens::Uuid4 || self.profile.has_legacy_grant_types(),
            "access tokens that are UUIDs have 122 random bits, fewer than RFC 6749 section 10.10 asks for: \
             take AccessTokens::Opaque, or Profile::Legacy20",
        );
        let access_tokens = self.access_tokens.problem();
        check(access_tokens.is_none(), access_tokens.unwrap_or_default());
        for (name, settings) in &self.grant_type_settings {
            problems.extend(settings.problems(name));
        }
        problems
    }
}

pub(super) const ACCESS_TOKEN_LIFETIME: &str =
    "the access token lifetime must be between 1 s and 30 days";
pub(super) const REFRESH_TOKEN_LIFETIME: &str =
    "the refresh token lifetime must be between 1 min and 10 years, or without an end";
pub(super) const GRANT_LIFETIME: &str =
    "the grant lifetime must be between 1 min and 10 years, or without an end";

pub(super) fn is_access_token_lifetime(time: Duration) -> bool {
    (Duration::from_secs(1)..=Config::MAX_ACCESS_TOKEN_LIFETIME).contains(&time)
}

/// Of refresh tokens and grants.
pub(super) fn is_long_lifetime(lifetime: Lifetime) -> bool {
    lifetime.is_within(
        Duration::from_secs(60),
        Duration::from_secs(3650 * 24 * 3600),
    )
}
