use std::io::{self, Write};

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

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// The result of a command. One that nobody got is a failure: it may be a secret that is shown
    /// once.
    pub(crate) fn result(&self, text: &str, json: &Value) -> Result<(), CliError> {
        let mut line = if self.json {
            json.to_string()
        } else {
            text.to_owned()
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
