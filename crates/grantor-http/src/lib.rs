//! Transports, the drivers of grantor's exchanges, caches of what servers publish, and the system's
//! clock and randomness.
//!
//! | feature | adds |
//! |---|---|
//! | `transport` | with each of the next: `Transport`, which sends one request, and `drive`, which carries an exchange to its end |
//! | `cache` | on by default: `Cached`, `JwksCache`, `MetadataCache`, `SingleFlight`: what servers publish, fetched once and kept |
//! | `reqwest` | on by default: `ReqwestTransport` and `client_builder`: HTTP/1.1 and HTTP/2 over TLS |
//! | `blocking` | `blocking_agent`: a client of ureq's, for programs without a runtime |
//! | `socks` | SOCKS proxies in `HTTPS_PROXY` and `ALL_PROXY`; without it they are an error |

mod addresses;
#[cfg(feature = "cache")]
mod cached;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
mod client_certificate;
#[cfg(feature = "transport")]
mod drive;
#[cfg(feature = "cache")]
mod freshness;
#[cfg(feature = "cache")]
mod jwks;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
mod loopback;
#[cfg(feature = "cache")]
mod metadata;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
mod options;
mod pause;
mod platform;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
mod proxy;
mod public_address;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "cache")]
mod single_flight;
#[cfg(feature = "cache")]
mod spawn;
mod system;
#[cfg(feature = "transport")]
mod timeouts;
mod timer;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
mod tls;
#[cfg(feature = "transport")]
mod transport;
#[cfg(feature = "blocking")]
mod ureq;

pub use addresses::Addresses;
#[cfg(feature = "cache")]
pub use cached::{Cached, Fetched, RefreshTimes, Unavailable};
#[cfg(any(feature = "reqwest", feature = "blocking"))]
pub use client_certificate::ClientCertificate;
#[cfg(feature = "transport")]
pub use drive::{drive, drive_blocking, drive_with_cause, drive_with_sleep};
#[cfg(feature = "cache")]
pub use freshness::freshness;
#[cfg(feature = "cache")]
pub use jwks::JwksCache;
#[cfg(feature = "cache")]
pub use metadata::MetadataCache;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
pub use options::TransportOptions;
pub use pause::pause;
pub use public_address::is_public_address;
#[cfg(feature = "reqwest")]
pub use reqwest::{ReqwestTransport, client_builder, client_builder_with};
#[cfg(feature = "cache")]
pub use single_flight::SingleFlight;
pub use system::{SystemClock, SystemRandom, system};
#[cfg(feature = "transport")]
pub use timeouts::Timeouts;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
pub use tls::CaCertificates;
#[cfg(feature = "transport")]
pub use transport::{AnswerLimit, MAX_ANSWER, Transport, TransportError};
#[cfg(feature = "blocking")]
pub use ureq::{blocking_agent, blocking_agent_with};
