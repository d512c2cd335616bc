//! The grants of the token endpoint, one file each.

mod authorization_code;
mod client_credentials;
mod refresh_token;

pub use authorization_code::AuthorizationCode;
pub use client_credentials::ClientCredentials;
pub use refresh_token::RefreshToken;
