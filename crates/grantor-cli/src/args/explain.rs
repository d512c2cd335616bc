//! Explanations of a command line that can't be read.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::{CliError, Exit};
use crate::output::Output;

/// Says why a command line can't be read, or the help that it asks for.
pub(crate) fn explain(error: &clap::Error) -> ExitCode {
    let output = Output::new(std::env::args_os().any(|arg| arg == "--json"));
    if is_stray_word(error) {
        let message = "unexpected argument, which is not repeated here since it may be a secret";
        let hint = "secrets come from files, variables or standard input: see --help";
        output.error(&CliError::usage(message).hint(hint));
        return Exit::Usage.into();
    }
    if error.use_stderr() && output.is_json() {
        let text = error.to_string();
        let first = text.split("\n\n").next().unwrap_or_default();
        let words: Vec<&str> = first
            .trim_start_matches("error:")
            .split_whitespace()
            .collect();
        output.error(&CliError::usage(words.join(" ")));
    } else {
        // There is nobody to tell that nobody reads.
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// A word where no word belongs, such as a token that somebody took for an argument.
fn is_stray_word(error: &clap::Error) -> bool {
    error.kind() == ErrorKind::UnknownArgument
        && matches!(
            error.get(ContextKind::InvalidArg),
            Some(ContextValue::String(word)) if !word.starts_with('-')
        )
}
