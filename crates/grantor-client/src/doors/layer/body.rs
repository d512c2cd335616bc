//! The body of a request through the layer, where it has to be read before the request is sent: a
//! signature of OAuth 1.0a covers a form.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::{Buf, Bytes, BytesMut};
use grantor_core::LocalhostNames;
use http::{Extensions, HeaderMap, Method, Request, Uri};
use http_body::Body;

use crate::request::http_request::{HttpRequest, RequestBody};

/// A request without its body, and what is known of that.
pub(super) struct Head {
    pub(super) request: Request<()>,
    /// None: it is read while it is sent.
    pub(super) body: Option<Bytes>,
}

/// All of a body that is in memory: one that says how long it is, and has it all at once.
pub(super) fn read<B: Body>(body: B) -> Option<Bytes> {
    let length = usize::try_from(body.size_hint().exact()?).ok()?;
    let mut context = Context::from_waker(Waker::noop());
    let mut body = pin!(body);
    let mut read = BytesMut::new();
    while read.len() < length {
        match body.as_mut().poll_frame(&mut context) {
            Poll::Ready(Some(Ok(frame))) => {
                let mut data = frame.into_data().ok()?;
                read.extend_from_slice(&data.copy_to_bytes(data.remaining()));
            }
            _ => return None,
        }
    }
    (read.len() == length).then(|| read.freeze())
}

impl HttpRequest for Head {
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
        match &self.body {
            Some(body) => RequestBody::Readable(body),
            None => RequestBody::Streamed,
        }
    }

    fn set_body(&mut self, _: Bytes) {}

    fn localhost_names(&self) -> LocalhostNames {
        LocalhostNames::ByDns
    }
}
