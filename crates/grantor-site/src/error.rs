//! The errors of accounts.

use std::fmt;

use grantor_server::SiteError;

/// The reason why accounts can't do as they were asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The text can't be a user name.
    InvalidName,
    /// The text can't be a password. The reason can be shown to the user.
    InvalidPassword(&'static str),
    /// There is an account of this name already.
    NameTaken(String),
    /// Too many passwords are waiting to be hashed. Try again.
    Busy,
    /// The store failed.
    Store(grantor_store::Error),
    /// The server failed.
    Server(grantor_server::Error),
    /// A password could not be hashed, or another fault of this crate.
    Internal(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidName => f.write_str(
                "a user name is 1 to 128 bytes, without control characters and others that nobody \
                 sees",
            ),
            Self::InvalidPassword(reason) => f.write_str(reason),
            Self::NameTaken(name) => write!(f, "there is a user {name} already"),
            Self::Busy => f.write_str("too many passwords are waiting to be hashed; try again"),
            Self::Store(error) => write!(f, "the store failed: {error}"),
            Self::Server(error) => error.fmt(f),
            Self::Internal(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::Server(error) => Some(error),
            _ => None,
        }
    }
}

impl From<grantor_store::Error> for Error {
    fn from(error: grantor_store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<grantor_server::Error> for Error {
    fn from(error: grantor_server::Error) -> Self {
        Self::Server(error)
    }
}

impl From<Error> for SiteError {
    fn from(error: Error) -> Self {
        Self::new(error)
    }
}

/// The reason why a password was neither right nor wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordError {
    /// Too many logins are waiting.
    Busy,
    /// The hash could not be made or read.
    Failed,
}

impl fmt::Display for PasswordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "too many logins are waiting",
            Self::Failed => "the password hash could not be made or read",
        })
    }
}

impl std::error::Error for PasswordError {}

impl From<PasswordError> for Error {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Busy,
            PasswordError::Failed => Self::Internal(error.to_string()),
        }
    }
}
