//! Secrets and texts from standard input, files and the environment.

use std::env::VarError;
use std::fs::File;
use std::io::{BufRead, IsTerminal, Read};
use std::path::Path;

use grantor_core::Secret;
use zeroize::Zeroizing;

use crate::args::{ClientOptions, TokenInput};
use crate::error::{CliError, Exit};
use crate::files::LONGEST;

/// The longest line with a secret.
const LONGEST_LINE: u64 = 64 * 1024;

/// A secret from standard input: its first line, without the line's end. A terminal does not show it.
pub(super) fn secret_from_stdin(what: &str) -> Result<Secret, CliError> {
    if std::io::stdin().is_terminal() {
        return secret_from_prompt(what);
    }
    let mut text = Zeroizing::new(String::new());
    let mut input = std::io::stdin().lock().take(LONGEST_LINE);
    input
        .read_line(&mut text)
        .map_err(|error| CliError::failed(format!("{what} can't be read: {error}")))?;
    if text.len() as u64 == LONGEST_LINE {
        return Err(CliError::usage(format!("{what} is longer than 64 KiB")));
    }
    let line = first_line(&text);
    if line.is_empty() {
        return Err(CliError::usage(format!(
            "{what} is empty: give it on standard input"
        )));
    }
    Ok(Secret::new(line))
}

/// A secret that somebody types in.
pub(super) fn secret_from_prompt(what: &str) -> Result<Secret, CliError> {
    rpassword::prompt_password(format!("Please type {what}: "))
        .map(Secret::new)
        .map_err(|error| CliError::failed(format!("{what} can't be read: {error}")))
}

/// A secret from a file, without white space around it.
pub(super) fn secret_from_file(path: &Path, what: &str) -> Result<Secret, CliError> {
    let text = text_from_file(path, what)?;
    if text.trim().is_empty() {
        let path = path.display();
        return Err(CliError::usage(format!("{what} is empty: {path}")));
    }
    Ok(Secret::new(text.trim()))
}

/// A password from a file: its text as it is, but for the end of its line.
pub(super) fn line_from_file(path: &Path, what: &str) -> Result<Secret, CliError> {
    let text = text_from_file(path, what)?;
    let line = first_line(&text);
    if line.is_empty() {
        let path = path.display();
        return Err(CliError::usage(format!("{what} is empty: {path}")));
    }
    Ok(Secret::new(line))
}

/// A secret from an environment variable; none if it is empty or not set.
pub(crate) fn secret_from_environment(name: &str) -> Result<Option<Secret>, CliError> {
    match std::env::var(name) {
        Ok(secret) if !secret.is_empty() => Ok(Some(Secret::new(secret))),
        Ok(_) | Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => {
            Err(CliError::usage(format!("{name} is not text in UTF-8")))
        }
    }
}

/// A secret from an environment variable that must not be empty: what is done without it is too far from
/// what was meant.
///
/// # Errors
/// It is set and empty, or no text. `instead` says what is used if it is not set.
pub(crate) fn secret_unless_empty(name: &str, instead: &str) -> Result<Option<Secret>, CliError> {
    match std::env::var_os(name).is_some_and(|value| value.is_empty()) {
        true => Err(CliError::configuration(format!(
            "{name} is set and empty: give it a value, or unset it for {instead}"
        ))),
        false => secret_from_environment(name),
    }
}

/// A line without its end and without a byte order mark.
fn first_line(text: &str) -> &str {
    let line = without_mark(text);
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

/// A text without the byte order mark that some editors begin files with.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The text of a file; `-` is standard input.
pub(super) fn text_from_file(path: &Path, what: &str) -> Result<Zeroizing<String>, CliError> {
    if path == Path::new("-") {
        return text(std::io::stdin().lock(), what, Exit::Failed);
    }
    text(open(path, what)?, what, Exit::Failed)
}

/// The token that a command is about.
///
/// # Errors
/// There is none, or it is no text.
pub(super) fn token(input: &TokenInput) -> Result<Secret, CliError> {
    let what = "the token";
    let text = match (&input.token_file, secret_from_environment("GRANTOR_TOKEN")?) {
        (Some(path), _) if path == Path::new("-") => {
            text(std::io::stdin().lock(), what, Exit::Malformed)?
        }
        (Some(path), _) => text(open(path, what)?, what, Exit::Malformed)?,
        (None, Some(token)) => return Ok(token),
        (None, None) if std::io::stdin().is_terminal() => return secret_from_prompt(what),
        (None, None) => text(std::io::stdin().lock(), what, Exit::Malformed)?,
    };
    let token = text.trim();
    if token.is_empty() {
        return Err(CliError::usage(
            "the token is empty: give it on standard input, in GRANTOR_TOKEN, or with --token-file",
        ));
    }
    Ok(Secret::new(token))
}

/// Standard input has one secret, not two.
///
/// # Errors
/// Both the token and the client's secret are to come from there.
pub(super) fn one_from_stdin(input: &TokenInput, client: &ClientOptions) -> Result<(), CliError> {
    let token = match &input.token_file {
        Some(path) => path == Path::new("-"),
        None => std::env::var_os("GRANTOR_TOKEN").is_none_or(|token| token.is_empty()),
    };
    let secret = client.secret_stdin || client.secret_file.as_deref() == Some(Path::new("-"));
    if token && secret {
        return Err(CliError::usage(
            "standard input has either the token or the client's secret: give one of them in a \
             file or a variable",
        ));
    }
    Ok(())
}

fn open(path: &Path, what: &str) -> Result<File, CliError> {
    File::open(path).map_err(|error| {
        let path = path.display();
        CliError::failed(format!("{what} can't be read from {path}: {error}"))
    })
}

/// All of a text without its byte order mark, or an error that ends with `exit` if it is none.
fn text(source: impl Read, what: &str, exit: Exit) -> Result<Zeroizing<String>, CliError> {
    let malformed = |why: &str| CliError::new(exit, format!("{what} {why}"));
    let mut bytes = Zeroizing::new(Vec::new());
    source
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| CliError::failed(format!("{what} can't be read: {error}")))?;
    if bytes.len() as u64 > LONGEST {
        return Err(malformed("is longer than 1 MiB"));
    }
    match str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(without_mark(text).to_owned())),
        Err(_) => Err(malformed("is not text in UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(length: u64) -> Result<usize, String> {
        let source = std::io::repeat(b'a').take(length);
        let text = text(source, "the token", Exit::Malformed);
        text.map(|text| text.len())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_text() {
        for (bytes, read) in [
            ("\u{feff}s3cret\r\n", "s3cret\r\n"),
            ("s3cret\u{feff}", "s3cret\u{feff}"),
            ("\u{feff}", ""),
        ] {
            let text = text(bytes.as_bytes(), "the secret", Exit::Failed).unwrap();
            assert_eq!(*text, read);
        }
        assert_eq!(first_line("\u{feff}s3cret\r\n"), "s3cret");
        // A mark of UTF-16 is no text at all.
        assert!(text([0xff, 0xfe, b's', 0].as_slice(), "", Exit::Failed).is_err());
    }

    #[test]
    fn a_text_has_one_mebibyte_at_most() {
        for length in [0, 1, 1024 * 1024] {
            assert_eq!(read(length), Ok(length as usize));
        }
        for length in [1024 * 1024 + 1, u64::MAX] {
            assert_eq!(
                read(length),
                Err("the token is longer than 1 MiB".to_owned())
            );
        }
    }
}
