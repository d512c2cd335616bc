//! Time and random bytes, as arguments.

use std::fmt::Debug;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use grantor_jose::{BoxFuture, Timestamp, base64url};

/// Where times come from. The system's is in `grantor-http`, a fake one in `grantor-testkit`.
pub trait Clock: Debug + Send + Sync + 'static {
    /// Wall time. It may jump; only what is stored or sent to others uses it.
    fn now(&self) -> Timestamp;

    /// Time since an arbitrary start. Never goes back and runs on while the machine sleeps.
    fn elapsed(&self) -> Duration;

    /// A pause by this clock, if its time is not real: a fake one in tests. With `None` the pause
    /// takes real time, by the timer of the code that pauses.
    fn wait(&self, duration: Duration) -> Option<BoxFuture<'static, ()>> {
        let _ = duration;
        None
    }

    /// A short pause before a write that lost a race is tried again. A clock that does not run lets
    /// other tasks go first, and no more.
    fn retry_pause(&self, _duration: Duration) -> BoxFuture<'static, ()> {
        let mut let_others_go_first = false;
        Box::pin(poll_fn(move |context| {
            if std::mem::replace(&mut let_others_go_first, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        }))
    }
}

/// Where random bytes come from. The system's is in `grantor-http`, a seeded one in
/// `grantor-testkit`: a trait of its own beside [`Clock`], so that every test can repeat a run.
pub trait Random: Debug + Send + Sync + 'static {
    /// Fills `bytes` from a source that nobody can predict.
    fn fill(&self, bytes: &mut [u8]);
}

/// Time and randomness, handed in once at the edge.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Where times come from.
    pub clock: Arc<dyn Clock>,
    /// Where random bytes come from.
    pub random: Arc<dyn Random>,
}

impl Environment {
    /// Wall time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// `N` random bytes.
    #[must_use]
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }

    /// `N` random bytes as base64url text.
    #[must_use]
    pub fn random_text<const N: usize>(&self) -> String {
        base64url::encode(self.random_bytes::<N>())
    }
}
