//! The answer to a request through the layer, while it is waited for.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::{fmt, mem};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::error::ServiceError;
use super::replay::Replay;
use super::state::{Copy, Rejected, Sending, State, StateProjection, Waiting};
use crate::error::Error;
use crate::request::attempt::{Attempt, Observed};
use crate::tokens::Tokens;

pin_project! {
    /// The answer to a request through [`TokensService`](super::TokensService).
    pub struct ResponseFuture<S, P, B, R>
    where
        S: Service<Request<P::Body>>,
        P: Replay<B>,
    {
        #[pin]
        state: State<S, P::Body, S::Future, R>,
        policy: PhantomData<fn() -> (P, B)>,
    }
}

impl<S, P, B, R> ResponseFuture<S, P, B, R>
where
    S: Service<Request<P::Body>>,
    P: Replay<B>,
{
    #[inline]
    fn new(state: State<S, P::Body, S::Future, R>) -> Self {
        Self {
            state,
            policy: PhantomData,
        }
    }

    #[inline]
    pub(super) fn sent(
        future: S::Future,
        attempt: Attempt,
        resend: Option<Box<Copy<S, P::Body>>>,
    ) -> Self {
        Self::new(State::Sent {
            future,
            attempt,
            resend,
        })
    }

    #[cold]
    pub(super) fn waiting(tokens: Tokens, request: Request<P::Body>, service: S) -> Self {
        let (parts, body) = request.into_parts();
        let mut request = Request::from_parts(parts, ());
        let prepared = async move {
            let attempt = tokens.prepare_request(&mut request).await?;
            Ok((attempt, request))
        };
        Self::new(State::waiting(prepared, body, service, Sending::First))
    }

    #[cold]
    pub(super) fn failed(error: Error) -> Self {
        Self::new(State::Failed { error: Some(error) })
    }
}

impl<S, P, B, R> Future for ResponseFuture<S, P, B, R>
where
    S: Service<Request<P::Body>, Response = Response<R>> + Clone,
    P: Replay<B>,
{
    type Output = Result<Response<R>, ServiceError<S::Error>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProjection::Waiting { waiting } => {
                    let mut held = waiting.take().unwrap_or_else(|| polled_after_completion());
                    let Poll::Ready(prepared) = held.prepared.as_mut().poll(context) else {
                        *waiting = Some(held);
                        return Poll::Pending;
                    };
                    let (attempt, request) = prepared.map_err(ServiceError::Token)?;
                    let Waiting {
                        body,
                        service,
                        sending,
                        ..
                    } = *held;
                    let request = request.map(|()| body);
                    match sending {
                        Sending::First => State::send::<P, B>(attempt, request, service),
                        Sending::Again => State::Again {
                            attempt,
                            resend: Some(Box::new(Copy { service, request })),
                        },
                    }
                }
                StateProjection::Sent {
                    future,
                    attempt,
                    resend,
                } => {
                    let response = ready!(future.poll(context)).map_err(ServiceError::Service)?;
                    match attempt.judge(response.status(), response.headers()) {
                        None => return Poll::Ready(Ok(response)),
                        Some(reaction) => State::Rejected {
                            rejected: Some(Rejected::new(*reaction, response, resend.take())),
                        },
                    }
                }
                StateProjection::Rejected { rejected } => {
                    let mut held = rejected.take().unwrap_or_else(|| polled_after_completion());
                    let Poll::Ready(observed) = held.observed.as_mut().poll(context) else {
                        *rejected = Some(held);
                        return Poll::Pending;
                    };
                    let Rejected {
                        response, resend, ..
                    } = *held;
                    let whole = resend.filter(|copy| P::take_over(&copy.request));
                    let (Observed::Resend(resend), Some(copy)) = (observed, whole) else {
                        return Poll::Ready(Ok(response));
                    };
                    drop(response);
                    let Copy { service, request } = *copy;
                    let (parts, body) = request.into_parts();
                    let mut request = Request::from_parts(parts, ());
                    let prepared = async move {
                        let attempt = resend.prepare_request(&mut request).await?;
                        Ok((attempt, request))
                    };
                    State::waiting(prepared, body, service, Sending::Again)
                }
                StateProjection::Again { attempt, resend } => {
                    let mut copy = resend.take().unwrap_or_else(|| polled_after_completion());
                    let Poll::Ready(ready) = copy.service.poll_ready(context) else {
                        *resend = Some(copy);
                        return Poll::Pending;
                    };
                    ready.map_err(ServiceError::Service)?;
                    let Copy { service, request } = *copy;
                    let attempt = mem::replace(attempt, Attempt::untouched());
                    State::send::<P, B>(attempt, request, service)
                }
                StateProjection::Failed { error } => {
                    let error = error.take().unwrap_or_else(|| polled_after_completion());
                    return Poll::Ready(Err(ServiceError::Token(error)));
                }
            };
            state.set(next);
        }
    }
}

/// Panics, as every future does that is polled after its completion.
#[cold]
fn polled_after_completion() -> ! {
    panic!("the future was polled after its end")
}

impl<S, P, B, R> fmt::Debug for ResponseFuture<S, P, B, R>
where
    S: Service<Request<P::Body>>,
    P: Replay<B>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
