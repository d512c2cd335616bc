//! The way out of the server: documents and keys at URLs that clients name.
//!
//! A stranger who names a URL would otherwise use the server as a browser inside of its network
//! (server-side request forgery, RFC 7591 section 5 and OWASP A10). So everything that the server
//! fetches goes through [`Fetcher`]: https alone, to public addresses alone, without redirects, and
//! within limits of size, time and number.

mod documents;
mod error;
mod fetcher;
mod hosts;
mod keys;
mod opener;
mod url;

pub(crate) use documents::{Documents, Freshness};
pub use error::FetchError;
pub use fetcher::Fetcher;
pub(crate) use opener::OpenTransport;
pub(crate) use url::check_url;
