//! The current token as threads hold it while requests are under way.
//!
//! Holding it counts references, to the token and to the bytes of its header, and counts are written
//! with every request. If all threads wrote the same ones, cores would wait for each other; so a
//! thread writes those of its own share.

use std::ops::Deref;
use std::sync::Arc;

use http::HeaderValue;

use super::slot::TokenSlot;
use crate::runtime::per_thread::{PerThread, with_own_refcount};
use crate::token::cached_token::CachedToken;

/// A token that was made the current one.
pub(crate) struct PublishedToken {
    pub(crate) current: Arc<CachedToken>,
    shares: PerThread<TokenShare>,
}

/// What a request under way holds.
// Two cores never write to one cache line.
#[repr(align(64))]
pub(crate) struct TokenShare {
    /// The token's header.
    pub(crate) header: HeaderValue,
    current: Arc<CachedToken>,
    /// The slot of the token, if others may crowd it out meanwhile.
    pinned: Option<Arc<TokenSlot>>,
}

impl PublishedToken {
    /// A token that many threads will use.
    pub(crate) fn for_many(current: Arc<CachedToken>) -> Self {
        Self {
            current,
            shares: PerThread::for_many(),
        }
    }

    /// One of very many tokens, each of which is used now and then.
    pub(crate) fn for_few(current: Arc<CachedToken>) -> Self {
        Self {
            current,
            shares: PerThread::for_few(),
        }
    }

    /// The share of a thread, by the thread's number.
    #[inline]
    pub(crate) fn share(&self, shard: usize) -> Option<&Arc<TokenShare>> {
        self.shares.get(shard, || self.new_share())
    }

    #[cold]
    fn new_share(&self) -> TokenShare {
        let current = Arc::clone(&self.current);
        if !self.shares.is_for_many() {
            return TokenShare::of(current);
        }
        TokenShare {
            header: with_own_refcount(&current.header),
            current,
            pinned: None,
        }
    }
}

impl TokenShare {
    /// A share for one request.
    pub(crate) fn of(current: Arc<CachedToken>) -> Self {
        Self {
            header: current.header.clone(),
            current,
            pinned: None,
        }
    }

    /// One that holds the token's slot as well.
    pub(crate) fn pin(&self, slot: &Arc<TokenSlot>) -> Self {
        Self {
            header: self.header.clone(),
            current: Arc::clone(&self.current),
            pinned: Some(Arc::clone(slot)),
        }
    }

    /// Whether it holds the token's slot.
    pub(crate) fn is_pinned(&self) -> bool {
        self.pinned.is_some()
    }

    /// The slot of the token, as long as there is one.
    pub(crate) fn slot(&self) -> Option<Arc<TokenSlot>> {
        self.pinned.clone().or_else(|| self.current.slot.upgrade())
    }

    pub(crate) fn current(&self) -> &Arc<CachedToken> {
        &self.current
    }
}

impl Deref for TokenShare {
    type Target = CachedToken;

    fn deref(&self) -> &CachedToken {
        &self.current
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;
    use std::time::Duration;

    use super::*;
    use crate::runtime::per_thread::SHARDS;
    use crate::token::lifetime::Lifetime;

    fn current() -> Arc<CachedToken> {
        let mut header = HeaderValue::from_static("Bearer t");
        header.set_sensitive(true);
        let life = Lifetime {
            sent_at: Duration::ZERO,
            lifetime: None,
            refresh_in: None,
        };
        Arc::new(CachedToken::new(Weak::new(), 1, header, None, life, 0))
    }

    #[test]
    fn threads_have_shares_of_their_own_of_the_same_bytes() {
        let published = PublishedToken::for_many(current());
        let [first, second, again] = [0, 1, 0].map(|shard| published.share(shard).unwrap());
        assert!(Arc::ptr_eq(first, again) && !Arc::ptr_eq(first, second));
        for share in [first, second] {
            assert!(share.header.is_sensitive());
            assert_eq!(
                share.header.as_bytes().as_ptr(),
                published.current.header.as_bytes().as_ptr()
            );
        }
    }

    #[test]
    fn threads_share_what_few_use() {
        let published = PublishedToken::for_few(current());
        let [first, last] = [0, SHARDS - 1].map(|shard| published.share(shard).unwrap());
        assert!(Arc::ptr_eq(first, last));
    }

    #[test]
    fn a_share_outlives_what_was_published() {
        let published = PublishedToken::for_many(current());
        let share = Arc::clone(published.share(3).unwrap());
        let left = Arc::downgrade(&published.current);
        drop(published);
        assert_eq!(
            (share.generation, &share.header),
            (1, &left.upgrade().unwrap().header)
        );
        drop(share);
        assert!(left.upgrade().is_none());
    }
}
