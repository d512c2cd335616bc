//! The doors: where requests of HTTP clients get their tokens.

#[cfg(not(feature = "blocking"))]
pub(crate) mod blocking;
#[cfg(feature = "blocking")]
pub mod blocking;
pub(crate) mod exchange;
pub mod layer;
pub(crate) mod redirect;
pub(crate) mod reqwest;
pub(crate) mod session_methods;
