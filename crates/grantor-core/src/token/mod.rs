//! The token endpoint (RFC 6749 sections 3.2, 4, 5 and 6).

#[cfg(feature = "exchange")]
mod endpoint_error;
#[cfg(feature = "exchange")]
mod error;
mod grant_parameters;
#[cfg(feature = "exchange")]
mod lifetime;
mod parameters;
#[cfg(feature = "exchange")]
mod read;
mod request;
mod response;
pub mod token_type;
#[cfg(feature = "exchange")]
mod wire;

#[cfg(feature = "exchange")]
pub(crate) use endpoint_error::endpoint_error;
#[cfg(feature = "exchange")]
pub use error::TokenError;
pub use grant_parameters::{ActorToken, GrantParameters};
#[cfg(feature = "exchange")]
pub(crate) use lifetime::lifetime;
pub use parameters::TokenParameters;
#[cfg(feature = "exchange")]
pub(crate) use read::{read_members, unexpected};
pub use request::{InvalidTokenRequest, TokenRequest};
pub use response::TokenResponse;
#[cfg(feature = "exchange")]
pub(crate) use wire::to_request;
