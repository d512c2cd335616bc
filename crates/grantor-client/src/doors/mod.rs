//! The doors: where requests of HTTP clients get their tokens.

#[cfg(any(feature = "reqwest", feature = "blocking"))]
pub(crate) mod base_url;
#[cfg(not(feature = "blocking"))]
pub(crate) mod blocking;
#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
pub(crate) mod exchange;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
pub(crate) mod failure;
pub mod layer;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
pub(crate) mod redirect;
#[cfg(feature = "reqwest")]
pub(crate) mod reqwest;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
pub(crate) mod send_error;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
pub(crate) mod sender;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
pub(crate) mod session_methods;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
mod time_limit;
