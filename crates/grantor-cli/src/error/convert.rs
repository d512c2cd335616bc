//! The errors of the crates below, as errors of the command line.

use grantor_client::SendError;
use grantor_core::exchange::FailureKind;
use grantor_http::TransportError;

use super::{CliError, Exit, list, with_sources};

impl From<grantor_server::Error> for CliError {
    fn from(error: grantor_server::Error) -> Self {
        match error {
            grantor_server::Error::Refused(refusal) => {
                let response = refusal.response;
                let code = response.error;
                Self::failed(response.description.unwrap_or_else(|| code.to_string()))
            }
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
        Self::failed(error.to_string())
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
