//! The way out of the server: documents and keys at URLs that clients name.
//!
//! A stranger who names a URL would otherwise use the server as a browser inside of its network
//! (server-side request forgery, RFC 7591 section 5 and OWASP A10). So everything that the server
//! fetches goes through [`Fetcher`]: https alone, to public addresses alone, without redirects, and
//! within limits of size, time and number.

#[cfg(not(feature = "fetch"))]
mod absent;
#[cfg(feature = "fetch")]
mod documents;
mod error;
#[cfg(feature = "fetch")]
mod fetcher;
#[cfg(feature = "fetch")]
mod hosts;
#[cfg(feature = "fetch")]
mod keys;
#[cfg(feature = "fetch")]
mod opener;
mod url;

#[cfg(not(feature = "fetch"))]
pub use absent::Fetcher;
#[cfg(feature = "fetch")]
pub(crate) use documents::{Documents, Freshness};
pub use error::FetchError;
#[cfg(feature = "fetch")]
pub use fetcher::Fetcher;
#[cfg(feature = "fetch")]
pub(crate) use opener::OpenTransport;
pub(crate) use url::check_url;
