//! The service that puts a token on every request.

use std::task::{Context, Poll};
use std::{fmt, mem};

use http::{Request, Response};
use tower_service::Service;

use super::error::ServiceError;
use super::future::ResponseFuture;
use super::replay::Replay;
use super::state::Copy;
use crate::tokens::Tokens;

/// A service behind which every request carries a token. See [`Tokens::layer`].
#[derive(Clone)]
pub struct TokensService<S, P = super::NoReplay> {
    tokens: Tokens,
    inner: S,
    replay: P,
}

impl<S, P> TokensService<S, P> {
    pub(super) fn new(tokens: Tokens, inner: S, replay: P) -> Self {
        Self {
            tokens,
            inner,
            replay,
        }
    }
}

impl<S, P, B, R> Service<Request<B>> for TokensService<S, P>
where
    S: Service<Request<P::Body>, Response = Response<R>> + Clone,
    P: Replay<B>,
{
    type Response = Response<R>;
    type Error = ServiceError<S::Error>;
    type Future = ResponseFuture<S, P, B, R>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner
            .poll_ready(context)
            .map_err(ServiceError::Service)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut request = self.replay.take(request);
        match self.tokens.try_prepare(&mut request) {
            Ok(Some(attempt)) => {
                let resend = Copy::new::<P, B>(&attempt, &request, &self.inner);
                ResponseFuture::sent(self.inner.call(request), attempt, resend)
            }
            Ok(None) => {
                // The one that is ready is the one that will be called.
                let clone = self.inner.clone();
                let ready = mem::replace(&mut self.inner, clone);
                ResponseFuture::waiting(self.tokens.clone(), request, ready)
            }
            Err(error) => ResponseFuture::failed(error),
        }
    }
}

impl<S, P> fmt::Debug for TokensService<S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokensService")
            .field("tokens", &self.tokens)
            .finish_non_exhaustive()
    }
}
