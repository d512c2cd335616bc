//! Transports, the drivers of grantor's exchanges, and the system's clock and randomness.
//!
//! | feature | adds |
//! |---|---|
//! | `listen` | the module `listen`: an accept loop for HTTP/1.1 servers |

#[cfg(feature = "listen")]
pub mod listen;
mod cached;
mod flight;
mod jwks;
mod system;
mod transport;

pub use cached::{Cached, Freshness, Unavailable};
pub use flight::Flight;
pub use jwks::JwksCache;
mod drive;
mod metadata;
mod reqwest;
pub use drive::{drive, drive_blocking};
pub use metadata::MetadataCache;
pub use reqwest::{ReqwestTransport, Timeouts, client_builder};
pub use system::{SystemClock, SystemRandom, system};
pub use transport::{MAX_ANSWER, Transport, TransportError};
