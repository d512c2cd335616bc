//! The doors over reqwest: a session, single requests, a middleware.

pub(crate) mod authenticate;
#[cfg(feature = "reqwest-middleware")]
pub(crate) mod middleware;
pub(crate) mod request;
pub(crate) mod request_builder;
pub(crate) mod send;
pub(crate) mod send_error;
pub(crate) mod session;
