//! Requests without an answer.

use std::fmt;

/// Says whether a request without an answer may have reached the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoAnswer {
    /// Not a byte of it left.
    Unsent,
    /// The sender can't know.
    Unknown,
}

/// The party whose fault it is that there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// The network's, or that of a server which is down: the same request may succeed later.
    Network,
    /// The caller's: a proxy or a URL with which no request can succeed.
    Configuration,
    /// The server's certificate is not accepted: the caller has to trust its authority, or asks a
    /// server by another name than its own.
    Certificate,
    /// The server's: it answered, and the answer can't be read.
    Peer,
}

/// The reason why a request got no answer that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Says whether the request may have reached the server.
    pub no_answer: NoAnswer,
    /// The party whose fault it is.
    pub kind: FailureKind,
    /// A description without a secret and without a URL; empty, if nobody knows.
    pub message: String,
}

impl Failure {
    /// Returns whether the same request may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.kind == FailureKind::Network
    }

    /// The failure of a request to `server`.
    pub(super) fn describe(&self, server: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(server)?;
        f.write_str(match (self.kind, self.no_answer) {
            (FailureKind::Peer, _) => " gave an answer that can't be read",
            (_, NoAnswer::Unsent) => " can't be reached",
            (_, NoAnswer::Unknown) => " did not answer",
        })?;
        if self.message.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe("the server", f)
    }
}

impl std::error::Error for Failure {}

/// A failure of the network about which nothing else is known.
impl From<NoAnswer> for Failure {
    fn from(no_answer: NoAnswer) -> Self {
        Self {
            no_answer,
            kind: FailureKind::Network,
            message: String::new(),
        }
    }
}
