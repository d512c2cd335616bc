//! Finding the metadata of a protected resource (RFC 9728 section 3).

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use url::Url;

use super::{Event, Exchange, Failure, Step};
use crate::answer::{Target, content_coding, is_transient, retry_after};
use crate::loopback::LocalhostNames;
use crate::protected_resource::{InvalidProtectedResource, ProtectedResourceMetadata};

/// The reason why there is no metadata of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResourceDiscoveryError {
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
    Invalid(InvalidProtectedResource),
    /// The resource gave no answer that can be read.
    NoAnswer(Failure),
}

impl fmt::Display for ResourceDiscoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(status) => write!(
                f,
                "the resource has no metadata (RFC 9728; status {}); check its URL",
                status.as_u16()
            ),
            Self::Redirected { status, host } => write!(
                f,
                "the location of the resource's metadata answered {} and {}; check the URL",
                status.as_u16(),
                Target(host.clone())
            ),
            Self::Unavailable { status, .. } => write!(
                f,
                "the resource can't give its metadata now (status {})",
                status.as_u16()
            ),
            Self::Invalid(error) => error.fmt(f),
            Self::NoAnswer(failure) => failure.describe("the resource", f),
        }
    }
}

impl std::error::Error for ResourceDiscoveryError {}

impl ResourceDiscoveryError {
    /// Returns whether the same request may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::NoAnswer(failure) => failure.is_transient(),
            _ => false,
        }
    }

    /// When the resource wants to be asked again.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Finds the metadata of a resource: where its challenge says, or else at the well-known places of
/// its URL, first with the path and then at the root.
///
/// The root is asked only if the first place has nothing (status 404 and its like).
#[derive(Debug)]
pub struct ResourceDiscovery {
    url: Url,
    locations: std::vec::IntoIter<Url>,
    names: LocalhostNames,
}

impl ResourceDiscovery {
    /// Discovery of the resource at this URL, at its well-known places.
    #[must_use]
    pub fn new(url: Url) -> Self {
        let locations = ProtectedResourceMetadata::well_known_urls(&url);
        Self::among(url, locations)
    }

    /// Discovery at the location that the challenge of a 401 named in `resource_metadata` (RFC 9728
    /// section 5.1); `resource` is compared all the same.
    #[must_use]
    pub fn at(url: Url, location: Url) -> Self {
        Self::among(url, vec![location])
    }

    fn among(url: Url, locations: Vec<Url>) -> Self {
        Self {
            url,
            locations: locations.into_iter(),
            names: LocalhostNames::ByDns,
        }
    }

    /// Sets the resolver of names below `localhost`.
    #[must_use]
    pub fn localhost_names(mut self, names: LocalhostNames) -> Self {
        self.names = names;
        self
    }

    fn next(
        &mut self,
        otherwise: ResourceDiscoveryError,
    ) -> Step<Result<ProtectedResourceMetadata, ResourceDiscoveryError>> {
        let Some(location) = self.locations.next() else {
            return Step::Done(Err(otherwise));
        };
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = location.as_str().parse().unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let identity = HeaderValue::from_static("identity");
        headers.insert(header::ACCEPT_ENCODING, identity);
        Step::Send(request)
    }

    fn read(
        &self,
        answer: &Response<Bytes>,
    ) -> Result<ProtectedResourceMetadata, ResourceDiscoveryError> {
        let status = answer.status();
        if status == StatusCode::OK {
            if let Some(coding) = content_coding(answer.headers()) {
                let compressed = InvalidProtectedResource::Compressed(coding);
                return Err(ResourceDiscoveryError::Invalid(compressed));
            }
            let read = ProtectedResourceMetadata::parse_with(answer.body(), &self.url, self.names);
            return read.map_err(ResourceDiscoveryError::Invalid);
        }
        if is_transient(status) {
            let retry_after = retry_after(answer.headers());
            return Err(ResourceDiscoveryError::Unavailable {
                status,
                retry_after,
            });
        }
        if status.is_redirection() {
            let Target(host) = Target::of(answer.headers());
            return Err(ResourceDiscoveryError::Redirected { status, host });
        }
        Err(ResourceDiscoveryError::NotFound(status))
    }
}

impl Exchange for ResourceDiscovery {
    type Output = Result<ProtectedResourceMetadata, ResourceDiscoveryError>;

    fn step(&mut self, event: Event, _elapsed: Duration) -> Step<Self::Output> {
        let failure = match event {
            Event::Continue => {
                return self.next(ResourceDiscoveryError::NotFound(StatusCode::NOT_FOUND));
            }
            Event::Answer(answer) => match self.read(&answer) {
                Ok(metadata) => return Step::Done(Ok(metadata)),
                Err(failure) => failure,
            },
            Event::NoAnswer(failure) => ResourceDiscoveryError::NoAnswer(failure),
        };
        // A server without metadata at a path may answer with a page of its own.
        let is_nothing = matches!(
            failure,
            ResourceDiscoveryError::NotFound(_)
                | ResourceDiscoveryError::Redirected { .. }
                | ResourceDiscoveryError::Invalid(InvalidProtectedResource::Malformed)
        );
        match is_nothing {
            true => self.next(failure),
            false => Step::Done(Err(failure)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = r#"{"resource":"https://a.example/mcp"}"#;

    fn answer(status: u16, body: &'static str) -> Event {
        let response = Response::builder().status(status);
        Event::Answer(response.body(Bytes::from_static(body.as_bytes())).unwrap())
    }

    /// Plays the answers, and gives the locations that were asked and the output.
    fn play(
        mut discovery: ResourceDiscovery,
        answers: impl IntoIterator<Item = Event>,
    ) -> (
        Vec<String>,
        Result<ProtectedResourceMetadata, ResourceDiscoveryError>,
    ) {
        let mut asked = Vec::new();
        let mut step = discovery.step(Event::Continue, Duration::ZERO);
        for answer in answers {
            let Step::Send(request) = step else {
                panic!("one answer too many");
            };
            asked.push(request.uri().path().to_owned());
            step = discovery.step(answer, Duration::ZERO);
        }
        match step {
            Step::Done(output) => (asked, output),
            _ => panic!("not over"),
        }
    }

    fn discovery() -> ResourceDiscovery {
        ResourceDiscovery::new(Url::parse("https://a.example/mcp").unwrap())
    }

    #[test]
    fn the_root_is_asked_if_there_is_nothing_at_the_path() {
        let (asked, found) = play(discovery(), [answer(404, ""), answer(200, METADATA)]);
        assert!(found.is_ok());
        assert_eq!(
            asked,
            [
                "/.well-known/oauth-protected-resource/mcp",
                "/.well-known/oauth-protected-resource"
            ]
        );
        let (_, found) = play(discovery(), [answer(200, "<html>"), answer(404, "")]);
        let nothing = ResourceDiscoveryError::NotFound(StatusCode::NOT_FOUND);
        assert_eq!(found, Err(nothing));
    }

    #[test]
    fn what_names_another_resource_ends_it() {
        let other = answer(200, r#"{"resource":"https://evil.example/mcp"}"#);
        let (_, found) = play(discovery(), [other]);
        let error = found.unwrap_err();
        assert!(matches!(
            error,
            ResourceDiscoveryError::Invalid(InvalidProtectedResource::OtherResource(_))
        ));
        assert!(!error.is_transient());
    }

    #[test]
    fn a_resource_that_is_busy_is_asked_later() {
        let response = Response::builder().status(503).header("retry-after", "7");
        let busy = Event::Answer(response.body(Bytes::new()).unwrap());
        let (_, found) = play(discovery(), [busy]);
        let error = found.unwrap_err();
        assert!(error.is_transient());
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    }

    #[test]
    fn a_location_from_a_challenge_is_the_only_one() {
        let url = Url::parse("https://a.example/mcp").unwrap();
        let location = Url::parse("https://a.example/custom.json").unwrap();
        let at = ResourceDiscovery::at(url, location);
        let (asked, found) = play(at, [answer(404, "")]);
        assert_eq!(asked, ["/custom.json"]);
        assert!(found.is_err());
    }
}
