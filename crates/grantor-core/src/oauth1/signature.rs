//! A request as it is signed, and the signature that it gets.

use std::fmt;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};

use super::place::FORM;

/// A request that is to be signed, of whatever type an HTTP client has.
#[derive(Clone, Copy)]
pub struct RequestParts<'a> {
    /// Its method.
    pub method: &'a Method,
    /// Its URI, with a scheme and a host.
    pub uri: &'a Uri,
    /// Its headers. A `Host` header wins over the host of the URI.
    pub headers: &'a HeaderMap,
    /// Its body.
    pub body: RequestBody<'a>,
}

/// The body of a request that is to be signed, as far as it is at hand.
#[derive(Clone, Copy)]
pub enum RequestBody<'a> {
    /// All of it; empty, if there is none.
    Bytes(&'a [u8]),
    /// It is read while it is sent. It can't be a form, whose parameters are signed (RFC 5849
    /// section 3.4.1.3.1), and it has no hash.
    Streamed,
}

/// The change that makes a request a signed one.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signature {
    /// The value of the `Authorization` header.
    Header(HeaderValue),
    /// The URI with the signature in its query.
    Query(Uri),
    /// The body with the signature in it: a form.
    Form(Bytes),
}

impl<'a> RequestParts<'a> {
    /// The parts of a request whose body is in memory.
    #[must_use]
    pub fn of(request: &'a Request<Bytes>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            body: RequestBody::Bytes(request.body()),
        }
    }
}

impl Signature {
    /// Puts it onto the request that it was made for.
    pub fn apply(self, request: &mut Request<Bytes>) {
        match self {
            Self::Header(value) => {
                request.headers_mut().insert(AUTHORIZATION, value);
            }
            Self::Query(uri) => *request.uri_mut() = uri,
            Self::Form(form) => {
                let length = HeaderValue::from(form.len());
                *request.body_mut() = form;
                let headers = request.headers_mut();
                if headers.contains_key(CONTENT_LENGTH) {
                    headers.insert(CONTENT_LENGTH, length);
                }
                let form = HeaderValue::from_static(FORM);
                headers.entry(CONTENT_TYPE).or_insert(form);
            }
        }
    }
}

/// Leaves out URI, headers and body, which may hold secrets.
impl fmt::Debug for RequestParts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestParts")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RequestBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Streamed => f.write_str("Streamed"),
        }
    }
}

/// Shows its place alone: by PLAINTEXT it is the secrets themselves.
impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header(_) => "Header(..)",
            Self::Query(_) => "Query(..)",
            Self::Form(_) => "Form(..)",
        })
    }
}
