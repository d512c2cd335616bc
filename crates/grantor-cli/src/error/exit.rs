//! Exit codes.

use std::process::ExitCode;

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

    /// Returns its name in errors in JSON.
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

    /// Returns its meaning, for help, manual and documentation.
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
