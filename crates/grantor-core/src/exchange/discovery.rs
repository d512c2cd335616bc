//! Finding the metadata of a server (RFC 8414 section 3, OpenID Connect Discovery section 4).

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use url::Url;

use super::{Event, Exchange, Failure, Step};
use crate::answer::{Target, content_coding, is_transient, retry_after};
use crate::issuer::Issuer;
use crate::loopback::LocalhostNames;
use crate::metadata::{InvalidMetadata, ServerMetadata};

/// The reason why there is no metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// No location has metadata; this is how the last one answered.
    NotFound(StatusCode),
    /// A location leads elsewhere, and redirects are not followed.
    Redirected {
        /// The status of the answer.
        status: StatusCode,
        /// The host to which it leads; none, if that is the same.
        host: Option<String>,
    },
    /// A location may have metadata later.
    Unavailable {
        /// The status of the answer.
        status: StatusCode,
        /// When to try again.
        retry_after: Option<Duration>,
    },
    /// The metadata can't be used.
    Invalid(InvalidMetadata),
    /// The server gave no answer that can be read.
    NoAnswer(Failure),
}

impl fmt::Display for DiscoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(status) => write!(
                f,
                "the issuer has no metadata at its well-known locations (status {}); check the issuer's URL",
                status.as_u16()
            ),
            Self::Redirected { status, host } => write!(
                f,
                "the location of the metadata answered {} and {}; check the issuer's URL",
                status.as_u16(),
                Target(host.clone())
            ),
            Self::Unavailable { status, .. } => write!(
                f,
                "the issuer can't give its metadata now (status {})",
                status.as_u16()
            ),
            Self::Invalid(error) => error.fmt(f),
            Self::NoAnswer(failure) => failure.describe("the issuer", f),
        }
    }
}

impl std::error::Error for DiscoveryError {}

impl DiscoveryError {
    /// Returns whether the same request may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::NoAnswer(failure) => failure.is_transient(),
            _ => false,
        }
    }

    /// When the server wants to be asked again.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Returns whether the server says that it is another one. Nothing else means that metadata
    /// which was known before is no longer that of the issuer.
    #[must_use]
    pub fn is_other_issuer(&self) -> bool {
        matches!(self, Self::Invalid(InvalidMetadata::OtherIssuer(_)))
    }

    /// How much it says about why there is no metadata, when both locations were tried.
    fn weight(&self) -> u8 {
        match self {
            Self::Unavailable { .. } | Self::NoAnswer(_) => 4,
            Self::Invalid(InvalidMetadata::Malformed) => 2,
            Self::Invalid(_) => 3,
            Self::Redirected { .. } => 1,
            Self::NotFound(_) => 0,
        }
    }
}

/// Finds a server's metadata: at the location of RFC 8414, then at that of OpenID Connect. For an issuer
/// with a path there is a third between them, of OpenID Connect in the way of RFC 8414 (section 5).
///
/// The next is tried whatever is wrong with the one before, unless its document names another issuer
/// or there is no answer. A failure that is transient at one of them is transient.
#[derive(Debug)]
pub struct Discovery {
    issuer: Issuer,
    locations: std::vec::IntoIter<Url>,
    names: LocalhostNames,
    failure: Option<DiscoveryError>,
}

impl Discovery {
    /// Discovery of an issuer.
    #[must_use]
    pub fn new(issuer: Issuer) -> Self {
        let [oauth, openid] = issuer.metadata_urls();
        let mut locations = vec![oauth];
        if !issuer.path().is_empty() {
            let mut inserted = issuer.url().clone();
            let path = format!("/.well-known/openid-configuration{}", issuer.path());
            inserted.set_path(&path);
            locations.push(inserted);
        }
        locations.push(openid);
        Self::among(issuer, locations)
    }

    /// Discovery at a location of its own; the issuer is compared all the same.
    #[must_use]
    pub fn at(issuer: Issuer, location: Url) -> Self {
        Self::among(issuer, vec![location])
    }

    fn among(issuer: Issuer, locations: Vec<Url>) -> Self {
        Self {
            issuer,
            locations: locations.into_iter(),
            names: LocalhostNames::ByDns,
            failure: None,
        }
    }

    /// Sets the resolver of names below `localhost`: with a client that does it itself, endpoints
    /// there may be http.
    #[must_use]
    pub fn localhost_names(mut self, names: LocalhostNames) -> Self {
        self.names = names;
        self
    }

    fn next(&mut self) -> Step<Result<ServerMetadata, DiscoveryError>> {
        let Some(location) = self.locations.next() else {
            let failure = self.failure.take();
            let none = DiscoveryError::NotFound(StatusCode::NOT_FOUND);
            return Step::Done(Err(failure.unwrap_or(none)));
        };
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = location.as_str().parse().unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let identity = HeaderValue::from_static("identity");
        headers.insert(header::ACCEPT_ENCODING, identity);
        Step::Send(request)
    }

    fn read(&self, answer: &Response<Bytes>) -> Result<ServerMetadata, DiscoveryError> {
        let status = answer.status();
        if status == StatusCode::OK {
            if let Some(coding) = content_coding(answer.headers()) {
                return Err(DiscoveryError::Invalid(InvalidMetadata::Compressed(coding)));
            }
            let read = ServerMetadata::parse_with(answer.body(), &self.issuer, self.names);
            return read.map_err(DiscoveryError::Invalid);
        }
        if is_transient(status) {
            let retry_after = retry_after(answer.headers());
            return Err(DiscoveryError::Unavailable {
                status,
                retry_after,
            });
        }
        if status.is_redirection() {
            let Target(host) = Target::of(answer.headers());
            return Err(DiscoveryError::Redirected { status, host });
        }
        Err(DiscoveryError::NotFound(status))
    }
}

impl Exchange for Discovery {
    type Output = Result<ServerMetadata, DiscoveryError>;

    fn step(&mut self, event: Event, _elapsed: Duration) -> Step<Self::Output> {
        let failure = match event {
            Event::Continue => return self.next(),
            Event::Answer(answer) => match self.read(&answer) {
                Ok(metadata) => return Step::Done(Ok(metadata)),
                Err(failure) => failure,
            },
            Event::NoAnswer(failure) => DiscoveryError::NoAnswer(failure),
        };
        if failure.is_other_issuer() {
            return Step::Done(Err(failure));
        }
        let is_over = matches!(failure, DiscoveryError::NoAnswer(_));
        let before = self.failure.take().filter(|before| {
            before.weight() > failure.weight() || before.retry_after() > failure.retry_after()
        });
        let failure = before.unwrap_or(failure);
        if is_over {
            return Step::Done(Err(failure));
        }
        self.failure = Some(failure);
        self.next()
    }
}

#[cfg(test)]
mod tests;
