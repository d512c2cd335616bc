//! The token endpoint (RFC 6749 sections 3.2, 4, 5 and 6).

mod request;
mod response;

pub(crate) use request::form_request;
pub use request::{GrantRequest, InvalidTokenRequest, TokenRequest};
pub use response::{TokenError, TokenResponse};
