//! A token that is kept, ready to be sent.

use std::fmt;
use std::sync::Weak;
use std::sync::atomic::{AtomicU64, Ordering};

use grantor_core::{Environment, Scope, Secret};
use http::HeaderValue;

use super::access_token::AccessToken;
use super::lifetime::{Freshness, Lifetime};
use super::token_set::TokenSet;
use crate::cache::slot::TokenSlot;
use crate::config::origin::OriginId;
use crate::runtime::instant::Nanos;

/// What the value of the header begins with (RFC 6750 section 2.1).
pub(crate) const BEARER: &str = "Bearer ";

/// A token as an API gets it, ready to be sent.
pub(crate) struct CachedToken {
    pub(crate) slot: Weak<TokenSlot>,
    pub(crate) generation: u64,
    pub(crate) header: HeaderValue,
    scope: Option<Scope>,
    pub(crate) life: Lifetime,
    pub(crate) refresh_at: AtomicU64,
    pub(crate) expires_at: Nanos,
    /// One bit for each origin that has accepted it.
    accepted_by: AtomicU64,
}

impl CachedToken {
    pub(crate) fn new(
        slot: Weak<TokenSlot>,
        generation: u64,
        header: HeaderValue,
        scope: Option<Scope>,
        life: Lifetime,
        refresh_at: Nanos,
    ) -> Self {
        Self {
            slot,
            generation,
            header,
            scope,
            life,
            refresh_at: AtomicU64::new(refresh_at),
            expires_at: life.expires_at(),
            accepted_by: AtomicU64::new(0),
        }
    }

    #[inline]
    pub(crate) fn freshness(&self, now: Nanos) -> Freshness {
        if now < self.refresh_at.load(Ordering::Relaxed).min(self.expires_at) {
            Freshness::Fresh
        } else if now < self.expires_at {
            Freshness::Stale
        } else {
            Freshness::Expired
        }
    }

    #[inline]
    pub(crate) fn accept(&self, origin: OriginId) {
        let bit = 1 << origin;
        // Reading first keeps the cache line shared.
        if self.accepted_by.load(Ordering::Relaxed) & bit == 0 {
            self.accepted_by.fetch_or(bit, Ordering::Relaxed);
        }
    }

    pub(crate) fn was_accepted_by(&self, origin: OriginId) -> bool {
        self.accepted_by.load(Ordering::Relaxed) & (1 << origin) != 0
    }
}

impl CachedToken {
    /// The token itself, which only the header keeps.
    pub(crate) fn secret(&self) -> Secret {
        let token = self.header.as_bytes().strip_prefix(BEARER.as_bytes());
        Secret::new(String::from_utf8_lossy(token.unwrap_or_default()))
    }

    /// The token, to be carried by hand.
    pub(crate) fn token(&self) -> AccessToken {
        AccessToken {
            secret: self.secret(),
            scope: self.scope.clone(),
        }
    }

    /// What is known of it, without the login that it hangs on.
    pub(crate) fn token_set(&self, environment: &Environment) -> TokenSet {
        TokenSet {
            scope: self.scope.clone(),
            expires_at: self.life.expires_at_time(environment),
            ..TokenSet::new(self.secret())
        }
    }
}

impl fmt::Debug for CachedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedToken")
            .field("generation", &self.generation)
            .field("life", &self.life)
            .finish_non_exhaustive()
    }
}
