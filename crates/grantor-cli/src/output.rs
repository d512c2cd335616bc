use std::io::Write;

use serde_json::Value;

use crate::error::CliError;

/// What a command says: for people, or as JSON. Results go to standard output, all else to standard
/// error.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// The result of a command.
    pub(crate) fn result(&self, text: &str, json: &Value) {
        if self.json {
            self.line(&json.to_string());
        } else {
            self.line(text);
        }
    }

    /// A line of the result. A reader that has gone away ends the program quietly elsewhere.
    pub(crate) fn line(&self, text: &str) {
        let _ = writeln!(std::io::stdout().lock(), "{text}");
    }

    /// Bytes of the result, as they are.
    pub(crate) fn bytes(&self, bytes: &[u8]) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(bytes).and_then(|()| out.flush());
    }

    /// Something that people should know besides.
    pub(crate) fn note(&self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// Why the command failed.
    pub(crate) fn error(&self, error: &CliError) {
        if self.json {
            let json = serde_json::json!({ "error": error.to_string() });
            self.note(&json.to_string());
        } else {
            self.note(&format!("grantor: {error}"));
        }
    }
}
