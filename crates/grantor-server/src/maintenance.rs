//! The upkeep of a server's stores, whether requests come or not.

use std::time::Duration;

use grantor_store::{Stores, StoresMaintenance};
use tokio::time::MissedTickBehavior;

use crate::server::Server;

/// How often a server maintains its stores.
const INTERVAL: Duration = Duration::from_secs(60);

impl Server {
    /// Has its stores do what they have to do now and then: delete records that have expired, give
    /// room back. Findings and failures are logged under the target `grantor::audit`, each once.
    ///
    /// [`keep_maintained`](Self::keep_maintained) calls it once a minute.
    pub async fn maintain(&self) -> StoresMaintenance {
        maintain(&self.0.state.services.stores).await
    }

    /// Maintains its stores now and once a minute, until the future is dropped. It needs Tokio's
    /// timers:
    ///
    /// ```
    /// # async fn run(server: grantor_server::Server) {
    /// let upkeep = tokio::spawn(server.keep_maintained());
    /// // Serve, and then:
    /// upkeep.abort();
    /// # }
    /// ```
    pub fn keep_maintained(&self) -> impl Future<Output = ()> + Send + use<> {
        run(self.0.state.services.stores.clone(), INTERVAL)
    }
}

/// Maintains `stores` now and after each `interval`, until it is dropped.
async fn run(stores: Stores, interval: Duration) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        maintain(&stores).await;
    }
}

/// Each notice is one event, and so is a failure. The next call repeats work that failed.
async fn maintain(stores: &Stores) -> StoresMaintenance {
    let maintained = stores.maintain().await;
    for notice in &maintained.notices {
        tracing::warn!(target: "grantor::audit", "{notice}");
    }
    for failure in &maintained.failures {
        tracing::error!(
            target: "grantor::audit",
            store = failure.store,
            error = &failure.error as &dyn std::error::Error,
            "a store could not be maintained; the next try is in a minute"
        );
    }
    let times = &maintained.batch_times;
    tracing::debug!(
        target: "grantor::audit",
        deleted = maintained.deleted,
        batches = times.count(),
        batch_p50 = ?times.quantile(500).unwrap_or_default(),
        batch_p999 = ?times.quantile(999).unwrap_or_default(),
        "stores maintained"
    );
    maintained
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::path::Path;
    use std::sync::Arc;

    use bytes::Bytes;
    use grantor_core::BoxFuture;
    use grantor_store::{
        Applied, Capabilities, Entry, Error, Expect, Key, Maintenance, MemoryStore, Moment,
        Namespace, Put, PutOutcome, RemoveOutcome, Store, Version,
    };
    use grantor_store_sqlite::{SqliteOptions, SqliteStore};
    use grantor_testkit::{FakeClock, environment};
    use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    /// A store in memory that reports each call of `maintain`, and may fail it.
    #[derive(Debug)]
    struct Watched {
        store: MemoryStore,
        calls: UnboundedSender<()>,
        fails: bool,
    }

    impl Store for Watched {
        fn capabilities(&self) -> Capabilities {
            self.store.capabilities()
        }

        fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
            self.store.get(key)
        }

        fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
            self.store.put(put)
        }

        fn remove<'a>(
            &'a self,
            key: &'a Key,
            expect: Expect,
        ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
            self.store.remove(key, expect)
        }

        fn maintain(&self, moment: Moment) -> BoxFuture<'_, Result<Maintenance, Error>> {
            self.calls.send(()).unwrap();
            match self.fails {
                true => {
                    Box::pin(async { Err(Error::unavailable("the disk is full", Applied::No)) })
                }
                false => self.store.maintain(moment),
            }
        }
    }

    fn stores(store: Arc<dyn Store>, clock: &FakeClock) -> Stores {
        Stores::new(store, Namespace::new("t"), environment(clock))
    }

    /// The log of `work`.
    fn logged(directory: &Path, work: impl Future<Output = ()>) -> String {
        let path = directory.join("log");
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(Arc::new(File::create(&path).unwrap()))
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build().unwrap().block_on(work);
        drop(guard);
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn an_idle_server_maintains_again_and_again_also_after_a_failure() {
        for fails in [false, true] {
            let directory = tempfile::tempdir().unwrap();
            let (calls, mut called) = unbounded_channel();
            let store = Arc::new(Watched {
                store: MemoryStore::new(),
                calls,
                fails,
            });
            let upkeep = run(stores(store, &FakeClock::new()), Duration::from_millis(1));
            let log = logged(directory.path(), async {
                tokio::select! {
                    () = upkeep => panic!("the upkeep ended"),
                    () = async { for _ in 0..3 { called.recv().await.unwrap() } } => {}
                }
            });
            assert_eq!(log.contains("ERROR grantor::audit"), fails, "{log}");
            assert_eq!(log.contains("the disk is full"), fails, "{log}");
        }
    }

    fn sqlite(directory: &Path) -> Arc<SqliteStore> {
        // The file is gone after the test: nothing has to reach the disk.
        let options = SqliteOptions::default().danger_may_lose_last_commits();
        Arc::new(options.open(directory.join("grantor.db")).unwrap())
    }

    #[test]
    fn an_idle_server_sweeps_and_gives_room_back() {
        let directory = tempfile::tempdir().unwrap();
        let (store, clock) = (sqlite(directory.path()), FakeClock::new());
        let stores = stores(store.clone(), &clock);
        let database = directory.path().join("grantor.db");
        let size = || std::fs::metadata(&database).unwrap().len();
        let (mut full, mut swept) = (0, 0);
        let log = logged(directory.path(), async {
            for number in 0..300_u32 {
                let put = Put {
                    key: Key::from_bytes(&number.to_be_bytes()).unwrap(),
                    value: Bytes::from(vec![7; 20_000]),
                    version: Version(stores.environment().random_bytes()),
                    expires_at: Some(stores.environment().now() + Duration::from_secs(10)),
                    expect: Expect::Absent,
                };
                assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
            }
            maintain(&stores).await;
            full = size();
            for _ in 0..5 {
                clock.advance(INTERVAL);
                maintain(&stores).await;
            }
            swept = size();
        });
        assert!(full > 6_000_000, "{full}");
        assert!(swept < full / 4, "{swept} of {full}");
        assert!(log.contains("DEBUG grantor::audit"), "{log}");
    }

    #[test]
    fn a_clock_that_jumps_is_an_event() {
        let directory = tempfile::tempdir().unwrap();
        let clock = FakeClock::new();
        let stores = stores(sqlite(directory.path()), &clock);
        let log = logged(directory.path(), async {
            maintain(&stores).await;
            clock.jump_to(stores.environment().now() + DAY * 60);
            maintain(&stores).await;
            maintain(&stores).await;
        });
        assert_eq!(log.matches("WARN grantor::audit").count(), 1, "{log}");
        assert_eq!(log.matches("the clock jumped from").count(), 1, "{log}");
    }
}
