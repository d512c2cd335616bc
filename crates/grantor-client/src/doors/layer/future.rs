use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::{fmt, mem};

use grantor_core::BoxFuture;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::error::ServiceError;
use super::replay::Replay;
use crate::cache::slot::share::TokenShare;
use crate::error::Error;
use crate::request::attempt::{Attempt, Observed, Verdict};
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

pin_project! {
    // What takes long is boxed, so that the rest is small.
    #[project = StateProjection]
    enum State<S, B, F, R> {
        /// There is no token yet.
        Waiting { held: Option<Box<Waiting<S, B>>> },
        /// The service is at it.
        Sent { #[pin] future: F, attempt: Attempt, resend: Option<Box<Resend<S, B>>> },
        /// The token was rejected, and another is looked for.
        Rejected { rejected: Option<Box<Rejected<S, B, R>>> },
        /// The service is made ready for the second try.
        Again { attempt: Attempt, resend: Option<Box<Resend<S, B>>> },
        Failed { error: Option<Error> },
    }
}

/// A request without its body, prepared.
type Prepared = Result<(Attempt, Request<()>), Error>;

struct Waiting<S, B> {
    prepared: BoxFuture<'static, Prepared>,
    body: B,
    service: S,
}

/// The attempt that was rejected, and the token for another one, if there is to be one.
type NextToken = (Attempt, Result<Option<Arc<TokenShare>>, Error>);

struct Rejected<S, B, R> {
    next: BoxFuture<'static, NextToken>,
    response: Response<R>,
    resend: Option<Box<Resend<S, B>>>,
}

/// What a second try needs.
pub(super) struct Resend<S, B> {
    service: S,
    request: Request<B>,
}

impl<S: Clone, Q> Resend<S, Q> {
    pub(super) fn new<P: Replay<B, Body = Q>, B>(
        attempt: &Attempt,
        request: &Request<Q>,
        service: &S,
    ) -> Option<Box<Self>> {
        if !attempt.has_token() {
            return None;
        }
        let request = P::copy(request)?;
        let service = service.clone();
        Some(Box::new(Self { service, request }))
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
        resend: Option<Box<Resend<S, P::Body>>>,
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
        let held = Box::new(Waiting {
            prepared: Box::pin(prepared),
            body,
            service,
        });
        Self::new(State::Waiting { held: Some(held) })
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
                StateProjection::Waiting { held } => {
                    let mut waits = held.take().unwrap_or_else(|| polled_after_completion());
                    let Poll::Ready(prepared) = waits.prepared.as_mut().poll(context) else {
                        *held = Some(waits);
                        return Poll::Pending;
                    };
                    let (attempt, request) = prepared.map_err(ServiceError::Token)?;
                    let Waiting {
                        body, mut service, ..
                    } = *waits;
                    let request = request.map(|()| body);
                    let resend = Resend::new::<P, B>(&attempt, &request, &service);
                    State::Sent {
                        future: service.call(request),
                        attempt,
                        resend,
                    }
                }
                StateProjection::Sent {
                    future,
                    attempt,
                    resend,
                } => {
                    let response = ready!(future.poll(context)).map_err(ServiceError::Service)?;
                    match attempt.judge(response.status(), response.headers()) {
                        Verdict::Done => return Poll::Ready(Ok(response)),
                        Verdict::Rejected => {
                            let attempt = mem::replace(attempt, Attempt::untouched());
                            let resend = resend.take();
                            State::Rejected {
                                rejected: Some(Rejected::new(attempt, response, resend)),
                            }
                        }
                    }
                }
                StateProjection::Rejected { rejected } => {
                    let mut held = rejected.take().unwrap_or_else(|| polled_after_completion());
                    let Poll::Ready((attempt, next)) = held.next.as_mut().poll(context) else {
                        *rejected = Some(held);
                        return Poll::Pending;
                    };
                    let Rejected {
                        response, resend, ..
                    } = *held;
                    let Some(token) = next.map_err(ServiceError::Token)? else {
                        return Poll::Ready(Ok(response));
                    };
                    let whole = resend.filter(|resend| P::take_over(&resend.request));
                    let Some(mut resend) = whole else {
                        return Poll::Ready(Ok(response));
                    };
                    drop(response);
                    let attempt = attempt.apply_again(token, &mut resend.request);
                    State::Again {
                        attempt: attempt.map_err(ServiceError::Token)?,
                        resend: Some(resend),
                    }
                }
                StateProjection::Again { attempt, resend } => {
                    let mut held = resend.take().unwrap_or_else(|| polled_after_completion());
                    let Poll::Ready(ready) = held.service.poll_ready(context) else {
                        *resend = Some(held);
                        return Poll::Pending;
                    };
                    ready.map_err(ServiceError::Service)?;
                    let Resend {
                        mut service,
                        request,
                    } = *held;
                    State::Sent {
                        future: service.call(request),
                        attempt: mem::replace(attempt, Attempt::untouched()),
                        resend: None,
                    }
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

impl<S, B, R> Rejected<S, B, R> {
    #[cold]
    fn new(
        attempt: Attempt,
        response: Response<R>,
        resend: Option<Box<Resend<S, B>>>,
    ) -> Box<Self> {
        let may_be_sent = resend.is_some();
        let next = async move {
            let next = match attempt.reject().await {
                Observed::Resend if may_be_sent => attempt.next().await,
                _ => Ok(None),
            };
            (attempt, next)
        };
        Box::new(Self {
            next: Box::pin(next),
            response,
            resend,
        })
    }
}

/// As every future that is asked after its end.
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
