//! The rules that a profile and the configuration make; only this file names a profile.

use std::time::Duration;

use grantor_jose::check::is_off;

use crate::client::Client;
use crate::config::{Config, GrantTypeSettings, Lifetime, MetadataDocuments, Rotation};
use crate::profile::Profile;

/// The rules for the server, or for one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Says whether a code needs a PKCE challenge.
    pub pkce: Pkce,
    /// True if a request for a token has to name its resource (RFC 8707), so that no token is for a
    /// default one.
    pub require_resource: bool,
    /// True if an authorization request has to be pushed (RFC 9126).
    pub require_pushed_authorization_requests: bool,
    /// True if every access token is bound to a key by a proof of possession (RFC 9449).
    pub dpop_bound_access_tokens: bool,
    /// True if such a proof needs a nonce of the server.
    pub require_dpop_nonces: bool,
    /// The clients that get a new refresh token at every use.
    pub rotation: Rotation,
    /// How long an access token is valid.
    pub access_token_lifetime: Duration,
    /// How long a refresh token is valid after its last use.
    pub refresh_token_lifetime: Lifetime,
    /// How long a grant lasts.
    pub grant_lifetime: Lifetime,
    /// True if a client gets an access token again that it was given before.
    pub unique_access_tokens: bool,
    /// True if the answer to a refresh has the refresh token though it stays the same (RFC 6749 section
    /// 6 leaves that open).
    pub repeats_refresh_token: bool,
    /// How long the predecessor of a rotated refresh token may be repeated.
    pub refresh_grace: Duration,
    /// How long a code is valid.
    pub code_lifetime: Duration,
}

/// The codes that need a PKCE challenge (RFC 7636). Later ones are stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Pkce {
    /// Only if the client sends one.
    Optional,
    /// Yes, and with S256.
    RequiredS256,
}

impl Profile {
    /// The policy of the profile and the configuration together.
    #[must_use]
    pub fn policy(self, config: &Config) -> Policy {
        Policy {
            pkce: match self {
                Self::OAuth21 | Self::Mcp => Pkce::RequiredS256,
                Self::Legacy20 => Pkce::Optional,
            },
            require_resource: match self {
                Self::OAuth21 | Self::Legacy20 => false,
                Self::Mcp => true,
            },
            require_pushed_authorization_requests: config.require_pushed_authorization_requests,
            dpop_bound_access_tokens: config.dpop_bound_access_tokens,
            require_dpop_nonces: config.require_dpop_nonces,
            rotation: config.rotation,
            access_token_lifetime: config.access_token_lifetime,
            refresh_token_lifetime: config.refresh_token_lifetime,
            grant_lifetime: config.grant_lifetime,
            unique_access_tokens: config.unique_access_tokens,
            repeats_refresh_token: match self {
                Self::OAuth21 | Self::Mcp => true,
                Self::Legacy20 => false,
            },
            refresh_grace: config.refresh_grace,
            code_lifetime: config.code_lifetime,
        }
    }

    /// Whether a server may have a grant type that OAuth 2.1 has no more.
    pub(crate) fn has_legacy_grant_types(self) -> bool {
        self == Self::Legacy20
    }

    /// Whether the `scope` that a client registers itself with bounds it (RFC 7591 section 2). Clients of
    /// the Model Context Protocol register with the scope of the first challenge, and ask for more when
    /// a tool needs it.
    pub(crate) fn registered_scope_is_bound(self) -> bool {
        self != Self::Mcp
    }

    /// Which clients may be the URL of their metadata document, if the configuration leaves it open.
    pub(crate) fn metadata_documents(self, config: &Config) -> MetadataDocuments {
        let by_profile = match self {
            Self::OAuth21 | Self::Legacy20 => MetadataDocuments::No,
            Self::Mcp => MetadataDocuments::OfAnyHost,
        };
        config.metadata_documents.clone().unwrap_or(by_profile)
    }
}

impl Policy {
    /// The policy for one grant type: what its settings say, and otherwise this one.
    #[must_use]
    pub fn of_grant_type(self, settings: &GrantTypeSettings) -> Self {
        Self {
            access_token_lifetime: settings
                .access_token_lifetime
                .unwrap_or(self.access_token_lifetime),
            refresh_token_lifetime: settings
                .refresh_token_lifetime
                .unwrap_or(self.refresh_token_lifetime),
            grant_lifetime: settings.grant_lifetime.unwrap_or(self.grant_lifetime),
            unique_access_tokens: settings
                .unique_access_tokens
                .unwrap_or(self.unique_access_tokens),
            ..self
        }
    }

    /// The policy for one client: the stricter of the server's and the client's, in each point.
    #[must_use]
    pub fn with(self, client: &Client) -> Self {
        let shorter = |own: Duration, wanted: Option<Duration>| own.min(wanted.unwrap_or(own));
        Self {
            require_pushed_authorization_requests: self.require_pushed_authorization_requests
                || client.require_pushed_authorization_requests,
            dpop_bound_access_tokens: self.dpop_bound_access_tokens
                || client.dpop_bound_access_tokens,
            require_dpop_nonces: self.require_dpop_nonces || client.require_dpop_nonces,
            rotation: self.rotation.max(client.rotation.unwrap_or(self.rotation)),
            access_token_lifetime: shorter(
                self.access_token_lifetime,
                client.access_token_lifetime,
            ),
            refresh_token_lifetime: self
                .refresh_token_lifetime
                .at_most(client.refresh_token_lifetime),
            grant_lifetime: self.grant_lifetime.at_most(client.grant_lifetime),
            ..self
        }
    }

    /// Returns whether every refresh of this client replaces its refresh token. One that `is_bound` to a key is
    /// of no use to a thief, as is that of a client that authenticates.
    #[must_use]
    pub fn rotates(&self, client: &Client, is_bound: bool) -> bool {
        let unproved = client.is_public() && !is_bound;
        self.rotation == Rotation::Always || unproved && !is_off("refresh.rotation")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use proptest::prelude::*;

    fn lifetime() -> impl Strategy<Value = Option<Duration>> {
        proptest::option::of((0..100_000_000u64).prop_map(Duration::from_secs))
    }

    proptest! {
        #[test]
        fn a_client_is_never_laxer_than_the_server(
            access in lifetime(), refresh in lifetime(), grant in lifetime(), rotation in 0..3usize,
            own_rotation in 0..2usize, push in any::<bool>(), own_push in any::<bool>(),
            mcp in any::<bool>(),
        ) {
            let named = |n: usize| [Rotation::PublicClients, Rotation::Always].get(n).copied();
            let config = Config {
                profile: if mcp { Profile::Mcp } else { Profile::OAuth21 },
                rotation: named(own_rotation).unwrap(),
                require_pushed_authorization_requests: own_push,
                ..Config::default()
            };
            let own = config.profile.policy(&config);
            let mut client = Client::new("a", "1");
            client.access_token_lifetime = access;
            client.refresh_token_lifetime = refresh;
            client.grant_lifetime = grant;
            client.rotation = named(rotation);
            client.require_pushed_authorization_requests = push;
            let with = own.with(&client);
            prop_assert!(with.access_token_lifetime <= own.access_token_lifetime);
            prop_assert!(with.refresh_token_lifetime <= own.refresh_token_lifetime);
            prop_assert!(with.grant_lifetime <= own.grant_lifetime);
            prop_assert_eq!(with.grant_lifetime.duration(), grant);
            prop_assert!(with.rotation >= own.rotation);
            prop_assert!(with.pkce >= own.pkce);
            prop_assert_eq!(with.require_resource, mcp);
            prop_assert_eq!(with.require_pushed_authorization_requests, push || own_push);
            prop_assert_eq!(with.refresh_grace, own.refresh_grace);
            prop_assert_eq!(with.code_lifetime, own.code_lifetime);
            prop_assert_eq!(access.is_some_and(|a| a < own.access_token_lifetime),
                with.access_token_lifetime < own.access_token_lifetime);
        }
    }
}
