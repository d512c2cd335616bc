//! The transport of one request and its answer.

use std::fmt;

use bytes::Bytes;
use grantor_core::exchange::{Failure, FailureKind, NoAnswer};
use grantor_core::{BoxFuture, CertificateThumbprint, LocalhostNames};
use http::{Request, Response};

use crate::Addresses;

/// Sends one request and gives its answer, whole.
///
/// It follows no redirect (a token would travel with it), reads at most
/// [`MAX_ANSWER`] bytes, and ends within a time of its own.
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends `request`.
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>>;

    /// Says how names below `localhost`, as `auth.localhost`, are resolved. A transport that
    /// promises [`LocalhostNames::Loopback`] connects to a loopback address for each of them,
    /// whatever a resolver says and past every proxy; a token server there may then be plain http.
    fn localhost_names(&self) -> LocalhostNames {
        LocalhostNames::ByDns
    }

    /// The addresses that it connects to. A transport that promises [`Addresses::Public`] judges the
    /// address that it connects to, after resolution, and goes through no proxy.
    fn addresses(&self) -> Addresses {
        Addresses::Any
    }

    /// The certificate that it presents to servers that ask for one (RFC 8705). A transport that names
    /// one presents it on each connection; a client may then authenticate by it, and have its tokens
    /// bound to it.
    fn client_certificate(&self) -> Option<&CertificateThumbprint> {
        None
    }
}

/// The most bytes of an answer that are read: 1 MiB.
pub const MAX_ANSWER: usize = 1024 * 1024;

/// The most bytes of the answer to one request, as its extension, if that is less than
/// [`MAX_ANSWER`]. `ReqwestTransport` reads no further; another transport may ignore it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerLimit(pub usize);

/// A request got no answer that can be read.
pub struct TransportError {
    no_answer: NoAnswer,
    kind: FailureKind,
    message: String,
    too_long: bool,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl TransportError {
    /// A failure of the network; `no_answer` says whether the request may have reached the server.
    pub fn new(no_answer: NoAnswer, message: impl Into<String>) -> Self {
        Self {
            no_answer,
            kind: FailureKind::Network,
            message: message.into(),
            too_long: false,
            source: None,
        }
    }

    /// A failure before anything was sent.
    pub fn unsent(message: impl Into<String>) -> Self {
        Self::new(NoAnswer::Unsent, message)
    }

    /// A failure after something may have been sent.
    pub fn unknown(message: impl Into<String>) -> Self {
        Self::new(NoAnswer::Unknown, message)
    }

    /// A failure before anything was sent, which the same request will meet again until somebody
    /// changes the configuration.
    pub fn configuration(message: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::Configuration,
            ..Self::unsent(message)
        }
    }

    /// A certificate that is not accepted, so that nothing was sent.
    pub fn certificate(message: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::Certificate,
            ..Self::unsent(message)
        }
    }

    /// An answer that can't be read.
    pub fn unreadable(message: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::Peer,
            ..Self::unknown(message)
        }
    }

    /// An answer of more bytes than are read: [`AnswerLimit`], or else [`MAX_ANSWER`].
    #[must_use]
    pub fn too_long(limit: usize) -> Self {
        let message = match limit {
            MAX_ANSWER => "it is longer than 1 MiB".to_owned(),
            limit => format!("it is longer than {limit} bytes"),
        };
        Self {
            too_long: true,
            ..Self::unreadable(message)
        }
    }

    /// Adds the cause. It must hold no URL with a query and no header.
    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Says whether the request may have reached the server.
    #[must_use]
    pub fn no_answer(&self) -> NoAnswer {
        self.no_answer
    }

    /// Returns the party whose fault it is.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// Returns whether the answer has more bytes than are read.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.too_long
    }

    /// The failure, for an exchange.
    #[must_use]
    pub fn failure(&self) -> Failure {
        Failure {
            no_answer: self.no_answer,
            kind: self.kind,
            message: self.message.clone(),
        }
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("no_answer", &self.no_answer)
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("source", &self.source)
            .finish()
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}
