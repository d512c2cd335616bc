//! For programs without an async runtime: sessions over ureq.
//!
//! They work on every thread, those of a runtime included, and need none: tokens are renewed on a
//! thread of the manager's own. (With [`Builder::spawn_on`](crate::Builder::spawn_on) it is that
//! runtime that renews; don't block its only thread.)

#[cfg(feature = "blocking")]
mod request;
#[cfg(feature = "blocking")]
mod send;
#[cfg(feature = "blocking")]
mod session;
mod tokens;

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::{Error, worker};

#[cfg(feature = "blocking")]
pub use self::request::RequestBuilder;
#[cfg(feature = "blocking")]
pub use self::session::Session;

/// Waits for a future on this thread, without a runtime. It must not need one, as none of those do
/// that wait for the manager's thread.
///
/// # Errors
/// Those of the future; and this is a manager's thread, which would wait for itself.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let mut future = pin!(future);
    // Mostly it is ready at once, and a waker costs an allocation.
    let mut at_once = Context::from_waker(Waker::noop());
    if let Poll::Ready(output) = future.as_mut().poll(&mut at_once) {
        return output;
    }
    if worker::is_here() {
        return Err(Error::configuration(
            "a callback of the tokens can't wait for tokens: its thread is the one that brings them",
        ));
    }
    let waker = waker();
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// As [`block_on`], but not longer than `limit`.
pub(crate) fn block_on_for<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let until = Instant::now() + limit;
    let mut future = pin!(future);
    let waker = waker();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        let left = until.checked_duration_since(Instant::now())?;
        std::thread::park_timeout(left);
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
