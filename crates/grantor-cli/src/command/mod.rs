//! The commands, one file each.

pub(crate) mod client;
pub(crate) mod demo;
pub(crate) mod request;
pub(crate) mod serve;
pub(crate) mod token;
pub(crate) mod user;

use std::io::Read;

use grantor_core::Secret;

use crate::error::CliError;

/// A secret from standard input: its first line, without the line's end.
fn secret_from_stdin(what: &str) -> Result<Secret, CliError> {
    let mut text = zeroize::Zeroizing::new(String::new());
    let mut input = std::io::stdin().lock().take(64 * 1024);
    input
        .read_to_string(&mut text)
        .map_err(|error| CliError::failed(format!("{what} can't be read: {error}")))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(CliError::usage(format!(
            "{what} is empty: give it on standard input"
        )));
    }
    Ok(Secret::new(line))
}
