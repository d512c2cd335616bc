//! One run of a future for all who want its result.

use std::fmt;

use futures_util::FutureExt;
use futures_util::future::Shared;
use grantor_core::BoxFuture;
use tokio::runtime::Handle;

use crate::spawn::spawn;

/// One run of a future that any number of tasks wait for.
///
/// In a tokio runtime it is a task of its own: it goes on when those who wait give up. Elsewhere
/// those who wait drive it.
pub struct SingleFlight<T: Clone>(Shared<BoxFuture<'static, T>>);

impl<T: Clone + Send + Sync + 'static> SingleFlight<T> {
    /// Sets off.
    pub fn start(work: impl Future<Output = T> + Send + 'static) -> Self {
        let work: BoxFuture<'static, T> = Box::pin(work);
        let shared = work.shared();
        if let Ok(runtime) = Handle::try_current() {
            drop(spawn(&runtime, Box::pin(shared.clone().map(drop))));
        }
        Self(shared)
    }

    /// Its result.
    pub async fn wait(self) -> T {
        self.0.await
    }
}

impl<T: Clone> Clone for SingleFlight<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Clone> fmt::Debug for SingleFlight<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SingleFlight(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn goes_on_when_those_who_wait_give_up() {
        let (go, gone) = oneshot::channel::<()>();
        let (arrive, arrived) = oneshot::channel::<()>();
        let flight = SingleFlight::start(async move {
            let _ = gone.await;
            let _ = arrive.send(());
        });
        let waiting = tokio::spawn(flight.clone().wait());
        waiting.abort();
        drop(flight);
        go.send(()).unwrap();
        arrived.await.unwrap();
    }

    #[test]
    fn is_driven_by_those_who_wait_where_no_runtime_is() {
        let runs = Arc::new(AtomicU32::new(0));
        let counter = runs.clone();
        let flight = SingleFlight::start(async move { counter.fetch_add(1, Ordering::SeqCst) });
        let both = futures_util::future::join(flight.clone().wait(), flight.wait());
        assert_eq!(both.now_or_never(), Some((0, 0)));
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    }
}
