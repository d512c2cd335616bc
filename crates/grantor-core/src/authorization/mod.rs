//! The authorization endpoint (RFC 6749 section 4.1, RFC 9207).

mod request;
mod response;

pub use request::AuthorizationRequest;
pub use response::{AuthorizationError, AuthorizationResponse};
