//! Transports, the drivers of grantor's exchanges, caches of what servers publish, and the system's
//! clock and randomness.
//!
//! | feature | adds |
//! |---|---|
//! | `reqwest` | on by default: `ReqwestTransport` and `client_builder`: HTTP/1.1 and HTTP/2 over TLS |
//! | `blocking` | `blocking_agent`: a client of ureq's, for programs without a runtime |

mod cached;
mod drive;
mod jwks;
mod metadata;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
mod proxy;
#[cfg(feature = "reqwest")]
mod reqwest;
mod single_flight;
mod system;
mod timeouts;
mod transport;
#[cfg(feature = "blocking")]
mod ureq;

pub use cached::{Cached, RefreshTimes, Unavailable};
pub use drive::{drive, drive_blocking, drive_with_cause, drive_with_sleep};
pub use jwks::JwksCache;
pub use metadata::MetadataCache;
#[cfg(feature = "reqwest")]
pub use reqwest::{ReqwestTransport, client_builder};
pub use single_flight::SingleFlight;
pub use system::{SystemClock, SystemRandom, system};
pub use timeouts::Timeouts;
pub use transport::{MAX_ANSWER, Transport, TransportError};
#[cfg(feature = "blocking")]
pub use ureq::blocking_agent;
