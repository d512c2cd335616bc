use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use url::Url;

use super::{Event, Exchange, NoAnswer, Step};
use crate::{InvalidMetadata, Issuer, ServerMetadata};

/// Why there is no metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// Neither well-known location answered with metadata.
    NotFound(StatusCode),
    /// The metadata can't be used.
    Invalid(InvalidMetadata),
    /// The server did not answer.
    NoAnswer(NoAnswer),
}

impl fmt::Display for DiscoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(status) => write!(
                f,
                "the issuer has no metadata at its well-known locations (status {}); check the issuer's URL",
                status.as_u16()
            ),
            Self::Invalid(error) => error.fmt(f),
            Self::NoAnswer(_) => f.write_str("the issuer can't be reached"),
        }
    }
}

impl std::error::Error for DiscoveryError {}

impl DiscoveryError {
    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NotFound(status) => status.is_server_error(),
            Self::Invalid(_) => false,
            Self::NoAnswer(_) => true,
        }
    }
}

/// Finds a server's metadata: at the location of RFC 8414, then at that of OpenID Connect.
#[derive(Debug)]
pub struct Discovery {
    issuer: Issuer,
    locations: std::vec::IntoIter<Url>,
    last: Option<StatusCode>,
}

impl Discovery {
    /// Discovery of an issuer.
    #[must_use]
    pub fn new(issuer: Issuer) -> Self {
        let locations = issuer.metadata_urls().to_vec().into_iter();
        Self {
            issuer,
            locations,
            last: None,
        }
    }

    /// Discovery at a location of its own; the issuer is compared all the same.
    #[must_use]
    pub fn at(issuer: Issuer, location: Url) -> Self {
        Self {
            issuer,
            locations: vec![location].into_iter(),
            last: None,
        }
    }

    fn next(&mut self) -> Step<Result<ServerMetadata, DiscoveryError>> {
        let Some(location) = self.locations.next() else {
            let status = self.last.unwrap_or(StatusCode::NOT_FOUND);
            return Step::Done(Err(DiscoveryError::NotFound(status)));
        };
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = location.as_str().parse().unwrap_or_default();
        let accept = HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::ACCEPT, accept);
        Step::Send(request)
    }
}

impl Exchange for Discovery {
    type Output = Result<ServerMetadata, DiscoveryError>;

    fn step(&mut self, event: Event, _elapsed: Duration) -> Step<Self::Output> {
        match event {
            Event::Continue => self.next(),
            Event::Answer(answer) if answer.status() == StatusCode::OK => Step::Done(
                ServerMetadata::parse(answer.body(), &self.issuer).map_err(DiscoveryError::Invalid),
            ),
            Event::Answer(answer) => {
                self.last = Some(answer.status());
                self.next()
            }
            Event::NoAnswer(no_answer) => Step::Done(Err(DiscoveryError::NoAnswer(no_answer))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Response;

    fn issuer() -> Issuer {
        Issuer::parse("https://a.example/x").unwrap()
    }

    fn answer(status: u16, body: &'static str) -> Event {
        let response = Response::builder().status(status);
        Event::Answer(response.body(Bytes::from_static(body.as_bytes())).unwrap())
    }

    fn sent(step: Step<Result<ServerMetadata, DiscoveryError>>) -> String {
        match step {
            Step::Send(request) => request.uri().to_string(),
            _ => panic!("nothing was sent"),
        }
    }

    #[test]
    fn tries_both_locations() {
        let mut discovery = Discovery::new(issuer());
        let first = sent(discovery.step(Event::Continue, Duration::ZERO));
        assert_eq!(
            first,
            "https://a.example/.well-known/oauth-authorization-server/x"
        );
        let second = sent(discovery.step(answer(404, ""), Duration::ZERO));
        assert_eq!(
            second,
            "https://a.example/x/.well-known/openid-configuration"
        );
        let found = discovery.step(
            answer(200, r#"{"issuer":"https://a.example/x"}"#),
            Duration::ZERO,
        );
        assert!(matches!(found, Step::Done(Ok(_))));
    }

    #[test]
    fn does_not_look_further_when_the_first_lies() {
        let mut discovery = Discovery::new(issuer());
        let _ = discovery.step(Event::Continue, Duration::ZERO);
        let step = discovery.step(
            answer(200, r#"{"issuer":"https://b.example"}"#),
            Duration::ZERO,
        );
        let other = DiscoveryError::Invalid(InvalidMetadata::OtherIssuer);
        assert!(matches!(step, Step::Done(Err(error)) if error == other));
    }

    #[test]
    fn says_what_the_last_location_answered() {
        let mut discovery = Discovery::new(issuer());
        let _ = discovery.step(Event::Continue, Duration::ZERO);
        let _ = discovery.step(answer(404, ""), Duration::ZERO);
        let step = discovery.step(answer(503, ""), Duration::ZERO);
        let Step::Done(Err(error)) = step else {
            panic!("not over")
        };
        assert_eq!(
            error,
            DiscoveryError::NotFound(StatusCode::SERVICE_UNAVAILABLE)
        );
        assert!(error.is_transient());
    }
}
