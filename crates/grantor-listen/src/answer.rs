//! The bodies of answers, those of the listener included.

use std::io::IoSlice;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Buf;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body::{Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::watch::{Phase, Watch};

/// The answer to a request that the service is not to see.
pub(crate) fn refusal<B>(
    status: StatusCode,
    text: &'static str,
    watch: Arc<Watch>,
) -> Response<Outgoing<B>> {
    let mut response = Response::new(Outgoing {
        body: Body::Text { text: Some(text) },
        leaving: Leaving(watch),
    });
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
    response
}

pin_project! {
    /// The body of an answer on its way out.
    pub(crate) struct Outgoing<B> {
        #[pin]
        body: Body<B>,
        leaving: Leaving,
    }
}

pin_project! {
    #[project = BodyProjection]
    enum Body<B> {
        Served { #[pin] body: B },
        Text { text: Option<&'static str> },
    }
}

/// A piece of an answer.
pub(crate) enum Piece<D> {
    Served(D),
    Text(&'static [u8]),
}

impl<B> Outgoing<B> {
    pub(crate) fn new(body: B, watch: Arc<Watch>) -> Self {
        Self {
            body: Body::Served { body },
            leaving: Leaving(watch),
        }
    }
}

impl<B: http_body::Body> http_body::Body for Outgoing<B> {
    type Data = Piece<B::Data>;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, B::Error>>> {
        match self.project().body.project() {
            BodyProjection::Served { body } => body
                .poll_frame(context)
                .map_ok(|frame| frame.map_data(Piece::Served)),
            BodyProjection::Text { text } => {
                let piece = text.take().map(|text| Piece::Text(text.as_bytes()));
                Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Body::Served { body } => body.is_end_stream(),
            Body::Text { text } => text.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Body::Served { body } => body.size_hint(),
            Body::Text { text } => SizeHint::with_exact(text.map_or(0, |text| text.len() as u64)),
        }
    }
}

impl<D: Buf> Buf for Piece<D> {
    fn remaining(&self) -> usize {
        match self {
            Self::Served(data) => data.remaining(),
            Self::Text(text) => text.len(),
        }
    }

    fn chunk(&self) -> &[u8] {
        match self {
            Self::Served(data) => data.chunk(),
            Self::Text(text) => text,
        }
    }

    fn chunks_vectored<'a>(&'a self, into: &mut [IoSlice<'a>]) -> usize {
        match self {
            Self::Served(data) => data.chunks_vectored(into),
            Self::Text(text) => text.chunks_vectored(into),
        }
    }

    fn advance(&mut self, count: usize) {
        match self {
            Self::Served(data) => data.advance(count),
            Self::Text(text) => text.advance(count),
        }
    }
}

/// hyper drops an answer's body when it holds all of it; what remains is to write that out.
struct Leaving(Arc<Watch>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.step(Phase::Working, Phase::Answered);
    }
}
