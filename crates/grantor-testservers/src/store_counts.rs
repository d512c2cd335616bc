//! Counts on a server whose clock is not the caller's, for the tests of [`stores`](crate::stores).

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::time::Duration;

use grantor_store::{Counter, Key};

use crate::stores::system;

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
