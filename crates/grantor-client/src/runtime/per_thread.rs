//! Values that each thread writes for itself, so that cores do not wait for one cache line.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::HeaderValue;

/// How many threads at most have a share of their own; others share theirs.
pub(crate) const SHARDS: usize = 16;

thread_local! {
    static SHARD: usize = {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        usize::try_from(next).unwrap_or(0) % SHARDS
    };
}

/// The number of this thread, below [`SHARDS`]. Others may have the same.
#[inline]
pub(crate) fn shard() -> usize {
    SHARD.try_with(|at| *at).unwrap_or(0)
}

/// A value for each thread, made when the thread first asks for it.
pub(crate) struct PerThread<T>(Box<[OnceLock<Arc<T>>]>);

impl<T> PerThread<T> {
    /// For a value that many threads use at once.
    pub(crate) fn for_many() -> Self {
        Self::new(SHARDS)
    }

    /// For one of very many values, each of which is used now and then: threads share it.
    pub(crate) fn for_few() -> Self {
        Self::new(1)
    }

    fn new(shards: usize) -> Self {
        Self((0..shards).map(|_| OnceLock::new()).collect())
    }

    /// Returns whether each thread has a value of its own.
    pub(crate) fn is_for_many(&self) -> bool {
        self.0.len() > 1
    }

    /// The value of a thread, by the thread's number.
    #[inline]
    pub(crate) fn get(&self, shard: usize, make: impl FnOnce() -> T) -> Option<&Arc<T>> {
        let value = self.0.get(shard).or(self.0.first())?;
        Some(value.get_or_init(|| Arc::new(make())))
    }
}

/// The same bytes, whose references are counted apart from those of others.
pub(crate) fn with_own_refcount(header: &HeaderValue) -> HeaderValue {
    let bytes = Bytes::from_owner(OwnedHeader(header.clone()));
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
struct OwnedHeader(HeaderValue);

impl AsRef<[u8]> for OwnedHeader {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
