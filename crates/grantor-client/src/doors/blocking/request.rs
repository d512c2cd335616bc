//! A request to ureq, as a token goes onto it.

use bytes::Bytes;
use grantor_core::LocalhostNames;
use http::{Extensions, HeaderMap, Method, Request, Uri};

use super::outgoing::{Body, Outgoing, uri};
use crate::doors::failure::RequestFailure;
use crate::doors::sender::Promises;
use crate::request::http_request::{HttpRequest, RequestBody};

/// A request on its way.
pub(super) struct UreqRequest {
    request: Request<Body>,
    promises: Promises,
}

impl UreqRequest {
    pub(super) fn new(outgoing: Outgoing, promises: Promises) -> Result<Self, RequestFailure> {
        let mut request = outgoing.request;
        *request.uri_mut() = uri(&outgoing.url)?;
        Ok(Self { request, promises })
    }

    pub(super) fn into_request(self) -> Request<Body> {
        self.request
    }
}

impl HttpRequest for UreqRequest {
    fn method(&self) -> &Method {
        self.request.method()
    }

    fn uri(&self) -> &Uri {
        self.request.uri()
    }

    fn set_uri(&mut self, uri: Uri) {
        *self.request.uri_mut() = uri;
    }

    fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    fn headers_mut(&mut self) -> &mut HeaderMap {
        self.request.headers_mut()
    }

    fn extensions(&self) -> Option<&Extensions> {
        Some(self.request.extensions())
    }

    fn body(&self) -> RequestBody<'_> {
        match self.request.body() {
            Body::Empty => RequestBody::Replaceable(b""),
            Body::Bytes(bytes) => RequestBody::Replaceable(bytes),
            Body::Reader(_) => RequestBody::Streamed,
        }
    }

    fn set_body(&mut self, body: Bytes) {
        *self.request.body_mut() = Body::Bytes(body);
    }

    fn localhost_names(&self) -> LocalhostNames {
        self.promises.names
    }

    fn presents_certificate(&self) -> bool {
        self.promises.certificate
    }
}
