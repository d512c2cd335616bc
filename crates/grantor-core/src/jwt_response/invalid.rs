//! The reasons why an authorization response that is a JWT is refused.

use std::fmt;

use grantor_jose::Error;

use crate::authorization::AuthorizationError;

/// The reason why an authorization response that is a JWT is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidJwtResponse {
    /// Its encryption, its signature, or a claim.
    Token(Error),
    /// It is encrypted, and no key to decrypt it was given.
    Encrypted,
    /// It is not encrypted, and the client demands that it is.
    NotEncrypted,
    /// The parameters in it are no answer.
    Response(AuthorizationError),
}

impl InvalidJwtResponse {
    /// Returns whether newer keys of the issuer may make it valid.
    #[must_use]
    pub fn may_have_newer_key(&self) -> bool {
        *self == Self::Token(Error::UnknownKey)
    }
}

impl fmt::Display for InvalidJwtResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the authorization response is refused: ")?;
        match self {
            Self::Token(error) => error.fmt(f),
            Self::Encrypted => {
                f.write_str("it is encrypted, and the client has no key to decrypt it")
            }
            Self::NotEncrypted => f.write_str("it is not encrypted, as it must be"),
            Self::Response(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for InvalidJwtResponse {}

impl From<Error> for InvalidJwtResponse {
    fn from(error: Error) -> Self {
        Self::Token(error)
    }
}
