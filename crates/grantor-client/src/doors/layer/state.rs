//! The states of a request through the layer.

use grantor_core::BoxFuture;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::replay::Replay;
use crate::error::Error;
use crate::request::attempt::reaction::Reaction;
use crate::request::attempt::{Attempt, Observed};

pin_project! {
    // The slow ways are boxed, so that the future is small.
    #[project = StateProjection]
    pub(super) enum State<S, B, F, R> {
        /// There is no token yet.
        Waiting { waiting: Option<Box<Waiting<S, B>>> },
        /// The service is at it.
        Sent { #[pin] future: F, attempt: Attempt, resend: Option<Box<Copy<S, B>>> },
        /// The token was rejected, and another is looked for.
        Rejected { rejected: Option<Box<Rejected<S, B, R>>> },
        /// The service is made ready for another try.
        Again { attempt: Attempt, resend: Option<Box<Copy<S, B>>> },
        Failed { error: Option<Error> },
    }
}

/// A request without its body, prepared.
pub(super) type Prepared = Result<(Attempt, Request<()>), Error>;

pub(super) struct Waiting<S, B> {
    pub(super) prepared: BoxFuture<'static, Prepared>,
    pub(super) body: B,
    pub(super) service: S,
    pub(super) sending: Sending,
}

/// Says whether the service was made ready for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sending {
    /// It was, by the caller.
    First,
    Again,
}

pub(super) struct Rejected<S, B, R> {
    pub(super) observed: BoxFuture<'static, Observed>,
    pub(super) response: Response<R>,
    pub(super) resend: Option<Box<Copy<S, B>>>,
}

/// The parts that another try needs.
pub(super) struct Copy<S, B> {
    pub(super) service: S,
    pub(super) request: Request<B>,
}

impl<S: Clone, Q> Copy<S, Q> {
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

impl<S, B, F, R> State<S, B, F, R> {
    pub(super) fn waiting(
        prepared: impl Future<Output = Prepared> + Send + 'static,
        body: B,
        service: S,
        sending: Sending,
    ) -> Self {
        Self::Waiting {
            waiting: Some(Box::new(Waiting {
                prepared: Box::pin(prepared),
                body,
                service,
                sending,
            })),
        }
    }
}

impl<S, Q, R> State<S, Q, S::Future, R>
where
    S: Service<Request<Q>> + Clone,
{
    /// Calls a service that is ready.
    pub(super) fn send<P: Replay<B, Body = Q>, B>(
        attempt: Attempt,
        request: Request<Q>,
        mut service: S,
    ) -> Self {
        let resend = Copy::new::<P, B>(&attempt, &request, &service);
        Self::Sent {
            future: service.call(request),
            attempt,
            resend,
        }
    }
}

impl<S, B, R> Rejected<S, B, R> {
    #[cold]
    pub(super) fn new(
        reaction: Reaction,
        response: Response<R>,
        resend: Option<Box<Copy<S, B>>>,
    ) -> Box<Self> {
        Box::new(Self {
            observed: Box::pin(reaction.carry_out()),
            response,
            resend,
        })
    }
}
