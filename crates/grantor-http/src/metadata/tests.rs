//! Tests of the cache of metadata.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;
use grantor_core::{BoxFuture, Clock, Timestamp};
use http::{Request, Response};

use super::*;
use crate::{SystemRandom, TransportError};

#[derive(Debug, Default)]
struct World {
    seconds: AtomicU64,
    fails: AtomicUsize,
    requests: AtomicUsize,
    /// The answer in place of metadata: status and body.
    instead: Mutex<Option<(u16, &'static str)>>,
}

#[derive(Debug, Clone)]
struct Shared(Arc<World>);

impl Clock for Shared {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.0.seconds.load(Ordering::SeqCst))
    }
}

impl Transport for Shared {
    fn send(&self, _: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async {
            self.0.requests.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            if self.0.fails.load(Ordering::SeqCst) > 0 {
                self.0.fails.fetch_sub(1, Ordering::SeqCst);
                return Err(TransportError::unsent("on purpose"));
            }
            let instead = *self.0.instead.lock().unwrap();
            let good = (200, r#"{"issuer":"https://a.example"}"#);
            let (status, body) = instead.unwrap_or(good);
            let mut response = Response::builder().status(status);
            if status == 429 {
                response = response.header("retry-after", 60);
            }
            let body = Bytes::from_static(body.as_bytes());
            Ok(response.body(body).unwrap())
        })
    }
}

fn cache() -> (Shared, MetadataCache, Issuer) {
    let world = Shared(Arc::default());
    let environment = Environment {
        clock: Arc::new(world.clone()),
        random: Arc::new(SystemRandom),
    };
    let cache = MetadataCache::new(Arc::new(world.clone()), environment);
    (world, cache, Issuer::parse("https://a.example").unwrap())
}

impl Shared {
    fn at(&self, seconds: u64) {
        self.0.seconds.store(seconds, Ordering::SeqCst);
    }

    fn fail(&self, times: usize) {
        self.0.fails.store(times, Ordering::SeqCst);
    }

    fn answers(&self, status: u16, body: &'static str) {
        *self.0.instead.lock().unwrap() = Some((status, body));
    }

    fn requests(&self) -> usize {
        self.0.requests.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn all_who_ask_at_once_share_one_request_for_an_hour() {
    let (world, cache, issuer) = cache();
    let (a, b, c) = tokio::join!(cache.get(&issuer), cache.get(&issuer), cache.get(&issuer));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    world.at(3599);
    assert!(cache.get(&issuer).await.is_ok());
    assert_eq!(world.requests(), 1);
    world.at(3600);
    assert!(cache.get(&issuer).await.is_ok());
    assert_eq!(world.requests(), 2);
    cache.forget(&issuer);
    assert!(cache.get(&issuer).await.is_ok());
    assert_eq!(world.requests(), 3);
}

#[tokio::test]
async fn a_failure_is_told_again_for_three_seconds() {
    let (world, cache, issuer) = cache();
    world.fail(1);
    assert!(cache.get(&issuer).await.is_err());
    world.at(2);
    assert!(cache.get(&issuer).await.is_err());
    assert_eq!(world.requests(), 1);
    world.at(3);
    assert!(cache.get(&issuer).await.is_ok());
}

#[tokio::test]
async fn what_was_known_outlives_a_failure() {
    let (world, cache, issuer) = cache();
    assert!(cache.get(&issuer).await.is_ok());
    world.at(3600);
    world.fail(1);
    assert!(cache.get(&issuer).await.is_ok());
    world.at(3603);
    assert!(cache.get(&issuer).await.is_ok());
    assert_eq!(world.requests(), 3);
}

#[tokio::test]
async fn what_was_known_outlives_every_answer_but_that_of_another_issuer() {
    for (status, body) in [
        (503, ""),
        (404, ""),
        (302, ""),
        (200, "<html>"),
        (200, "{}"),
        (
            200,
            r#"{"issuer":"https://a.example","token_endpoint":"http://a.example"}"#,
        ),
    ] {
        let (world, cache, issuer) = cache();
        assert!(cache.get(&issuer).await.is_ok());
        world.at(3600);
        world.answers(status, body);
        assert!(cache.get(&issuer).await.is_ok(), "{status} {body}");
        assert_eq!(world.requests(), 3);
    }
    let (world, cache, issuer) = cache();
    assert!(cache.get(&issuer).await.is_ok());
    world.at(3600);
    world.answers(200, r#"{"issuer":"https://b.example"}"#);
    let error = cache.get(&issuer).await.unwrap_err();
    assert!(error.to_string().contains("https://b.example"), "{error}");
}

#[tokio::test]
async fn nobody_asks_before_the_server_wants_that() {
    let (world, cache, issuer) = cache();
    world.answers(429, "");
    let asked = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(
        cache.get(&issuer).await.unwrap_err().retry_after(),
        asked(60)
    );
    world.at(50);
    assert_eq!(
        cache.get(&issuer).await.unwrap_err().retry_after(),
        asked(10)
    );
    assert_eq!(world.requests(), 2);
    world.at(60);
    assert!(cache.get(&issuer).await.is_err());
    assert_eq!(world.requests(), 4);
}

#[tokio::test]
async fn who_is_dropped_while_fetching_leaves_it_to_the_next() {
    let (world, cache, issuer) = cache();
    {
        let mut first = Box::pin(cache.get(&issuer));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(first.as_mut().poll(&mut context).is_pending());
    }
    assert!(cache.get(&issuer).await.is_ok());
    assert_eq!(world.requests(), 2);
}

#[tokio::test]
async fn a_full_cache_makes_room_for_one_issuer_and_keeps_the_others() {
    let (_, cache, issuer) = cache();
    for number in 0..=CACHE_CAPACITY {
        let issuer = Issuer::parse(&format!("https://{number}.example")).unwrap();
        cache.entry(&issuer);
    }
    assert_eq!(cache.lock().len(), CACHE_CAPACITY);
    cache.entry(&issuer);
    assert_eq!(cache.lock().len(), CACHE_CAPACITY);
    assert!(cache.lock().contains_key(&issuer));
}
