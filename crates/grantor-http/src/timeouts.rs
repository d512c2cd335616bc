//! How long a transport waits.

use std::time::Duration;

/// How long a transport waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// For a whole request, its answer included. 10 s by default.
    pub total: Duration,
    /// For a connection. 5 s by default.
    pub connect: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            total: Duration::from_secs(10),
            connect: Duration::from_secs(5),
        }
    }
}
