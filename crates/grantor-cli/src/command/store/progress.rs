//! How far a command is.

use std::io::{IsTerminal, Write};

use crate::output::Output;

/// A line on a terminal that says how far a command is.
pub(super) struct Progress {
    verb: &'static str,
    is_shown: bool,
}

impl Progress {
    pub(super) fn new(output: &Output, verb: &'static str) -> Self {
        let is_shown = !output.is_json() && std::io::stderr().is_terminal();
        Self { verb, is_shown }
    }

    pub(super) fn show(&self, records: u64) {
        if self.is_shown {
            let _ = write!(
                std::io::stderr().lock(),
                "\r{records} records {}",
                self.verb
            );
        }
    }

    /// Clears the line.
    pub(super) fn end(&self) {
        if self.is_shown {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}
