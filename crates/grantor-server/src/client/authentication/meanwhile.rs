//! Something else that is done while a store is waited for.

use std::future::pending;
use std::mem::replace;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use grantor_core::BoxFuture;

/// What else there is to do, if anything.
pub(crate) type Meanwhile<'a> = &'a (dyn Fn() -> Option<BoxFuture<'a, ()>> + Sync);

/// The outcome of `first`. If it has none at once, `meanwhile` is done at the same time.
///
/// A function that is async would keep its arguments twice, in the future of every request.
pub(super) struct WithMeanwhile<'f, 'm, T> {
    pub(super) first: BoxFuture<'f, T>,
    pub(super) meanwhile: Option<Meanwhile<'m>>,
}

impl<'f, 'm: 'f, T: Send + 'f> Future for WithMeanwhile<'f, 'm, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        // Most clients are cached.
        if let Poll::Ready(output) = self.first.as_mut().poll(cx) {
            return Poll::Ready(output);
        }
        if let Some(second) = self.meanwhile.take().and_then(|meanwhile| meanwhile()) {
            let first = replace(&mut self.first, Box::pin(pending()));
            self.first = Box::pin(async { tokio::join!(first, second).0 });
            return Poll::Ready(ready!(self.first.as_mut().poll(cx)));
        }
        Poll::Pending
    }
}
