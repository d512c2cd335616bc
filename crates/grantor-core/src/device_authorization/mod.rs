//! The device authorization endpoint (RFC 8628 sections 3.1 and 3.2).

#[cfg(feature = "client")]
mod request;
mod response;

#[cfg(feature = "client")]
pub use request::DeviceAuthorizationRequest;
pub use response::{DeviceAuthorizationError, DeviceAuthorizationResponse};
