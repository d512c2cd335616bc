//! The error of a site.

use std::fmt;

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

impl From<crate::error::Error> for SiteError {
    fn from(error: crate::error::Error) -> Self {
        Self::new(error)
    }
}

impl From<grantor_store::Error> for SiteError {
    fn from(error: grantor_store::Error) -> Self {
        Self::new(error)
    }
}
