use std::fmt;

/// Why a command did not do what it was asked, and the exit code that says so: 1 for a failure, 2 for
/// a wrong command line or configuration.
#[derive(Debug)]
pub(crate) struct CliError {
    message: String,
    code: u8,
}

impl CliError {
    /// Something failed.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: 1,
        }
    }

    /// The command line or the configuration is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: 2,
        }
    }

    /// The same, and before it what could not be done.
    pub(crate) fn because(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    pub(crate) fn code(&self) -> u8 {
        self.code
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
            grantor_server::Error::Refused(refusal) => Self::failed(
                refusal
                    .description
                    .unwrap_or_else(|| refusal.error.to_string()),
            ),
            other => Self::failed(other.to_string()),
        }
    }
}

impl From<grantor_server::BuildError> for CliError {
    fn from(error: grantor_server::BuildError) -> Self {
        Self::usage(list("the server can't be built", error.problems()))
    }
}

impl From<grantor_store::Error> for CliError {
    fn from(error: grantor_store::Error) -> Self {
        Self::failed(error.to_string())
    }
}

impl From<grantor_client::Error> for CliError {
    fn from(error: grantor_client::Error) -> Self {
        let message = with_sources(&error);
        if error.is_configuration() {
            Self::usage(message)
        } else {
            Self::failed(message)
        }
    }
}

/// A message, and why: what lies behind an error, as far as it says more.
fn with_sources(error: &dyn std::error::Error) -> String {
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
