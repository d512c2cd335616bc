//! The pushed authorization request endpoint (RFC 9126): the request, which is an
//! [`AuthorizationRequest`](crate::AuthorizationRequest) with the authentication of the client, and its
//! answer.

#[cfg(feature = "exchange")]
mod request;
mod response;

#[cfg(feature = "exchange")]
pub use response::PushedAuthorizationError;
pub use response::PushedAuthorizationResponse;
