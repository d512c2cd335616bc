//! The future that the protected service returns.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use grantor_core::BoxFuture;
use http::Response;
use pin_project_lite::pin_project;

pin_project! {
    /// The answer of [`Protected`](super::Protected).
    ///
    /// It allocates only where keys, metadata or an introspection have to be fetched first.
    pub struct ResponseFuture<F, R, E> {
        #[pin]
        state: State<F, R, E>,
    }
}

pin_project! {
    #[project = Projected]
    enum State<F, R, E> {
        Refused { answer: Option<Response<R>> },
        Inner { #[pin] future: F },
        Verifying { future: BoxFuture<'static, Result<Response<R>, E>> },
    }
}

impl<F, R, E> ResponseFuture<F, R, E> {
    pub(super) fn refused(answer: Response<R>) -> Self {
        let answer = Some(answer);
        Self {
            state: State::Refused { answer },
        }
    }

    pub(super) fn inner(future: F) -> Self {
        Self {
            state: State::Inner { future },
        }
    }

    pub(super) fn verifying(
        future: impl Future<Output = Result<Response<R>, E>> + Send + 'static,
    ) -> Self {
        let future = Box::pin(future);
        Self {
            state: State::Verifying { future },
        }
    }
}

impl<F, R, E> Future for ResponseFuture<F, R, E>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            // Polled after completion: any behaviour is allowed, this one stays pending.
            Projected::Refused { answer } => match answer.take() {
                Some(answer) => Poll::Ready(Ok(answer)),
                None => Poll::Pending,
            },
            Projected::Inner { future } => future.poll(cx),
            Projected::Verifying { future } => future.as_mut().poll(cx),
        }
    }
}

impl<F, R, E> fmt::Debug for ResponseFuture<F, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
