//! The error of a site.

use std::error::Error as _;
use std::fmt;

use grantor_store::Applied;

use crate::error::Error;

/// The site can't answer now.
#[derive(Debug)]
pub struct SiteError(Box<dyn std::error::Error + Send + Sync>);

impl SiteError {
    /// Wraps the cause. The user learns only that it failed.
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

impl fmt::Display for SiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the site failed: {}", self.0)
    }
}

impl std::error::Error for SiteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

impl From<Error> for SiteError {
    fn from(error: Error) -> Self {
        Self::new(error)
    }
}

/// If a store failed, or too much is waiting, the peer may try again.
impl From<SiteError> for Error {
    fn from(error: SiteError) -> Self {
        let mut cause = error.source();
        while let Some(found) = cause {
            if found.is::<grantor_store::Error>() {
                let error = grantor_store::Error::unavailable(error.to_string(), Applied::No);
                return Self::Store(error);
            }
            if matches!(found.downcast_ref(), Some(Self::Busy)) {
                return Self::Busy;
            }
            cause = found.source();
        }
        Self::Internal(error.to_string())
    }
}

impl From<grantor_store::Error> for SiteError {
    fn from(error: grantor_store::Error) -> Self {
        Self::new(error)
    }
}
