//! Named sets of policies. Only this room names a profile; every check reads a [`Policy`].

mod policy;

pub use policy::{Pkce, Policy};

use crate::config::Config;

/// A named set of policies: the floor for every client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Profile {
    /// The draft of OAuth 2.1: PKCE with S256 for every client.
    #[default]
    OAuth21,
}

impl Profile {
    /// The policy of the profile and the configuration together.
    #[must_use]
    pub fn policy(self, config: &Config) -> Policy {
        match self {
            Self::OAuth21 => Policy {
                pkce: Pkce::RequiredS256,
                require_pushed_authorization_requests: config.require_pushed_authorization_requests,
                rotation: config.rotation,
                access_token_lifetime: config.access_token_lifetime,
                refresh_token_lifetime: config.refresh_token_lifetime,
                refresh_grace: config.refresh_grace,
                code_lifetime: config.code_lifetime,
            },
        }
    }
}
