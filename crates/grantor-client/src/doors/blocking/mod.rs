//! For programs without an async runtime: sessions over ureq.
//!
//! They work on every thread, those of a runtime included, and need none: tokens are renewed on a
//! thread of the manager's own. (With [`TokensBuilder::spawn_on`](crate::TokensBuilder::spawn_on) it is that
//! runtime that renews; don't block its only thread.)

#[cfg(feature = "blocking")]
pub(crate) mod outgoing;
#[cfg(feature = "blocking")]
pub(crate) mod request;
#[cfg(feature = "blocking")]
pub(crate) mod request_builder;
#[cfg(feature = "blocking")]
pub(crate) mod send;
#[cfg(feature = "blocking")]
pub(crate) mod send_error;
#[cfg(feature = "blocking")]
pub(crate) mod session;
pub(crate) mod tokens;

#[cfg(feature = "blocking")]
pub use self::request_builder::RequestBuilder;
#[cfg(feature = "blocking")]
pub use self::send_error::SendError;
#[cfg(feature = "blocking")]
pub use self::session::Session;
