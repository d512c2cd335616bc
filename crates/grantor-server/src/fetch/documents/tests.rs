//! Documents that are fetched, kept and given up, on a clock of the test.

use std::sync::atomic::{AtomicU64, Ordering};

use grantor_testkit::{FakeClock, environment};
use tokio::sync::Semaphore;

use super::*;

const FRESHNESS: Freshness = Freshness {
    least: Duration::from_secs(60),
    most: Duration::from_secs(1000),
    unsaid: Duration::from_secs(300),
    cooldown: Duration::from_secs(5),
};
const URL: &str = "https://app.example/client.json";

struct Setup {
    clock: FakeClock,
    documents: Documents<u64>,
    fetched: Arc<AtomicU64>,
}

impl Setup {
    fn new() -> Self {
        let clock = FakeClock::new();
        Self {
            documents: Documents::new(environment(&clock), FRESHNESS),
            clock,
            fetched: Arc::default(),
        }
    }

    /// The number of the attempt that the document came from.
    async fn get(&self, answer: Result<Option<u64>, FetchError>) -> Result<u64, FetchError> {
        let fetched = Arc::clone(&self.fetched);
        let got = self.documents.get(URL, move || async move {
            let number = fetched.fetch_add(1, Ordering::SeqCst) + 1;
            answer.map(|said| (number, said.map(Duration::from_secs)))
        });
        got.await.map(|value| *value)
    }

    fn advance(&self, secs: u64) {
        self.clock.advance(Duration::from_secs(secs));
    }
}

#[tokio::test]
async fn an_answer_says_how_long_it_is_kept_within_bounds() {
    for (said, kept) in [
        (None, 300),
        (Some(0), 60),
        (Some(100), 100),
        (Some(1_000_000), 1000),
    ] {
        let setup = Setup::new();
        assert_eq!(setup.get(Ok(said)).await.unwrap(), 1);
        setup.advance(kept - 1);
        assert_eq!(setup.get(Ok(said)).await.unwrap(), 1, "{said:?}");
        setup.advance(1);
        assert_eq!(setup.get(Ok(said)).await.unwrap(), 2, "{said:?}");
    }
}

/// CIMD section 4.4: error responses and malformed documents are not cached. The host has a rest.
#[tokio::test]
async fn a_failure_is_forgotten_after_a_cooldown() {
    let setup = Setup::new();
    for _ in 0..3 {
        assert!(setup.get(Err(FetchError::Status(404))).await.is_err());
    }
    assert_eq!(setup.fetched.load(Ordering::SeqCst), 1);
    setup.advance(5);
    assert_eq!(setup.get(Ok(None)).await.unwrap(), 2);
}

#[tokio::test]
async fn a_document_that_is_gone_is_not_used_again() {
    let setup = Setup::new();
    assert_eq!(setup.get(Ok(None)).await.unwrap(), 1);
    setup.advance(300);
    assert!(setup.get(Err(FetchError::Status(404))).await.is_err());
    assert!(setup.get(Ok(None)).await.is_err());
    setup.advance(5);
    assert_eq!(setup.get(Ok(None)).await.unwrap(), 3);
}

#[tokio::test]
async fn of_many_who_ask_at_once_one_fetches() {
    let setup = Setup::new();
    let gate = Arc::new(Semaphore::new(0));
    let get = || {
        let (fetched, gate) = (Arc::clone(&setup.fetched), Arc::clone(&gate));
        setup.documents.get(URL, move || async move {
            fetched.fetch_add(1, Ordering::SeqCst);
            let _permit = gate.acquire().await.unwrap();
            Ok((7, None))
        })
    };
    let all = futures_util::future::join_all((0..10).map(|_| get()));
    let open = async { gate.add_permits(1) };
    let (all, ()) = tokio::join!(all, open);
    assert!(all.into_iter().all(|got| *got.unwrap() == 7));
    assert_eq!(setup.fetched.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn urls_that_fail_do_not_crowd_out_documents() {
    let setup = Setup::new();
    assert_eq!(setup.get(Ok(None)).await.unwrap(), 1);
    for n in 0..2 * CAPACITY.get() {
        let url = format!("https://flood.example/{n}");
        let failed = setup
            .documents
            .get(&url, || async { Err(FetchError::TooSlow) });
        assert!(failed.await.is_err());
    }
    assert_eq!(setup.get(Ok(None)).await.unwrap(), 1);
}

/// An attempt that is crowded out where no runtime drives it takes nothing with it.
#[test]
fn an_attempt_that_is_dropped_leaves_the_table_usable() {
    let setup = Setup::new();
    let waiting = |n: usize| {
        let url = format!("https://slow.example/{n}");
        setup
            .documents
            .find(&url, std::future::pending::<Fetched<u64>>)
    };
    for n in 0..=CAPACITY.get() {
        drop(waiting(n));
    }
    let first = setup
        .documents
        .find(URL, std::future::pending::<Fetched<u64>>);
    assert!(matches!(first, Found::Flight(_)));
}

/// A document that was refused for what others fetch is not left alone for it.
#[tokio::test]
async fn a_full_host_leaves_no_failure_behind() {
    let setup = Setup::new();
    assert!(setup.get(Err(FetchError::TooMany)).await.is_err());
    assert!(!setup.documents.is_held(URL));
    assert_eq!(setup.get(Ok(None)).await.unwrap(), 2);
    assert!(setup.documents.is_held(URL));
}
