//! Transports, the drivers of grantor's exchanges, caches of what servers publish, and the system's
//! clock and randomness.
//!
//! | feature | adds |
//! |---|---|
//! | `blocking` | `blocking_agent`: a client of ureq's, for programs without a runtime |
//! | `listen` | the module `listen`: an accept loop for HTTP/1.1 servers |

mod cached;
mod drive;
mod jwks;
#[cfg(feature = "listen")]
pub mod listen;
mod metadata;
mod reqwest;
mod single_flight;
mod system;
mod transport;
#[cfg(feature = "blocking")]
mod ureq;

pub use cached::{Cached, RefreshTimes, Unavailable};
pub use drive::{drive, drive_blocking, drive_with_cause, drive_with_sleep};
pub use jwks::JwksCache;
pub use metadata::MetadataCache;
pub use reqwest::{ReqwestTransport, Timeouts, client_builder};
pub use single_flight::SingleFlight;
pub use system::{SystemClock, SystemRandom, system};
pub use transport::{MAX_ANSWER, Transport, TransportError};
#[cfg(feature = "blocking")]
pub use ureq::blocking_agent;
