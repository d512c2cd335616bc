//! Transports, the drivers of grantor's exchanges, and the system's clock and randomness.

mod system;
mod transport;

pub use system::{SystemClock, SystemRandom, system};
pub use transport::{MAX_ANSWER, Transport, TransportError};
