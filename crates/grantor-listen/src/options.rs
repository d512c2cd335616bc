//! The limits of a listener.

use std::time::Duration;

/// The limits of a listener.
///
/// Time limits are looked at 64 times within the shortest of them, so a connection lives up to
/// a thirtieth longer than they say.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many connections may be open. Above it a new connection takes the place of the one
    /// that has kept the server waiting longest; when all are being answered it waits.
    /// 8,000 by default.
    pub max_connections: usize,
    /// How long a connection may stay open without sending the first byte of a request.
    /// 30 seconds by default.
    pub idle_timeout: Duration,
    /// From a request's first byte to the end of its head. 30 seconds by default.
    pub head_timeout: Duration,
    /// From the end of a request's head until the service has read its body, or let go of it.
    /// 30 seconds by default.
    pub body_timeout: Duration,
    /// How long a client may take to accept what was written to it, counted from the first time
    /// it made the server wait. 30 seconds by default.
    pub write_timeout: Duration,
    /// The longest time that requests under way may take after shutdown began.
    /// 30 seconds by default.
    pub drain_timeout: Duration,
    /// The most bytes of memory that one connection uses for its buffers and for a request that is
    /// not answered yet, head and body. 24 KiB of them are the buffers and the first 4 KiB of the
    /// request. A longer request is answered with status 413. 96 KiB by default.
    pub max_connection_memory: usize,
    /// The most bytes of memory that all connections use together. Every connection that may be open
    /// counts with 24 KiB, and at most three quarters are for that: fewer connections may be open
    /// where it does not suffice. When requests have used up the rest, those with more than 4 KiB
    /// wait, and connections that hold memory and have kept the server waiting for a second make
    /// room, the oldest first. 256 MiB by default.
    pub max_memory: usize,
    /// The longest request head in bytes; longer ones are answered with status 431. Values below
    /// 8 KiB count as 8 KiB, and values above what a connection may use as that. 64 KiB by default.
    pub max_head_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        let half_a_minute = Duration::from_secs(30);
        Self {
            max_connections: 8_000,
            idle_timeout: half_a_minute,
            head_timeout: half_a_minute,
            body_timeout: half_a_minute,
            write_timeout: half_a_minute,
            drain_timeout: half_a_minute,
            max_connection_memory: 96 * 1024,
            max_memory: 256 * 1024 * 1024,
            max_head_bytes: 64 * 1024,
        }
    }
}
