//! The errors of the demo.

use std::fmt;

/// The reason why the demo could not be set up or shown.
#[derive(Debug)]
pub struct Error {
    message: &'static str,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Error {
    pub(super) fn new(
        message: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            message,
            source: source.into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.message, self.source)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.source()
    }
}
