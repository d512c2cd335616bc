//! How often each host was asked lately, and how much is being fetched from it.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use grantor_jose::check::holds;
use lru::LruCache;

/// How often each host was asked lately, and how much is being fetched from it, in this process. A
/// stranger who names ever other URLs of a host can't use the server to flood it, and a slow host leaves
/// room for the others.
#[derive(Debug)]
pub(super) struct Hosts(Mutex<Tables>);

#[derive(Debug)]
struct Tables {
    lately: LruCache<String, Window>,
    under_way: HashMap<String, usize>,
}

/// A fetch from a host, until it is dropped.
#[derive(Debug)]
pub(super) struct Visit<'a> {
    hosts: &'a Hosts,
    host: String,
}

#[derive(Debug)]
struct Window {
    since: Duration,
    requests: u32,
}

/// The most requests to a host within [`WINDOW`].
const MOST: u32 = 120;
/// The most requests to a host at once.
pub(super) const AT_ONCE_OF_HOST: usize = 4;
const WINDOW: Duration = Duration::from_secs(60);

impl Default for Hosts {
    fn default() -> Self {
        let capacity = NonZeroUsize::new(10_000).unwrap_or(NonZeroUsize::MIN);
        Self(Mutex::new(Tables {
            lately: LruCache::new(capacity),
            under_way: HashMap::new(),
        }))
    }
}

impl Hosts {
    /// Counts a request; none, if it is beyond a limit of its host.
    pub(super) fn visit(&self, host: &str, now: Duration) -> Option<Visit<'_>> {
        let mut tables = self.lock();
        let under_way = tables.under_way.get(host).copied().unwrap_or_default();
        let has_room = under_way < AT_ONCE_OF_HOST && tables.may_be_asked(host, now);
        if !holds("fetch.host_limit", has_room) {
            return None;
        }
        tables.under_way.insert(host.to_owned(), under_way + 1);
        Some(Visit {
            hosts: self,
            host: host.to_owned(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn may_be_asked(&mut self, host: &str, now: Duration) -> bool {
        let new = || Window {
            since: now,
            requests: 0,
        };
        let window = self.lately.get_or_insert_mut(host.to_owned(), new);
        if now.saturating_sub(window.since) >= WINDOW {
            *window = new();
        }
        window.requests += 1;
        window.requests <= MOST
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let mut tables = self.hosts.lock();
        if let Some(under_way) = tables.under_way.get_mut(&self.host) {
            *under_way -= 1;
            if *under_way == 0 {
                tables.under_way.remove(&self.host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_asked_so_often_in_a_minute() {
        let hosts = Hosts::default();
        let asked = |host, at| hosts.visit(host, Duration::from_secs(at)).is_some();
        for _ in 0..MOST {
            assert!(asked("app.example", 0));
        }
        assert!(!asked("app.example", 59));
        assert!(asked("other.example", 59));
        assert!(asked("app.example", 60));
    }
}
