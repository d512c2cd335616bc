//! The log of the process, on standard error.

use std::env::{self, VarError};
use std::ffi::OsStr;
use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::error::CliError;

/// Starts the log with what `GRANTOR_LOG` asks for, or else with `default`.
pub(crate) fn start(default: &str) -> Result<(), CliError> {
    let wrong = |why: &str| {
        CliError::usage(format!(
            "GRANTOR_LOG {why}: give a level as \"debug\", or levels of parts as \
             \"info,grantor_server=debug\""
        ))
    };
    let asked = match env::var("GRANTOR_LOG") {
        Ok(asked) if !asked.is_empty() => asked,
        Ok(_) | Err(VarError::NotPresent) => default.to_owned(),
        Err(VarError::NotUnicode(_)) => return Err(wrong("is not text")),
    };
    let filter =
        EnvFilter::try_new(asked).map_err(|error| wrong(&format!("is no filter ({error})")))?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours(
            io::stderr().is_terminal(),
            env::var_os("NO_COLOR").as_deref(),
        ))
        .with_writer(io::stderr);
    // A subscriber that is there already is a host's own; it stays.
    let _ = subscriber.try_init();
    Ok(())
}

/// Colours are for terminals whose user did not say no (<https://no-color.org>).
fn colours(terminal: bool, no_color: Option<&OsStr>) -> bool {
    terminal && no_color.is_none_or(OsStr::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_whose_user_did_not_say_no() {
        assert!(colours(true, None));
        assert!(colours(true, Some(OsStr::new(""))));
        assert!(!colours(true, Some(OsStr::new("1"))));
        assert!(!colours(false, None));
    }
}
