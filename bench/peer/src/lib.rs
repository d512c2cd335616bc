//! Other authorization servers in Rust, as the groups measure them: with the same client as
//! [`server`](../server/index.html).

mod oauth_as;
#[cfg(feature = "oxide-auth")]
mod oxide_auth;

#[cfg(feature = "extensions")]
pub use oauth_as::serve_extensions;
pub use oauth_as::{router, router_with, serve};
#[cfg(feature = "oxide-auth")]
pub use oxide_auth::{router as oxide_auth_router, serve as serve_oxide_auth};
