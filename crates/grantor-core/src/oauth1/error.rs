//! Reasons for which a request cannot be signed.

use std::fmt;

/// The reason why a request can't be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unsignable {
    /// Its URI has no scheme and no host, or a port that is none.
    Uri,
    /// Its `Host` header is none.
    Host,
    /// It carries this parameter already; a request has each only once (RFC 5849 section 3.1).
    Repeated(String),
    /// It has an `Authorization` header, whose place the signature would take.
    Authorized,
    /// The signature is to go into the body, which is no form (RFC 5849 section 3.5.2).
    BodyIsNoForm,
    /// Its form is streamed, and the parameters of a form are signed (RFC 5849 section 3.4.1.3.1).
    StreamedForm,
    /// A secret would be sent as it is over a connection that others can read (RFC 5849
    /// section 3.4.4).
    Insecure,
    /// The realm has characters that a header can't carry.
    Realm,
    /// The key of the signature method can't sign now.
    KeyFailed,
}

impl fmt::Display for Unsignable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Uri => "the URI of the request has no scheme and host, or no good port",
            Self::Host => "the Host header is not a host",
            Self::Repeated(name) => return write!(f, "the request has \"{name}\" already"),
            Self::Authorized => "the request has an Authorization header already",
            Self::BodyIsNoForm => "the signature is to go into the body, which is not a form",
            Self::StreamedForm => {
                "the body is a form that is not in memory, and the parameters of a form are signed"
            }
            Self::Insecure => {
                "PLAINTEXT shows the secrets: it takes https, or an address of this machine"
            }
            Self::Realm => "the realm has characters that can't stand in a header",
            Self::KeyFailed => "the key of the signature method can't sign now",
        })
    }
}

impl std::error::Error for Unsignable {}
