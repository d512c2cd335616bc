//! The rules for the metadata of a client (RFC 7591 section 2), and what is wrong with it.

use std::time::Duration;

use grantor_core::{Secret, is_secure};
use url::Url;

use super::{ClientAuthMethod, NewClient, RegisteredBy};
use crate::config::Config;
use crate::text;

impl NewClient {
    /// Everything that is wrong with it, one message each.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let client = &self.client;
        let mut problems = Vec::new();
        let mut check = |fine: bool, problem: &str| {
            if !fine {
                problems.push(problem.to_owned());
            }
        };
        let has = |grant_type: &str| client.allows_grant_type(grant_type);
        let printable = |text: &str| text.bytes().all(|b| (b' '..=b'~').contains(&b));
        let longest = match client.registered_by {
            RegisteredBy::Document => 512,
            _ => 128,
        };
        check(
            (1..=longest).contains(&client.id.len()) && printable(&client.id),
            &format!("a client identifier is 1 to {longest} printable ASCII characters"),
        );
        let name = client.name.as_deref().unwrap_or_default();
        check(
            name.chars().count() <= MAX_NAME && name.chars().all(text::is_seen),
            "the name of a client is at most 200 characters, without control characters and others \
             that nobody sees",
        );
        check(
            !client.grant_types.is_empty() || client.resource_identifier.is_some(),
            "a client needs a grant type, or a resource if it only introspects",
        );
        check(
            !(has("authorization_code") || has("implicit")) || !client.redirect_uris.is_empty(),
            "a client with the authorization_code or implicit grant type needs a redirect URI",
        );
        let unnamed = client.redirect_uris.iter().find_map(|uri| {
            let scheme = uri.scheme_without_period()?;
            let mut named = client.redirect_schemes.iter();
            (!named.any(|own| own.eq_ignore_ascii_case(scheme))).then_some(scheme)
        });
        check(
            unnamed.is_none(),
            &format!(
                "the redirect URI's scheme \"{}\" has no period, so another application may have it \
                 (RFC 8252 section 8.4): use one like com.example.app, or allow the scheme for this \
                 client",
                unnamed.unwrap_or_default()
            ),
        );
        check(
            !(client.is_public() && has("client_credentials")),
            "a public client can't use client_credentials: it has no credentials",
        );
        check(
            !(client.is_public() && self.secret.is_some()),
            "a public client has no secret",
        );
        let by_key = client.auth_method == ClientAuthMethod::PrivateKeyJwt;
        check(
            !(by_key && self.secret.is_some()),
            "a client with private_key_jwt has no secret",
        );
        check(
            !by_key || client.jwks.is_some() || client.jwks_uri.is_some(),
            "a client with private_key_jwt needs its public keys (a JWK Set), or their URL",
        );
        check(
            client.jwks.is_none() || client.jwks_uri.is_none(),
            "a client has its public keys by value or by URL, not both (RFC 7591 section 2)",
        );
        check(
            client.jwks_uri.as_ref().is_none_or(is_secure),
            "the URL of a client's public keys must be https",
        );
        let signs = client.auth_method == ClientAuthMethod::ClientSecretJwt;
        check(
            !signs
                || self
                    .secret
                    .as_ref()
                    .is_none_or(|s| s.expose().len() >= MIN_SHARED_SECRET),
            "the secret of a client with client_secret_jwt has at least 32 bytes (RFC 7518 section 3.2)",
        );
        check(
            !(client.is_public() && client.resource_identifier.is_some()),
            "a resource server can't be a public client: it authenticates to introspect",
        );
        check(
            !has("refresh_token")
                || client
                    .grant_types
                    .iter()
                    .any(|name| gives_refresh_token(name)),
            "the refresh_token grant type needs another one that issues refresh tokens, \
             such as authorization_code",
        );
        check(
            client
                .default_scope
                .as_ref()
                .is_none_or(|own| !own.is_empty() && own.is_subset(&client.scope)),
            "the default scope of a client is values that it may ask for",
        );
        check(
            self.secret.as_ref().is_none_or(|secret| !secret.is_empty()),
            "the secret is empty",
        );
        check(self.secret.as_ref().is_none_or(is_visible), INVISIBLE);
        let is_between = |lifetime: Option<Duration>, shortest, longest| {
            lifetime.is_none_or(|lifetime| (shortest..=longest).contains(&lifetime))
        };
        let access = client.access_token_lifetime;
        check(
            is_between(access, SECOND, Config::MAX_ACCESS_TOKEN_LIFETIME),
            "the access token lifetime of a client must be between 1 s and 30 days",
        );
        let is_long = |lifetime| is_between(lifetime, MINUTE, TEN_YEARS);
        check(
            is_long(client.refresh_token_lifetime) && is_long(client.grant_lifetime),
            "the lifetime of a client's refresh tokens and of its grants must be between 1 min and 10 \
             years",
        );
        let absolute = |text: &String| {
            Url::parse(text).is_ok_and(|url| url.fragment().is_none()) && printable(text)
        };
        let resource = client.resource_identifier.iter();
        check(
            resource
                .chain(client.resources.iter().flatten())
                .all(absolute),
            "a resource is an absolute URI without a fragment (RFC 8707 section 2)",
        );
        problems
    }
}

const MAX_NAME: usize = 200;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const TEN_YEARS: Duration = Duration::from_secs(3650 * 24 * 3600);

/// Returns whether a secret has the characters that one has (RFC 6749 appendix A.2).
pub(super) fn is_visible(secret: &Secret) -> bool {
    let secret = secret.expose().as_bytes();
    secret.iter().all(|byte| (b' '..=b'~').contains(byte))
}

pub(super) const INVISIBLE: &str =
    "the secret of a client has printable ASCII characters (RFC 6749 appendix A.2)";

/// Enough for HS256.
pub(super) const MIN_SHARED_SECRET: usize = 32;

/// An own grant type may issue one too.
fn gives_refresh_token(grant_type: &str) -> bool {
    !matches!(
        grant_type,
        "refresh_token" | "client_credentials" | "implicit"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, fine: bool) {
        let client = NewClient::confidential("a").with_grant_types(["client_credentials"]);
        let problems = client.with_name(name).problems();
        assert_eq!(problems.is_empty(), fine, "{name:?}: {problems:?}");
        assert!(
            problems
                .iter()
                .all(|it| it.contains("at most 200 characters"))
        );
    }

    #[test]
    fn a_name_is_short_and_every_character_of_it_is_seen() {
        for name in [
            "",
            "Caf\u{e9} & Co \"1\"",
            "cafe\u{301}",
            "\u{5e2}\u{5d1}",
            "\u{1f600}",
        ] {
            check(name, true);
        }
        check(&"\u{e9}".repeat(200), true);
        check(&"x".repeat(201), false);
        for hidden in [
            '\0', '\n', '\u{1b}', '\u{9b}', '\u{ad}', '\u{200b}', '\u{200e}', '\u{202e}',
        ] {
            check(&format!("a{hidden}b"), false);
        }
        for hidden in [
            '\u{2028}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{e000}',
            '\u{e0041}',
        ] {
            check(&format!("a{hidden}b"), false);
        }
    }
}
