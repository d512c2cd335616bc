//! A token that is kept, ready to be sent.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};

use grantor_core::Environment;

use super::access_token::AccessToken;
use super::credential::Credential;
use super::lifetime::{Freshness, Lifetime};
use super::token_set::TokenSet;
use crate::config::origin::OriginId;
use crate::runtime::instant::Nanos;

/// A token, and until when it is used.
pub(crate) struct CachedToken {
    pub(crate) generation: u64,
    credential: Credential,
    pub(crate) lifetime: Lifetime,
    pub(crate) refresh_at: AtomicU64,
    pub(crate) expires_at: Nanos,
    /// One bit for each origin that has accepted it.
    accepted_by: AtomicU64,
}

impl CachedToken {
    pub(crate) fn new(
        generation: u64,
        credential: Credential,
        lifetime: Lifetime,
        refresh_at: Nanos,
    ) -> Self {
        Self {
            generation,
            credential,
            lifetime,
            refresh_at: AtomicU64::new(refresh_at),
            expires_at: lifetime.expires_at(),
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

    /// The token, to be carried by hand.
    pub(crate) fn access_token(&self, environment: &Environment) -> AccessToken {
        AccessToken {
            secret: self.secret(),
            token_type: self.token_type.as_str(),
            scope: self.scope.clone(),
            expires_at: self.lifetime.expires_at_time(environment),
            extra: self.extra.as_deref().cloned().unwrap_or_default(),
        }
    }

    /// The token set, without the refresh token.
    pub(crate) fn token_set(&self, environment: &Environment) -> TokenSet {
        TokenSet {
            token_type: self.token_type.as_str().to_owned(),
            scope: self.scope.clone(),
            expires_at: self.lifetime.expires_at_time(environment),
            ..TokenSet::new(self.secret())
        }
    }
}

impl Deref for CachedToken {
    type Target = Credential;

    #[inline]
    fn deref(&self) -> &Credential {
        &self.credential
    }
}

impl fmt::Debug for CachedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedToken")
            .field("generation", &self.generation)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
