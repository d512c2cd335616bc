//! What is known of an operation that got no answer.

use grantor_store::{Applied, Error};
use tokio::runtime::Handle;

/// The effect of an operation, by which it is known what a missing answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It changes nothing.
    Reads,
    /// It may be repeated as it is.
    Repeatable,
    /// Repeating it does it twice.
    Once,
}

impl Effect {
    /// Whether the operation was applied, if its answer is missing.
    #[must_use]
    pub fn applied(self) -> Applied {
        match self {
            Self::Reads => Applied::No,
            Self::Repeatable | Self::Once => Applied::Unknown,
        }
    }

    /// The same in words, for the end of a message. Empty where nothing was to be applied.
    #[must_use]
    pub fn doubt(self) -> &'static str {
        match self {
            Self::Reads => "",
            Self::Repeatable | Self::Once => "; the write may have been applied",
        }
    }
}

/// The error of an operation that `database` did not answer within the time allowed.
#[must_use]
pub fn timed_out(database: &str, effect: Effect) -> Error {
    let message = format!("{database} did not answer in time{}", effect.doubt());
    Error::unavailable(message, effect.applied())
}

/// The error of an operation that failed with `error` after a try that may have been applied.
#[must_use]
pub fn in_doubt(error: &Error) -> Error {
    let message = format!("{error}; an earlier try of the write may have been applied");
    Error::unavailable(message, Applied::Unknown)
}

/// Refuses an operation outside of a Tokio runtime, where drivers panic.
///
/// # Errors
/// A configuration error.
pub fn check_runtime(database: &str) -> Result<(), Error> {
    let found = Handle::try_current();
    found.map(drop).map_err(|_| {
        let message = format!("the {database} store is used outside of a Tokio runtime");
        Error::configuration(message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_without_an_answer_changed_nothing_and_a_write_may_have() {
        let read = timed_out("Nile", Effect::Reads);
        assert_eq!(read.applied(), Applied::No);
        assert_eq!(read.to_string(), "Nile did not answer in time");
        for effect in [Effect::Repeatable, Effect::Once] {
            let write = timed_out("Nile", effect);
            assert_eq!(write.applied(), Applied::Unknown);
            assert!(write.to_string().contains("may have been applied"));
        }
        assert_eq!(in_doubt(&read).applied(), Applied::Unknown);
    }

    #[test]
    fn outside_of_a_runtime_nothing_runs() {
        let error = check_runtime("Nile").unwrap_err();
        assert!(error.is_configuration(), "{error}");
    }
}
