//! How a store fails. A failed write says whether it may have happened all the same.

use std::fmt;

/// Says whether a failed write took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Applied {
    /// It did not.
    No,
    /// It may have taken place: repeat the same put, or read again, before reporting anything.
    Unknown,
}

/// A store could not do what it was asked.
pub struct Error(Box<Inner>);

struct Inner {
    applied: Applied,
    kind: Kind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unavailable,
    TooLarge,
    Corrupt,
    Newer,
    Configuration,
    Contention,
}

impl Error {
    /// The store can't be reached or failed; `applied` says what that means for a write.
    pub fn unavailable(message: impl Into<String>, applied: Applied) -> Self {
        Self::new(Kind::Unavailable, message, applied)
    }

    /// A value is longer than [`Put::MAX_VALUE`](crate::Put::MAX_VALUE).
    #[must_use]
    pub fn too_large(length: usize) -> Self {
        let message = format!("a value of {length} bytes is over the limit of 262144");
        Self::new(Kind::TooLarge, message, Applied::No)
    }

    /// The value that was read is not the one that was written.
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self::new(Kind::Corrupt, message, Applied::No)
    }

    /// The value was written by a newer version of this program.
    pub fn newer(message: impl Into<String>) -> Self {
        Self::new(Kind::Newer, message, Applied::No)
    }

    /// The configuration does not fit the stored data: a path, a file's mode, a master key.
    pub fn configuration(message: impl Into<String>) -> Self {
        Self::new(Kind::Configuration, message, Applied::No)
    }

    pub(crate) fn contention(name: &str) -> Self {
        let message = format!("{name} was changed by others at every try: try again later");
        Self::new(Kind::Contention, message, Applied::No)
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same, of a write that an earlier try may have made.
    pub(crate) fn of_unknown_effect(mut self) -> Self {
        self.0.applied = Applied::Unknown;
        self
    }

    /// Says whether the write took place.
    #[must_use]
    pub fn applied(&self) -> Applied {
        self.0.applied
    }

    /// Returns whether the value was too long.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.0.kind == Kind::TooLarge
    }

    /// Returns whether the store holds something that can't be read.
    #[must_use]
    pub fn is_corrupt(&self) -> bool {
        self.0.kind == Kind::Corrupt
    }

    /// Returns whether the store was written by a newer version.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        self.0.kind == Kind::Newer
    }

    /// Returns whether something has to be configured otherwise.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        self.0.kind == Kind::Configuration
    }

    /// Returns whether others wrote first at every try.
    #[must_use]
    pub fn is_contention(&self) -> bool {
        self.0.kind == Kind::Contention
    }

    fn new(kind: Kind, message: impl Into<String>, applied: Applied) -> Self {
        Self(Box::new(Inner {
            applied,
            kind,
            message: message.into(),
            source: None,
        }))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("applied", &self.0.applied)
            .field("message", &self.0.message)
            .field("source", &self.0.source)
            .finish()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| &**source as _)
    }
}
