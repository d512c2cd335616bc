//! Values that each thread writes for itself, so that cores do not wait for one cache line.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::HeaderValue;

/// How many threads at most have a share of their own; others share theirs.
pub(crate) const SHARDS: usize = 16;

thread_local! {
    static SHARD: OwnedShard = OwnedShard::take();
}

/// The part of what is kept for each thread that a thread uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    /// A number below [`SHARDS`].
    pub(crate) number: usize,
    /// Whether no other thread has the same while this one lives, so that what only it writes needs no
    /// atomic addition.
    pub(crate) is_own: bool,
}

/// The shard of this thread.
#[inline]
pub(crate) fn shard() -> Shard {
    let ended = Shard {
        number: 0,
        is_own: false,
    };
    SHARD.try_with(|shard| shard.0).unwrap_or(ended)
}

/// A shard that is given back when its thread ends.
struct OwnedShard(Shard);

/// A bit for each shard that a thread has for its own.
static TAKEN: AtomicU32 = AtomicU32::new(0);

impl OwnedShard {
    fn take() -> Self {
        // What the last owner of the shard wrote is seen before it is written again.
        let taken = TAKEN.fetch_update(Ordering::Acquire, Ordering::Relaxed, |taken| {
            let free = taken.trailing_ones();
            (free < SHARDS as u32).then(|| taken | 1 << free)
        });
        Self(match taken {
            Ok(before) => Shard {
                number: before.trailing_ones() as usize,
                is_own: true,
            },
            Err(_) => {
                static NEXT: AtomicUsize = AtomicUsize::new(0);
                Shard {
                    number: NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS,
                    is_own: false,
                }
            }
        })
    }
}

impl Drop for OwnedShard {
    fn drop(&mut self) {
        if self.0.is_own {
            TAKEN.fetch_and(!(1 << self.0.number), Ordering::Release);
        }
    }
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

    /// The value of a thread.
    #[inline]
    pub(crate) fn get(&self, shard: Shard, make: impl FnOnce() -> T) -> Option<&Arc<T>> {
        let value = self.0.get(shard.number).or(self.0.first())?;
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    /// The shards of as many threads as live at once.
    fn of_threads(threads: usize) -> Vec<Shard> {
        let barrier = Barrier::new(threads);
        let of_thread = || {
            let shard = shard();
            barrier.wait();
            shard
        };
        thread::scope(|scope| {
            let all: Vec<_> = (0..threads).map(|_| scope.spawn(of_thread)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        })
    }

    #[test]
    fn no_two_threads_own_one_shard_and_ended_threads_own_none() {
        for _ in 0..4 {
            let all = of_threads(3 * SHARDS);
            let own: Vec<usize> = all.iter().filter(|s| s.is_own).map(|s| s.number).collect();
            let different: HashSet<usize> = own.iter().copied().collect();
            assert_eq!(different.len(), own.len());
            assert!(!own.is_empty(), "{all:?}");
            assert!(all.iter().all(|shard| shard.number < SHARDS));
        }
    }
}
