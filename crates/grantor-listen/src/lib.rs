//! An accept loop for HTTP/1.1: any [`tower_service::Service`] on a TCP listener.
//!
//! hyper parses and writes; this crate watches the clock. A connection that keeps the server
//! waiting, for a request, for the rest of one or for room to answer, is closed after the limits
//! in [`Options`]. When connections or file descriptors run out, the ones that have kept the
//! server waiting longest make room. The memory of requests is limited too, for each connection and for
//! all. A request without exactly one valid Host header (RFC 9112 section 3.2) is answered with status
//! 400. A request target that goes on with `#` is not: hyper drops that part before this crate sees the
//! request, so path and query before it are all that decides. The service gets the connection's address as an extension, [`grantor_core::PeerAddress`]. Not
//! here: TLS, HTTP/2, and limits on the time a service takes, which are the service's own.
//!
//! ```no_run
//! use grantor_listen::Options;
//! use http_body_util::Full;
//!
//! # async fn example<S>(service: S) -> std::io::Result<()>
//! # where
//! #     S: tower_service::Service<
//! #             http::Request<grantor_listen::Body>,
//! #             Response = http::Response<Full<bytes::Bytes>>,
//! #             Error = std::convert::Infallible,
//! #         > + Clone + Send + Sync + 'static,
//! #     S::Future: Send + 'static,
//! # {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! let stop = async {
//!     let _ = tokio::signal::ctrl_c().await;
//! };
//! grantor_listen::serve(listener, service, Options::default(), stop).await;
//! # Ok(())
//! # }
//! ```

mod answer;
mod body;
mod connections;
mod framing;
mod host;
mod memory;
mod options;
mod request;
mod serve;
mod socket;
mod watch;

pub use body::{Body, BodyError};
pub use options::Options;
pub use serve::serve;
