//! The output of a command.

use std::io::{self, Write};

use grantor_core::is_visible;
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
            escape_controls(&json.to_string())
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
            let json = serde_json::json!({ "warning": text });
            return self.note(&escape_controls(&json.to_string()));
        }
        self.note(&escape_controls(&format!("warning: {text}")));
    }

    /// Returns why the command failed, and what to do next.
    pub(crate) fn error(&self, error: &CliError) {
        if self.json {
            return self.note(&escape_controls(&error.to_json().to_string()));
        }
        let mut text = format!("grantor: {error}");
        if let Some(next) = error.next() {
            text.push_str(&format!("\n  {next}"));
        }
        self.note(&escape_controls(&text));
    }
}

/// Escapes the characters of a text that a terminal obeys or does not show: those that move its cursor,
/// turn its letters around, or are not seen. The escape is that of JSON, where it means the same.
pub(crate) fn escape_controls(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if is_visible(character) || matches!(character, '\n' | '\t') {
            escaped.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            escaped.push_str(&format!("\\u{unit:04x}"));
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

    #[test]
    fn json_means_the_same_with_what_is_not_seen_escaped() {
        let json = serde_json::json!({ "a": "\u{9b}1m\u{202e}b\u{200b}\u{e0041}\n\u{1b}" });
        let escaped = escape_controls(&json.to_string());
        assert!(escaped.is_ascii(), "{escaped}");
        assert_eq!(serde_json::from_str::<Value>(&escaped).unwrap(), json);
    }
}
