//! The loops that carry exchanges to their ends.

use std::time::Duration;

use grantor_core::Environment;
use grantor_core::exchange::{Event, Exchange, Step};

use crate::{Transport, TransportError, pause};

/// Carries an exchange to its end. Pauses by the environment's clock, and on tokio's timer if that
/// has no pauses of its own.
pub async fn drive<X: Exchange>(
    exchange: X,
    transport: &dyn Transport,
    environment: &Environment,
) -> X::Output {
    drive_with_sleep(exchange, transport, environment, |left| {
        pause(environment, left)
    })
    .await
}

/// Like [`drive`], but `pause` waits, and may come back early where nothing is to be waited for.
pub async fn drive_with_sleep<X: Exchange, P: Future<Output = ()>>(
    exchange: X,
    transport: &dyn Transport,
    environment: &Environment,
    pause: impl Fn(Duration) -> P,
) -> X::Output {
    let driven = drive_with_cause(exchange, transport, environment, pause);
    driven.await.0
}

/// Like [`drive_with_sleep`], and returns why the last request that got no answer got none.
pub async fn drive_with_cause<X: Exchange, P: Future<Output = ()>>(
    mut exchange: X,
    transport: &dyn Transport,
    environment: &Environment,
    pause: impl Fn(Duration) -> P,
) -> (X::Output, Option<TransportError>) {
    let mut event = Event::Continue;
    let mut cause = None;
    loop {
        event = match exchange.step(event, environment.clock.elapsed()) {
            Step::Send(request) => match transport.send(request).await {
                Ok(answer) => Event::Answer(answer),
                Err(error) => {
                    tracing::debug!(error = &error as &dyn std::error::Error, "no answer");
                    let failure = error.failure();
                    cause = Some(error);
                    Event::NoAnswer(failure)
                }
            },
            Step::Wait(left) => {
                pause(left).await;
                Event::Continue
            }
            Step::Done(output) => return (output, cause),
        }
    }
}

/// Carries an exchange to its end for a caller without a runtime, on a thread of its own that ends
/// with it; so it may be called from anywhere, inside a runtime too (which it then blocks).
///
/// # Errors
/// The thread or its runtime could not be started, or the exchange panicked.
pub fn drive_blocking<X>(
    exchange: X,
    transport: &dyn Transport,
    environment: &Environment,
) -> Result<X::Output, TransportError>
where
    X: Exchange + Send,
    X::Output: Send,
{
    let unsent = |error: std::io::Error| {
        TransportError::unsent("no thread can be started for the request").with_source(error)
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            Ok(runtime.block_on(drive(exchange, transport, environment)))
        });
        match thread.map_err(unsent)?.join() {
            Ok(output) => output.map_err(unsent),
            Err(_) => Err(TransportError::unknown("the exchange panicked")),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use bytes::Bytes;
    use grantor_core::exchange::NoAnswer;
    use grantor_core::{BoxFuture, Issuer, exchange::Discovery};
    use http::{Request, Response};

    use super::*;

    #[derive(Debug)]
    struct Script(Mutex<VecDeque<Result<u16, NoAnswer>>>);

    impl Script {
        fn new(answers: impl IntoIterator<Item = Result<u16, NoAnswer>>) -> Self {
            Self(Mutex::new(answers.into_iter().collect()))
        }
    }

    impl Transport for Script {
        fn send(
            &self,
            _: Request<Bytes>,
        ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
            let next = self.0.lock().unwrap().pop_front().unwrap();
            Box::pin(async move {
                match next {
                    Ok(status) => {
                        let body = Bytes::from_static(br#"{"issuer":"https://a.example"}"#);
                        Ok(Response::builder().status(status).body(body).unwrap())
                    }
                    Err(no_answer) => Err(TransportError::new(no_answer, "scripted")),
                }
            })
        }
    }

    fn discovery() -> Discovery {
        Discovery::new(Issuer::parse("https://a.example").unwrap())
    }

    #[tokio::test]
    async fn sends_until_it_is_over() {
        let transport = Script::new([Ok(404), Ok(200)]);
        let found = drive(discovery(), &transport, &crate::system()).await;
        assert_eq!(found.unwrap().issuer.as_str(), "https://a.example");
    }

    #[tokio::test]
    async fn tells_what_became_of_a_request() {
        let transport = Script::new([Err(NoAnswer::Unsent)]);
        let error = drive(discovery(), &transport, &crate::system()).await;
        assert!(error.unwrap_err().is_transient());
    }

    #[tokio::test(start_paused = true)]
    async fn waits_as_long_as_it_is_told() {
        struct Wait(bool);
        impl Exchange for Wait {
            type Output = ();
            fn step(&mut self, _: Event, _: Duration) -> Step<()> {
                if std::mem::replace(&mut self.0, true) {
                    return Step::Done(());
                }
                Step::Wait(Duration::from_secs(7))
            }
        }
        let began = tokio::time::Instant::now();
        drive(Wait(false), &Script::new([]), &crate::system()).await;
        assert_eq!(began.elapsed().as_secs(), 7);
    }

    #[test]
    fn blocks_without_a_runtime_and_within_one() {
        let found = || {
            let transport = Script::new([Ok(200)]);
            drive_blocking(discovery(), &transport, &crate::system()).unwrap()
        };
        assert!(found().is_ok());
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        assert!(runtime.unwrap().block_on(async { found() }).is_ok());
    }
}
