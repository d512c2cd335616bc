//! A connection that all requests share.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;

/// The place of a connection that all requests share, made when it is asked for and again after it
/// broke. A request that finds it takes no lock.
pub struct SharedConnection<C> {
    current: ArcSwapOption<C>,
    /// Held by who connects: the others wait for it.
    connecting: Mutex<()>,
}

/// A connection that knows whether it is usable.
pub trait IsOpen {
    /// Returns whether it takes requests.
    fn is_open(&self) -> bool;
}

impl<C: IsOpen> SharedConnection<C> {
    /// The connection, if there is one that is open.
    #[must_use]
    pub fn current(&self) -> Option<Arc<C>> {
        self.current.load_full().filter(|open| open.is_open())
    }

    /// The connection; `connect` makes one if there is none.
    ///
    /// # Errors
    /// Those of `connect`. The next request tries it again.
    pub async fn get_or_connect<E>(
        &self,
        connect: impl Future<Output = Result<C, E>>,
    ) -> Result<Arc<C>, E> {
        let _connecting = self.connecting.lock().await;
        if let Some(open) = self.current() {
            return Ok(open);
        }
        let opened = Arc::new(connect.await?);
        self.current.store(Some(Arc::clone(&opened)));
        Ok(opened)
    }

    /// The next request makes a new connection, unless `broken` was replaced already.
    pub fn forget(&self, broken: &Arc<C>) {
        self.current.compare_and_swap(broken, None);
    }
}

impl<C> Default for SharedConnection<C> {
    fn default() -> Self {
        Self {
            current: ArcSwapOption::empty(),
            connecting: Mutex::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;

    struct Connection(usize, AtomicBool);

    impl IsOpen for Connection {
        fn is_open(&self) -> bool {
            self.1.load(Ordering::Relaxed)
        }
    }

    #[tokio::test]
    async fn one_is_made_for_all_and_another_one_after_it_broke() {
        let (shared, made) = (SharedConnection::default(), AtomicUsize::new(0));
        let connect = async || {
            tokio::task::yield_now().await;
            let number = made.fetch_add(1, Ordering::Relaxed);
            Ok::<_, ()>(Connection(number, AtomicBool::new(true)))
        };
        let get = || shared.get_or_connect(connect());
        let (one, other) = tokio::join!(get(), get());
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!((one.0, other.0), (0, 0));
        assert_eq!(shared.current().unwrap().0, 0);

        one.1.store(false, Ordering::Relaxed);
        assert!(shared.current().is_none(), "it is closed");
        assert_eq!(get().await.unwrap().0, 1);
        shared.forget(&one);
        let current = shared.current().unwrap();
        assert_eq!(current.0, 1, "another one is there");
        shared.forget(&current);
        assert!(shared.current().is_none());
    }

    #[tokio::test]
    async fn a_failure_leaves_nothing() {
        let shared = SharedConnection::<Connection>::default();
        let failed = shared.get_or_connect(async { Err("nobody") }).await;
        assert!(failed.is_err_and(|error| error == "nobody"));
        assert!(shared.current().is_none());
    }
}
