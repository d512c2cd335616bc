//! The pushed authorization request endpoint (RFC 9126): its answer. Its request is an
//! [`AuthorizationRequest`](crate::AuthorizationRequest) with the authentication of the client.

mod response;

pub use response::{PushedAuthorizationError, PushedAuthorizationResponse};
