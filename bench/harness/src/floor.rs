//! The least that a token on a request can cost: its header, and a look at the clock.

use std::hint::black_box;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use rustix::time::{ClockId, clock_gettime};

/// A header that is ready, and headers with room for it.
#[derive(Debug)]
pub struct Floor {
    value: HeaderValue,
    headers: HeaderMap,
}

impl Floor {
    /// A call that sends this header.
    #[must_use]
    pub fn new(value: HeaderValue) -> Self {
        Self {
            value,
            headers: HeaderMap::with_capacity(8),
        }
    }

    /// Clones the header into the map, reads the clock that runs while the machine sleeps, and drops
    /// the clone.
    // Never inlined, so that it is compiled apart from the code that it is compared with.
    #[inline(never)]
    pub fn call(&mut self) {
        let headers = black_box(&mut self.headers);
        headers.clear();
        headers.insert(AUTHORIZATION, self.value.clone());
        black_box(clock_gettime(ClockId::Boottime));
    }
}
