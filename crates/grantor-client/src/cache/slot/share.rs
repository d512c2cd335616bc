//! The current token as threads hold it while requests are under way.
//!
//! Holding it counts references, to the token and to the bytes of its header, and counts are written
//! with every request. If all threads wrote the same ones, cores would wait for each other; so a
//! thread writes those of its own share.

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use grantor_core::Secret;
use http::HeaderValue;

use super::TokenSlot;
use crate::runtime::per_thread::{PerThread, Shard, with_own_refcount};
use crate::token::cached_token::CachedToken;
use crate::token::credential::{Credential, TokenType, UnfitForHeader};
use crate::token::lifetime::Lifetime;

/// A token that was made the current one.
pub(crate) struct PublishedToken {
    /// Threads find their share by it. No other publication in this process has it.
    pub(crate) number: PublicationNumber,
    pub(crate) token: Arc<CachedToken>,
    slot: Weak<TokenSlot>,
    shares: PerThread<TokenShare>,
}

/// The number of a publication; zero for one that threads do not remember.
pub(crate) type PublicationNumber = u64;

/// The token as a request in flight holds it.
// Two cores never write to one cache line.
#[repr(align(64))]
pub(crate) struct TokenShare {
    /// The token's header.
    pub(crate) header: HeaderValue,
    token: Arc<CachedToken>,
    slot: SlotHandle,
}

/// The slot of a token.
enum SlotHandle {
    /// A share that is valid as long as somebody else holds the slot.
    Weak(Weak<TokenSlot>),
    /// For as long as the share exists, where others may crowd it out meanwhile.
    Pinned(Arc<TokenSlot>),
}

impl PublishedToken {
    /// A token that many threads will use.
    pub(crate) fn for_many(token: Arc<CachedToken>, slot: Weak<TokenSlot>) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self {
            number: LAST.fetch_add(1, Ordering::Relaxed) + 1,
            token,
            slot,
            shares: PerThread::for_many(),
        }
    }

    /// One of very many tokens, each of which is used now and then.
    pub(crate) fn for_few(token: Arc<CachedToken>, slot: Weak<TokenSlot>) -> Self {
        Self {
            number: 0,
            token,
            slot,
            shares: PerThread::for_few(),
        }
    }

    /// The share of a thread.
    pub(crate) fn share(&self, shard: Shard) -> Option<&Arc<TokenShare>> {
        self.shares.get(shard, || self.new_share())
    }

    #[cold]
    fn new_share(&self) -> TokenShare {
        let header = if self.shares.is_for_many() {
            with_own_refcount(&self.token.header)
        } else {
            self.token.header.clone()
        };
        TokenShare {
            header,
            token: Arc::clone(&self.token),
            slot: SlotHandle::Weak(Weak::clone(&self.slot)),
        }
    }
}

impl TokenShare {
    /// A share for one request.
    pub(crate) fn new(token: Arc<CachedToken>, slot: &Arc<TokenSlot>) -> Self {
        Self {
            header: token.header.clone(),
            token,
            slot: SlotHandle::Weak(Arc::downgrade(slot)),
        }
    }

    /// No token: for a request whose answer says where tokens come from.
    pub(crate) fn of_nothing(slot: &Arc<TokenSlot>) -> Result<Self, UnfitForHeader> {
        let credential = Credential::new(TokenType::NotApplicable, &Secret::new(""))?;
        let lifetime = Lifetime {
            sent_at: Duration::ZERO,
            lifetime: None,
            refresh_in: None,
        };
        // Generations of tokens begin at one.
        let token = CachedToken::new(0, credential, lifetime, 0);
        Ok(Self::new(Arc::new(token), slot))
    }

    /// One that holds the token's slot as well.
    pub(crate) fn pin(&self, slot: &Arc<TokenSlot>) -> Self {
        Self {
            header: self.header.clone(),
            token: Arc::clone(&self.token),
            slot: SlotHandle::Pinned(Arc::clone(slot)),
        }
    }

    /// The slot of the token, as long as there is one.
    pub(crate) fn slot(&self) -> Option<Arc<TokenSlot>> {
        match &self.slot {
            SlotHandle::Weak(slot) => slot.upgrade(),
            SlotHandle::Pinned(slot) => Some(Arc::clone(slot)),
        }
    }

    pub(crate) fn token(&self) -> &Arc<CachedToken> {
        &self.token
    }
}

impl Deref for TokenShare {
    type Target = CachedToken;

    #[inline]
    fn deref(&self) -> &CachedToken {
        &self.token
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::runtime::per_thread::SHARDS;

    fn of(number: usize) -> Shard {
        Shard {
            number,
            is_own: false,
        }
    }

    pub(in super::super) fn token() -> Arc<CachedToken> {
        let lifetime = Lifetime {
            sent_at: Duration::ZERO,
            lifetime: None,
            refresh_in: None,
        };
        let credential = Credential::new(TokenType::Bearer, &Secret::from("t")).unwrap();
        Arc::new(CachedToken::new(1, credential, lifetime, 0))
    }

    #[test]
    fn threads_have_shares_of_their_own_of_the_same_bytes() {
        let published = PublishedToken::for_many(token(), Weak::new());
        let [first, second, again] = [0, 1, 0].map(|number| published.share(of(number)).unwrap());
        assert!(Arc::ptr_eq(first, again) && !Arc::ptr_eq(first, second));
        for share in [first, second] {
            assert!(share.header.is_sensitive());
            assert_eq!(
                share.header.as_bytes().as_ptr(),
                published.token.header.as_bytes().as_ptr()
            );
        }
    }

    #[test]
    fn threads_share_what_few_use() {
        let published = PublishedToken::for_few(token(), Weak::new());
        let [first, last] = [0, SHARDS - 1].map(|number| published.share(of(number)).unwrap());
        assert!(Arc::ptr_eq(first, last));
    }

    #[test]
    fn a_share_outlives_what_was_published() {
        let published = PublishedToken::for_many(token(), Weak::new());
        let share = Arc::clone(published.share(of(3)).unwrap());
        let left = Arc::downgrade(&published.token);
        drop(published);
        assert_eq!(
            (share.generation, &share.header),
            (1, &left.upgrade().unwrap().header)
        );
        drop(share);
        assert!(left.upgrade().is_none());
    }
}
