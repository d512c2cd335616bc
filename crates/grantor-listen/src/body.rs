use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use pin_project_lite::pin_project;

use crate::watch::{Phase, Watch};

/// The body of a request that a listener received.
///
/// It is read as it arrives; the listener closes the connection when that takes longer than
/// [`Options::body_timeout`](crate::Options::body_timeout).
#[derive(Debug)]
pub struct Body {
    incoming: Incoming,
    arriving: Option<Arriving>,
}

impl Body {
    pub(crate) fn new(incoming: Incoming, watch: &Arc<Watch>) -> Self {
        let arriving =
            (!http_body::Body::is_end_stream(&incoming)).then(|| Arriving(Arc::clone(watch)));
        Self { incoming, arriving }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = Pin::new(&mut self.incoming).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) || self.incoming.is_end_stream() {
            self.arriving = None;
        }
        polled.map_err(BodyError)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// A request's body did not arrive whole: the client went away or broke the framing.
pub struct BodyError(hyper::Error);

impl fmt::Debug for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BodyError").field(&self.0).finish()
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request's body did not arrive whole")
    }
}

impl std::error::Error for BodyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// While it lives the connection waits for a request's body.
#[derive(Debug)]
struct Arriving(Arc<Watch>);

impl Drop for Arriving {
    fn drop(&mut self) {
        self.0.step(Phase::Body, Phase::Working);
    }
}

pin_project! {
    /// The body of an answer on its way out.
    pub(crate) struct Outgoing<B> {
        #[pin]
        body: B,
        leaving: Leaving,
    }
}

impl<B> Outgoing<B> {
    pub(crate) fn new(body: B, watch: Arc<Watch>) -> Self {
        Self {
            body,
            leaving: Leaving(watch),
        }
    }
}

impl<B: http_body::Body> http_body::Body for Outgoing<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().body.poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// hyper drops an answer's body when it holds all of it; what remains is to write that out.
struct Leaving(Arc<Watch>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.step(Phase::Working, Phase::Answered);
    }
}
