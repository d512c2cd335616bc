use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use grantor_client::SendError;
use grantor_core::exchange::{DiscoveryError, FailureKind};
use grantor_http::TransportError;
use serde_json::{Value, json};

/// How a command ends: one code for everything that a script would react to differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Configuration = 3,
    NeedsLogin = 4,
    TryAgain = 5,
    Refused = 6,
    ClientError = 7,
    ServerError = 8,
    Inactive = 9,
    BadSignature = 10,
    Expired = 11,
    Malformed = 12,
}

impl Exit {
    pub(crate) const ALL: [Self; 13] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::Configuration,
        Self::NeedsLogin,
        Self::TryAgain,
        Self::Refused,
        Self::ClientError,
        Self::ServerError,
        Self::Inactive,
        Self::BadSignature,
        Self::Expired,
        Self::Malformed,
    ];

    /// The exit code of the process.
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }

    /// What errors in JSON call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Configuration => "configuration",
            Self::NeedsLogin => "needs_login",
            Self::TryAgain => "try_again",
            Self::Refused => "refused",
            Self::ClientError => "client_error",
            Self::ServerError => "server_error",
            Self::Inactive => "inactive",
            Self::BadSignature => "bad_signature",
            Self::Expired => "expired",
            Self::Malformed => "malformed",
        }
    }

    /// What it means, for help, manual and documentation.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed, for a reason without a code of its own",
            Self::Usage => "the command line is wrong, or a variable in its place",
            Self::Configuration => "set up wrongly, here or at the server: file, client, scope",
            Self::NeedsLogin => "the user has to sign in again",
            Self::TryAgain => "the server can't be reached or is busy; try again later",
            Self::Refused => "the authorization server refused",
            Self::ClientError => "request: status 4xx, or a redirect that was not followed",
            Self::ServerError => "request: status 5xx",
            Self::Inactive => "introspect: the token is not active",
            Self::BadSignature => "decode: the signature or the issuer is wrong, or no key fits",
            Self::Expired => "decode: the token has expired, or is not valid yet",
            Self::Malformed => "the input is no token",
        }
    }

    /// These codes as a part of help.
    pub(crate) fn help(codes: &[Self]) -> String {
        let lines = codes
            .iter()
            .map(|exit| format!("\n  {:>2}  {}", exit.code(), exit.meaning()));
        format!("Exit codes:{}", lines.collect::<String>())
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command did not do what it was asked, and the exit code that says so.
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

    /// What to do next, as far as the message does not say it.
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

    /// As the one object on standard error that `--json` asks for.
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

impl From<grantor_server::Error> for CliError {
    fn from(error: grantor_server::Error) -> Self {
        match error {
            grantor_server::Error::Refused(refusal) => {
                let response = refusal.response;
                let code = response.error;
                Self::failed(response.description.unwrap_or_else(|| code.to_string()))
            }
            grantor_server::Error::Store(error) => error.into(),
            other => Self::failed(other.to_string()),
        }
    }
}

impl From<grantor_site::Error> for CliError {
    fn from(error: grantor_site::Error) -> Self {
        match error {
            grantor_site::Error::Server(error) => error.into(),
            other => Self::failed(other.to_string()),
        }
    }
}

impl From<grantor_server::BuildError> for CliError {
    fn from(error: grantor_server::BuildError) -> Self {
        Self::configuration(list("the server can't be built", error.problems()))
    }
}

impl From<grantor_store::Error> for CliError {
    fn from(error: grantor_store::Error) -> Self {
        match error.is_configuration() {
            true => Self::configuration(error.to_string()),
            false => Self::failed(error.to_string()),
        }
    }
}

impl From<grantor_client::Error> for CliError {
    fn from(error: grantor_client::Error) -> Self {
        let exit = if error.is_configuration() {
            Exit::Configuration
        } else if error.needs_login() {
            Exit::NeedsLogin
        } else if error.is_transient() {
            Exit::TryAgain
        } else {
            Exit::Refused
        };
        let failed = Self::new(exit, with_sources(&error)).hint_at(&error);
        failed.retry_after(error.retry_after())
    }
}

impl From<SendError> for CliError {
    fn from(error: SendError) -> Self {
        let failed = match error {
            SendError::Token(error) => return error.into(),
            SendError::Request(error) => {
                let error = TransportError::from(error);
                let exit = match error.kind() {
                    FailureKind::Configuration | FailureKind::Certificate => Exit::Configuration,
                    _ => Exit::TryAgain,
                };
                Self::new(exit, with_sources(&error)).hint_at(&error)
            }
            SendError::InvalidUrl(why) => Self::usage(why),
            SendError::TooManyRedirects => Self::new(Exit::ClientError, error.to_string()),
            other => Self::failed(with_sources(&other)),
        };
        failed.because("the request failed")
    }
}

/// Whether a server's certificate is what is wrong, here or in a cause.
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
