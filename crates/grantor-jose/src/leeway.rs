//! How far the clocks of two machines may be apart.

use std::fmt;
use std::time::Duration;

/// The difference allowed between the clocks of two machines: at most [`Leeway::MAX`], which is the
/// default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leeway(Duration);

impl Leeway {
    /// The longest: one minute.
    pub const MAX: Duration = Duration::from_secs(60);

    /// A leeway of this length.
    ///
    /// # Errors
    /// It is longer than [`Leeway::MAX`].
    pub fn new(duration: Duration) -> Result<Self, InvalidLeeway> {
        match duration <= Self::MAX {
            true => Ok(Self(duration)),
            false => Err(InvalidLeeway),
        }
    }

    /// Its length.
    #[must_use]
    pub fn duration(self) -> Duration {
        self.0
    }
}

impl Default for Leeway {
    fn default() -> Self {
        Self(Self::MAX)
    }
}

/// A leeway that is longer than [`Leeway::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidLeeway;

impl fmt::Display for InvalidLeeway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = Leeway::MAX.as_secs();
        write!(
            f,
            "a leeway for clocks must be at most {most} s: set the clocks by NTP instead"
        )
    }
}

impl std::error::Error for InvalidLeeway {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_the_most() {
        assert_eq!(Leeway::new(Leeway::MAX), Ok(Leeway::default()));
        let longer = Leeway::MAX + Duration::from_millis(1);
        let error = Leeway::new(longer).unwrap_err();
        assert!(error.to_string().contains("at most 60 s"), "{error}");
    }
}
