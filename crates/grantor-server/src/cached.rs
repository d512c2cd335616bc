//! How much of what the store holds the server keeps at hand, and for how long: what another server
//! changed is noticed after that time at the latest.

use std::time::Duration;

pub(crate) const CACHE_TTL: Duration = Duration::from_secs(1);
pub(crate) const CACHE_CAPACITY: usize = 10_000;
