//! How often each host was asked lately.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;

/// How often each host was asked lately, in this process. A stranger who names ever other URLs of a host
/// can't use the server to flood it.
#[derive(Debug)]
pub(super) struct Hosts(Mutex<LruCache<String, Window>>);

#[derive(Debug)]
struct Window {
    since: Duration,
    requests: u32,
}

/// The most requests to a host within [`WINDOW`].
const MOST: u32 = 120;
const WINDOW: Duration = Duration::from_secs(60);

impl Default for Hosts {
    fn default() -> Self {
        let capacity = NonZeroUsize::new(10_000).unwrap_or(NonZeroUsize::MIN);
        Self(Mutex::new(LruCache::new(capacity)))
    }
}

impl Hosts {
    /// Counts a request, and says whether it is within the limit.
    pub(super) fn may_be_asked(&self, host: &str, now: Duration) -> bool {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Window {
            since: now,
            requests: 0,
        };
        let window = hosts.get_or_insert_mut(host.to_owned(), new);
        if now.saturating_sub(window.since) >= WINDOW {
            *window = new();
        }
        window.requests += 1;
        window.requests <= MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_asked_so_often_in_a_minute() {
        let hosts = Hosts::default();
        let asked = |host, at| hosts.may_be_asked(host, Duration::from_secs(at));
        for _ in 0..MOST {
            assert!(asked("app.example", 0));
        }
        assert!(!asked("app.example", 59));
        assert!(asked("other.example", 59));
        assert!(asked("app.example", 60));
    }
}
