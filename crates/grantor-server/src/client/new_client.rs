//! The metadata of a client that is to be registered.

use grantor_core::{RedirectUri, Scope, Secret, is_secure};
use url::Url;

use super::{Client, ClientAuthMethod, ClientKeys, RegisteredBy};
use crate::text;

/// A client that is to be registered.
///
/// ```
/// use grantor_server::NewClient;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = NewClient::public("spa")
///     .with_grant_types(["authorization_code", "refresh_token"])
///     .with_scope("read write".parse()?)
///     .with_redirect_uri("https://spa.example/cb".parse()?);
/// assert!(app.problems().is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewClient {
    /// The client. Its epoch is drawn when it is registered.
    pub client: Client,
    /// The secret that somebody chose; one is generated for a client whose method takes a secret, if
    /// absent.
    pub secret: Option<Secret>,
}

impl NewClient {
    /// A client that authenticates with a secret.
    #[must_use]
    pub fn confidential(id: impl Into<String>) -> Self {
        Self {
            client: Client::new(id, ""),
            secret: None,
        }
    }

    /// A client without a secret: an application on a device or in a browser.
    #[must_use]
    pub fn public(id: impl Into<String>) -> Self {
        let mut new = Self::confidential(id);
        new.client.auth_method = ClientAuthMethod::None;
        new
    }

    /// A resource server, which introspects tokens for `resource`.
    #[must_use]
    pub fn resource_server(id: impl Into<String>, resource: impl Into<String>) -> Self {
        let mut new = Self::confidential(id);
        new.client.resource_identifier = Some(resource.into());
        new
    }

    /// The one way in which it authenticates.
    #[must_use]
    pub fn with_auth_method(mut self, method: ClientAuthMethod) -> Self {
        self.client.auth_method = method;
        self
    }

    /// Authenticates with JWTs under its private key, whose public part is in `keys`.
    #[must_use]
    pub fn with_private_key_jwt(mut self, keys: ClientKeys) -> Self {
        self.client.jwks = Some(keys);
        self.with_auth_method(ClientAuthMethod::PrivateKeyJwt)
    }

    /// Authenticates with JWTs under its private key, whose public part is at a URL. The server fetches
    /// it, so it needs a transport ([`ServerBuilder::transport_with`]).
    ///
    /// [`ServerBuilder::transport_with`]: crate::ServerBuilder::transport_with
    #[must_use]
    pub fn with_private_key_jwt_at(mut self, jwks_uri: Url) -> Self {
        self.client.jwks_uri = Some(jwks_uri);
        self.with_auth_method(ClientAuthMethod::PrivateKeyJwt)
    }

    /// The name that pages show.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.client.name = Some(name.into());
        self
    }

    /// The grant types it may use, as on the wire.
    #[must_use]
    pub fn with_grant_types(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.client.grant_types = names.into_iter().map(Into::into).collect();
        self
    }

    /// The scope values it may ask for.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.client.scope = scope;
        self
    }

    /// The scope of a request of its that names none.
    #[must_use]
    pub fn with_default_scope(mut self, scope: Scope) -> Self {
        self.client.default_scope = Some(scope);
        self
    }

    /// Adds a redirect URI.
    #[must_use]
    pub fn with_redirect_uri(mut self, uri: RedirectUri) -> Self {
        self.client.redirect_uris.push(uri);
        self
    }

    /// A private scheme without a period that its redirect URIs may have, such as `vscode`.
    #[must_use]
    pub fn with_redirect_scheme(mut self, scheme: impl Into<String>) -> Self {
        self.client.redirect_schemes.push(scheme.into());
        self
    }

    /// The only resources it may name.
    #[must_use]
    pub fn with_resources(
        mut self,
        resources: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.client.resources = Some(resources.into_iter().map(Into::into).collect());
        self
    }

    /// A secret that somebody chose. A generated one can't be guessed.
    #[must_use]
    pub fn with_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.secret = Some(secret.into());
        self
    }

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
