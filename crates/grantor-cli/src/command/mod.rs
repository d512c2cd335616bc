//! The commands, one file each.

pub(crate) mod client;
pub(crate) mod demo;
pub(crate) mod request;
pub(crate) mod serve;
pub(crate) mod token;
pub(crate) mod user;

use std::io::{BufRead, IsTerminal, Read};

use grantor_core::Secret;
use zeroize::Zeroizing;

use crate::error::CliError;

/// A secret from standard input: its first line, without the line's end. A terminal does not show it.
fn secret_from_stdin(what: &str) -> Result<Secret, CliError> {
    if std::io::stdin().is_terminal() {
        return secret_from_prompt(what);
    }
    let mut text = Zeroizing::new(String::new());
    let mut input = std::io::stdin().lock().take(64 * 1024);
    input
        .read_line(&mut text)
        .map_err(|error| CliError::failed(format!("{what} can't be read: {error}")))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(CliError::usage(format!(
            "{what} is empty: give it on standard input"
        )));
    }
    Ok(Secret::new(line))
}

/// A secret that somebody types in.
fn secret_from_prompt(what: &str) -> Result<Secret, CliError> {
    rpassword::prompt_password(format!("Please type {what}: "))
        .map(Secret::new)
        .map_err(|error| CliError::failed(format!("{what} can't be read: {error}")))
}
