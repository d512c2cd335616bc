//! The device authorization endpoint (RFC 8628 sections 3.1 and 3.2).

#[cfg(feature = "client")]
mod request;
mod response;

#[cfg(feature = "client")]
pub use request::DeviceAuthorizationRequest;
#[cfg(feature = "exchange")]
pub use response::DeviceAuthorizationError;
pub use response::DeviceAuthorizationResponse;
