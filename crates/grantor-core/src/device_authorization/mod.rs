//! The device authorization endpoint (RFC 8628 sections 3.1 and 3.2).

mod request;
mod response;

pub use request::DeviceAuthorizationRequest;
pub use response::{DeviceAuthorizationError, DeviceAuthorizationResponse};
