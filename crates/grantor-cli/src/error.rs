//! Exit codes and errors of the command line.

mod convert;
mod exit;

use std::fmt;
use std::time::Duration;

use grantor_core::exchange::{DiscoveryError, FailureKind};
use grantor_http::TransportError;
use serde_json::{Value, json};

pub(crate) use self::exit::Exit;

/// The reason why a command did not do what it was asked, and the exit code that says so.
#[derive(Debug)]
pub(crate) struct CliError {
    message: String,
    exit: Exit,
    retry_after: Option<Duration>,
    hint: Option<String>,
}

impl CliError {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            exit,
            retry_after: None,
            hint: None,
        }
    }

    /// Something failed.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    /// The command line is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Settings are wrong, or do not go together.
    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(Exit::Configuration, message)
    }

    /// The store of this kind of record can't list its records.
    pub(crate) fn no_list(kind: &str) -> Self {
        Self::configuration(format!("the store of {kind} can't list them")).hint(format!(
            "give {kind} another store, in the section [store] of the configuration"
        ))
    }

    /// The same, and before it what could not be done.
    pub(crate) fn because(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// The same, with the time after which the server wants to be asked again.
    pub(crate) fn retry_after(mut self, time: Option<Duration>) -> Self {
        self.retry_after = time;
        self
    }

    /// The same, with what to do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, with what to do about an error, where that is an option of the command.
    pub(crate) fn hint_at(self, error: &(dyn std::error::Error + 'static)) -> Self {
        if is_about_certificate(error) {
            return self.hint(
                "give --ca-file with the certificate of the authority that signed the server's",
            );
        }
        self
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Returns the next thing to do, as far as the message does not say it.
    pub(crate) fn next(&self) -> Option<String> {
        let seconds = self.retry_after.map(|time| time.as_secs());
        match (&self.hint, self.exit, seconds) {
            (Some(hint), ..) => Some(hint.clone()),
            (None, _, Some(seconds)) => Some(format!("try again in {seconds} s")),
            (None, Exit::TryAgain, None) => Some("try again later".to_owned()),
            (None, Exit::NeedsLogin, None) => Some("have the user sign in again".to_owned()),
            _ => None,
        }
    }

    /// Returns it as the one object on standard error that `--json` asks for.
    pub(crate) fn to_json(&self) -> Value {
        let mut json = json!({
            "code": self.exit.name(),
            "exit_code": self.exit.code(),
            "message": self.message,
        });
        if let Some(time) = self.retry_after {
            json["retry_after"] = time.as_secs().into();
        }
        if let Some(next) = self.next() {
            json["hint"] = next.into();
        }
        json
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CliError {}

/// Returns whether a server's certificate is what is wrong, here or in a cause.
fn is_about_certificate(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    causes.any(|cause| {
        let by_transport = cause.downcast_ref().map(TransportError::kind);
        let by_discovery = match cause.downcast_ref() {
            Some(DiscoveryError::NoAnswer(failure)) => Some(failure.kind),
            _ => None,
        };
        by_transport.or(by_discovery) == Some(FailureKind::Certificate)
    })
}

/// A message, and why: what lies behind an error, as far as it says more.
pub(crate) fn with_sources(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(behind) = source {
        let text = behind.to_string();
        if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
        source = behind.source();
    }
    message
}

/// A headline, and under it every problem on a line of its own.
pub(crate) fn list(headline: &str, problems: &[String]) -> String {
    match problems {
        [one] => format!("{headline}: {one}"),
        many => {
            let lines: Vec<String> = many
                .iter()
                .map(|problem| format!("  - {problem}"))
                .collect();
            format!("{headline}:\n{}", lines.join("\n"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_has_the_same_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/command-line.md");
        let documentation = std::fs::read_to_string(path).unwrap();
        let written: Vec<&str> = documentation
            .lines()
            .filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit())
            .collect();
        let rows = Exit::ALL.map(|exit| {
            format!(
                "| {} | `{}` | {} |",
                exit.code(),
                exit.name(),
                exit.meaning()
            )
        });
        assert_eq!(written, rows);
    }

    #[test]
    fn codes_count_up_and_help_has_lines_of_eighty_columns() {
        let codes = Exit::ALL.map(Exit::code);
        assert!(codes.iter().copied().eq(0..codes.len() as u8));
        for line in Exit::help(&Exit::ALL).lines() {
            assert!(line.len() <= 80, "{line}");
        }
    }

    #[test]
    fn an_error_in_json_says_when_and_what_next() {
        let error = CliError::new(Exit::TryAgain, "busy").because("no token");
        let expected = json!({
            "code": "try_again", "exit_code": 5, "message": "no token: busy",
            "hint": "try again later",
        });
        assert_eq!(error.to_json(), expected);
        let error = error.retry_after(Some(Duration::from_secs(30)));
        let expected = json!({
            "code": "try_again", "exit_code": 5, "message": "no token: busy",
            "retry_after": 30, "hint": "try again in 30 s",
        });
        assert_eq!(error.to_json(), expected);
        let error = CliError::failed("no").hint("do this");
        assert_eq!(error.to_json()["hint"], "do this");
        assert!(CliError::usage("no").to_json().get("hint").is_none());
    }
}
