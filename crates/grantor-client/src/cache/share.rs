//! The current token as threads hold it while requests are under way.
//!
//! Holding it counts references, to the token and to the bytes of its header, and counts are written
//! with every request. If all threads wrote the same ones, cores would wait for each other; so a
//! thread writes those of its own share.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::HeaderValue;

use super::slot::Slot;
use crate::token::cached_token::Current;

/// How many threads at most have a share of their own; others share theirs.
pub(crate) const STRIPES: usize = 16;

/// A token that was made the current one.
pub(crate) struct Published {
    pub(crate) current: Arc<Current>,
    shares: Box<[OnceLock<Arc<Share>>]>,
}

/// What a request under way holds.
// Two cores never write to one cache line.
#[repr(align(64))]
pub(crate) struct Share {
    /// The token's header.
    pub(crate) header: HeaderValue,
    current: Arc<Current>,
    /// The slot of the token, if others may crowd it out meanwhile.
    kept: Option<Arc<Slot>>,
}

impl Published {
    /// A token that many threads will use.
    pub(crate) fn for_many(current: Arc<Current>) -> Self {
        Self::new(current, STRIPES)
    }

    /// One of very many tokens, each of which is used now and then.
    pub(crate) fn for_few(current: Arc<Current>) -> Self {
        Self::new(current, 1)
    }

    fn new(current: Arc<Current>, shares: usize) -> Self {
        Self {
            current,
            shares: (0..shares).map(|_| OnceLock::new()).collect(),
        }
    }

    /// The share of a thread, by the thread's number.
    #[inline]
    pub(crate) fn share(&self, stripe: usize) -> Option<&Arc<Share>> {
        let share = self.shares.get(stripe).or(self.shares.first())?;
        Some(share.get_or_init(|| Arc::new(self.new_share())))
    }

    #[cold]
    fn new_share(&self) -> Share {
        let current = Arc::clone(&self.current);
        match self.shares.len() {
            1 => Share::of(current),
            _ => Share {
                header: own_count(&current.header),
                current,
                kept: None,
            },
        }
    }
}

impl Share {
    /// A share for one request.
    pub(crate) fn of(current: Arc<Current>) -> Self {
        Self {
            header: current.header.clone(),
            current,
            kept: None,
        }
    }

    /// One that holds the token's slot as well.
    pub(crate) fn keep(&self, slot: &Arc<Slot>) -> Self {
        Self {
            header: self.header.clone(),
            current: Arc::clone(&self.current),
            kept: Some(Arc::clone(slot)),
        }
    }

    /// Whether it holds the token's slot.
    pub(crate) fn keeps(&self) -> bool {
        self.kept.is_some()
    }

    /// The slot of the token, as long as there is one.
    pub(crate) fn slot(&self) -> Option<Arc<Slot>> {
        self.kept.clone().or_else(|| self.current.slot.upgrade())
    }

    pub(crate) fn current(&self) -> &Arc<Current> {
        &self.current
    }
}

impl Deref for Share {
    type Target = Current;

    fn deref(&self) -> &Current {
        &self.current
    }
}

/// The same bytes, whose references are counted apart from those of others.
fn own_count(header: &HeaderValue) -> HeaderValue {
    let bytes = Bytes::from_owner(Lent(header.clone()));
    match HeaderValue::from_maybe_shared(bytes) {
        Ok(mut own) => {
            own.set_sensitive(header.is_sensitive());
            own
        }
        // The bytes of a header are those of a header.
        Err(_) => header.clone(),
    }
}

#[repr(align(64))]
struct Lent(HeaderValue);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;
    use std::time::Duration;

    use super::*;
    use crate::token::cached_token::Life;

    fn current() -> Arc<Current> {
        let mut header = HeaderValue::from_static("Bearer t");
        header.set_sensitive(true);
        let life = Life {
            sent_at: Duration::ZERO,
            lifetime: None,
            refresh_in: None,
        };
        Arc::new(Current::new(Weak::new(), 1, header, None, life, 0))
    }

    #[test]
    fn threads_have_shares_of_their_own_of_the_same_bytes() {
        let published = Published::for_many(current());
        let [first, second, again] = [0, 1, 0].map(|stripe| published.share(stripe).unwrap());
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
        let published = Published::for_few(current());
        let [first, last] = [0, STRIPES - 1].map(|stripe| published.share(stripe).unwrap());
        assert!(Arc::ptr_eq(first, last));
    }

    #[test]
    fn a_share_outlives_what_was_published() {
        let published = Published::for_many(current());
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
