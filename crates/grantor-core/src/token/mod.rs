//! The token endpoint (RFC 6749 sections 3.2, 4, 5 and 6).

mod endpoint_error;
mod error;
mod grant_parameters;
mod lifetime;
mod parameters;
mod read;
mod request;
mod response;
pub mod token_type;
mod wire;

pub(crate) use endpoint_error::endpoint_error;
pub use error::TokenError;
pub use grant_parameters::{ActorToken, GrantParameters};
pub(crate) use lifetime::lifetime;
pub use parameters::TokenParameters;
pub(crate) use read::{read_members, unexpected};
pub use request::{InvalidTokenRequest, TokenRequest};
pub use response::TokenResponse;
pub(crate) use wire::to_request;
