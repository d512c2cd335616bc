//! The output of a command.

use std::io::{self, Write};

use serde_json::Value;

use crate::error::CliError;

/// The output of a command: for people, or as JSON. Results go to standard output, all else to
/// standard error.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// The result of a command. One that nobody got is a failure: it may be a secret that is shown
    /// once.
    pub(crate) fn result(&self, text: &str, json: &Value) -> Result<(), CliError> {
        let mut line = if self.json {
            json.to_string()
        } else {
            escape_controls(text)
        };
        line.push('\n');
        self.bytes(line.as_bytes())
    }

    /// Bytes of the result, as they are.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Result<(), CliError> {
        let mut out = io::stdout().lock();
        let written = out.write_all(bytes).and_then(|()| out.flush());
        written.map_err(|error| {
            CliError::failed(format!(
                "the result can't be written to standard output: {error}"
            ))
        })
    }

    /// Something that people should know besides.
    pub(crate) fn note(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Something that the command did, and that may be a mistake.
    pub(crate) fn warning(&self, text: &str) {
        if self.json {
            return self.note(&serde_json::json!({ "warning": text }).to_string());
        }
        self.note(&escape_controls(&format!("warning: {text}")));
    }

    /// Returns why the command failed, and what to do next.
    pub(crate) fn error(&self, error: &CliError) {
        if self.json {
            return self.note(&error.to_json().to_string());
        }
        let mut text = format!("grantor: {error}");
        if let Some(next) = error.next() {
            text.push_str(&format!("\n  {next}"));
        }
        self.note(&escape_controls(&text));
    }
}

/// Escapes the control characters of a text for a terminal: those that move its
/// cursor or turn its letters around.
pub(crate) fn escape_controls(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
            || matches!(character, '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}');
        if turns || (character.is_control() && !matches!(character, '\n' | '\t')) {
            escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_a_terminal_that_it_would_obey() {
        let text = "a\nb\u{1b}[2J\u{9b}1m\u{202e}c\r\u{7f}ü\u{1f600}";
        let expected = "a\nb\\u001b[2J\\u009b1m\\u202ec\\u000d\\u007fü\u{1f600}";
        assert_eq!(escape_controls(text), expected);
    }
}
