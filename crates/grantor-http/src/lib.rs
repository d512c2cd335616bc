//! Transports, the drivers of grantor's exchanges, and the system's clock and randomness.

mod system;

pub use system::{SystemClock, SystemRandom, system};
