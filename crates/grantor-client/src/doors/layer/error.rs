//! The error that a request through the layer ended with, by its origin.

use std::error::Error as StdError;
use std::fmt;

use crate::error::Error;

/// The reason why a request through the layer has no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServiceError<E> {
    /// There is no token, or the request can't carry one.
    Token(Error),
    /// The service behind the layer failed.
    Service(E),
}

impl<E: fmt::Display> fmt::Display for ServiceError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(error) => error.fmt(f),
            Self::Service(error) => error.fmt(f),
        }
    }
}

impl<E: StdError + 'static> StdError for ServiceError<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Token(error) => Some(error),
            Self::Service(error) => Some(error),
        }
    }
}
