//! A request of a blocking session before it gets its token.

use std::io::Read;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Uri};
use url::Url;

use crate::doors::failure::RequestFailure;

/// A request as the caller made it.
pub(super) struct Outgoing {
    /// The URL, in place of the URI of `request`.
    pub(super) url: Url,
    pub(super) request: Request<Body>,
    pub(super) timeout: Option<Duration>,
}

pub(super) enum Body {
    Empty,
    Bytes(Bytes),
    Reader(Box<dyn Read + Send>),
}

pub(super) fn uri(url: &Url) -> Result<Uri, RequestFailure> {
    // The fragment is for the caller alone.
    let url = &url[..url::Position::AfterQuery];
    let uri = url.parse();
    uri.map_err(|error| RequestFailure::not_http(&error))
}

impl Outgoing {
    /// Returns none if its body can't be sent twice.
    pub(super) fn try_clone(&self) -> Option<Self> {
        let body = match self.request.body() {
            Body::Empty => Body::Empty,
            Body::Bytes(bytes) => Body::Bytes(bytes.clone()),
            Body::Reader(_) => return None,
        };
        let mut request = Request::new(body);
        *request.method_mut() = self.request.method().clone();
        *request.headers_mut() = self.request.headers().clone();
        *request.extensions_mut() = self.request.extensions().clone();
        Some(Self {
            url: self.url.clone(),
            request,
            timeout: self.timeout,
        })
    }
}
