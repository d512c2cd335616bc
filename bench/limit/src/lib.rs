//! The least that a token endpoint on axum can cost.
//!
//! Bare handlers: a form comes in and constant JSON goes out, or JSON with a signature over a
//! constant payload by a key that was parsed once. No client is authenticated, nothing is
//! stored, nothing is checked.

mod handlers;
mod kind;
mod serve;
mod signing;

pub use handlers::router;
pub use kind::Kind;
pub use serve::serve;
