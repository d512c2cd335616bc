//! The pushed authorization request endpoint (RFC 9126): the request, which is an
//! [`AuthorizationRequest`](crate::AuthorizationRequest) with the authentication of the client, and its
//! answer.

mod request;
mod response;

pub use response::{PushedAuthorizationError, PushedAuthorizationResponse};
