//! Waiting for a future on a thread without a runtime.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use super::worker;
use crate::error::Error;

/// Waits for a future on this thread, without a runtime. It must not need one, as none of those do
/// that wait for the manager's thread.
///
/// # Errors
/// Those of the future; and this is a manager's thread, which would wait for itself.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let mut future = pin!(future);
    if let Some(output) = at_once(future.as_mut()) {
        return output;
    }
    let waker = waker();
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// Like [`block_on`], but not longer than `limit`: none, if that was too short.
#[cfg(feature = "blocking")]
pub(crate) fn block_on_until<T>(
    limit: Duration,
    future: impl Future<Output = Result<T, Error>>,
) -> Option<Result<T, Error>> {
    let mut future = pin!(future);
    at_once(future.as_mut()).or_else(|| block_on_for(limit, future))
}

/// Polls a future once, without a waker, which costs an allocation: mostly it is ready at once. If
/// it is not, and this is a manager's thread, returns the error that this thread may not wait.
fn at_once<T>(
    future: Pin<&mut impl Future<Output = Result<T, Error>>>,
) -> Option<Result<T, Error>> {
    let mut at_once = Context::from_waker(Waker::noop());
    if let Poll::Ready(output) = future.poll(&mut at_once) {
        return Some(output);
    }
    worker::on_worker_thread().then(|| {
        Err(Error::configuration(
            "a callback of the tokens can't wait for tokens: its thread is the one that renews them",
        ))
    })
}

/// Waits for a future on this thread, not longer than `limit`.
pub(crate) fn block_on_for<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    // Longer than anybody waits, where the clock goes no further.
    let until = Instant::now().checked_add(limit);
    let mut future = pin!(future);
    let waker = waker();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        match until {
            Some(until) => {
                std::thread::park_timeout(until.checked_duration_since(Instant::now())?);
            }
            None => std::thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn waker() -> Waker {
    Waker::from(Arc::new(Unpark(std::thread::current())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wakes_when_another_thread_is_done() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || sender.send(7));
        let waited = block_on(async { Ok(receiver.await) });
        assert_eq!(waited.unwrap(), Ok(7));
        assert_eq!(thread.join().unwrap(), Ok(()));
    }

    #[test]
    fn gives_up_at_the_limit() {
        let never = std::future::pending::<()>();
        assert_eq!(block_on_for(Duration::from_millis(1), never), None);
    }
}
