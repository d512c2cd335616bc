//! Counts and short-lived records on a server whose clock is not the caller's, for the tests of [`stores`](crate::stores).

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::time::Duration;

use grantor_store::{Counter, Key, Moment, Namespace, Store, kinds};

use crate::stores::{creation, system};

/// The window that is counted.
pub const WINDOW: Duration = Duration::from_secs(60);
/// How wrong a clock is.
const WRONG: Duration = Duration::from_secs(2 * 60 * 60);

/// Has a store count for callers whose clocks are hours behind that of the server and hours ahead of
/// it.
///
/// # Panics
/// A count begins anew within its window.
pub async fn count_by_the_callers_clock(counter: &impl Counter) {
    let now = system().now();
    for (id, now) in [("behind", now - WRONG), ("ahead", now + WRONG)] {
        let key = Key::from_bytes(id.as_bytes()).unwrap();
        for sum in 1..=3 {
            let counted = counter.add(&key, 1, WINDOW, now).await;
            assert_eq!(counted.unwrap(), sum, "{id}");
        }
    }
}

/// Has a store keep short-lived records for callers whose clocks are hours behind that of the server
/// and hours ahead of it.
///
/// # Panics
/// A record that lives for its caller is gone.
pub async fn keep_by_the_callers_clock(store: &impl Store) {
    let names = Namespace::new("https://id.example");
    let now = system().now();
    for (id, now) in [("behind", now - WRONG), ("ahead", now + WRONG)] {
        for kind in [kinds::ACCESS_TOKENS, kinds::SESSIONS] {
            store.observe_time(Moment {
                now,
                elapsed: Duration::ZERO,
            });
            let mut put = creation(id);
            put.key = names.key(kind.letters(), id.as_bytes());
            put.expires_at = Some(now + WINDOW);
            store.put(&put).await.map(drop).unwrap();
            let found = store.get(&put.key).await.unwrap();
            assert_eq!(found.map(|entry| entry.version), Some(put.version), "{id}");
        }
    }
}
