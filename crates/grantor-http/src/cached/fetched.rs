//! The result of fetching a document, and the times of fetching it anew.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// When a [`Cached`](super::Cached) document is fetched anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshTimes {
    /// How old the document grows before it is renewed, if its answer does not say. 10 minutes by
    /// default. The renewal holds nobody up until the document is twice as old.
    pub lifetime: Duration,
    /// The least time between two attempts, whatever asks for them. 30 seconds by default.
    pub cooldown: Duration,
    /// How old the document may be at most, while renewals fail and whatever its answer said. A day
    /// by default.
    pub keep: Duration,
}

impl Default for RefreshTimes {
    fn default() -> Self {
        Self {
            lifetime: Duration::from_secs(10 * 60),
            cooldown: Duration::from_secs(30),
            keep: Duration::from_secs(24 * 60 * 60),
        }
    }
}

impl RefreshTimes {
    /// The lifetime of a document whose answer says this about it.
    pub(super) fn lifetime_of(&self, fresh_for: Option<Duration>) -> Duration {
        match fresh_for {
            Some(fresh_for) => fresh_for.min(self.keep).max(self.cooldown),
            None => self.lifetime,
        }
    }
}

/// A document as it was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched<T> {
    /// The document.
    pub value: T,
    /// How long its answer says that it is fresh, in place of [`RefreshTimes::lifetime`]. It counts
    /// within the cooldown and `keep`.
    pub fresh_for: Option<Duration>,
}

impl<T> From<T> for Fetched<T> {
    fn from(value: T) -> Self {
        Self {
            value,
            fresh_for: None,
        }
    }
}

/// The value could not be fetched. Trying later may help.
#[derive(Debug, Clone)]
pub struct Unavailable {
    message: Arc<str>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Unavailable {
    /// Says what is missing; no value of a secret and no URL with a query.
    pub fn new(message: impl Into<Arc<str>>) -> Self {
        Self {
            message: message.into(),
            source: None,
        }
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self {
            source: Some(Arc::new(source)),
            ..self
        }
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Unavailable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}
