//! The choice whether a rejected request can be sent once more.

use std::error::Error;

use http::Request;
use http_body::Body;

use super::replay_body::ReplayBody;

/// How the layer treats bodies, so that a rejected request can be sent once more: [`NoReplay`],
/// [`CloneReplay`] or [`BufferReplay`]. There are no others.
pub trait Replay<B>: Clone + sealed::Sealed {
    /// The body that the service behind the layer gets.
    type Body;

    #[doc(hidden)]
    fn take(&self, request: Request<B>) -> Request<Self::Body>;

    /// A copy to be sent later, if there can be one.
    #[doc(hidden)]
    fn copy(request: &Request<Self::Body>) -> Option<Request<Self::Body>>;

    /// Makes the copy the one that is sent, and returns whether it still has the whole body.
    #[doc(hidden)]
    fn take_over(copy: &Request<Self::Body>) -> bool;
}

/// No request is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoReplay;

/// A clone of each request is kept until its answer is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CloneReplay;

/// Records a body while it is sent, up to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BufferReplay {
    limit: usize,
}

impl BufferReplay {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit }
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "so that nobody else implements it")]
    pub trait Sealed {}

    impl Sealed for super::NoReplay {}
    impl Sealed for super::CloneReplay {}
    impl Sealed for super::BufferReplay {}
}

impl<B> Replay<B> for NoReplay {
    type Body = B;

    fn take(&self, request: Request<B>) -> Request<B> {
        request
    }

    fn copy(_: &Request<B>) -> Option<Request<B>> {
        None
    }

    fn take_over(_: &Request<B>) -> bool {
        false
    }
}

impl<B: Clone> Replay<B> for CloneReplay {
    type Body = B;

    fn take(&self, request: Request<B>) -> Request<B> {
        request
    }

    fn copy(request: &Request<B>) -> Option<Request<B>> {
        Some(request.clone())
    }

    fn take_over(_: &Request<B>) -> bool {
        true
    }
}

impl<B> Replay<B> for BufferReplay
where
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    type Body = ReplayBody<B>;

    fn take(&self, request: Request<B>) -> Request<ReplayBody<B>> {
        request.map(|body| ReplayBody::new(body, self.limit))
    }

    fn copy(request: &Request<ReplayBody<B>>) -> Option<Request<ReplayBody<B>>> {
        let mut copy = Request::new(request.body().copy());
        *copy.method_mut() = request.method().clone();
        *copy.uri_mut() = request.uri().clone();
        *copy.version_mut() = request.version();
        *copy.headers_mut() = request.headers().clone();
        *copy.extensions_mut() = request.extensions().clone();
        Some(copy)
    }

    fn take_over(copy: &Request<ReplayBody<B>>) -> bool {
        copy.body().take_over()
    }
}
