//! Whether the server can do its work.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{Clock, Issuer};
use grantor_server::Server;
use grantor_server::grant_type::ClientCredentials;
use grantor_store::{MasterKey, MemoryStore, Namespace, Stores};
use grantor_testkit::store::{FaultyStore, StoreFault};
use grantor_testkit::{FakeClock, Waits, environment};
use http::Request;
use http_body_util::Full;

use crate::support::{Fault, Fixture, ISSUER, send};

#[tokio::test]
async fn health_is_that_of_the_stores() {
    let fixture = Fixture::with(|config| config.health_endpoint = true).await;
    let answer = fixture.get("/healthz").await;
    assert_eq!(answer.assert_ok().member("status"), "ok");
    assert_eq!(answer.json()["store_rolled_back"], false);
    assert_eq!(answer.header(http::header::CACHE_CONTROL), "no-store");
    fixture.store.set(Fault::Down);
    // What was found holds for a second.
    fixture.get("/healthz").await.assert_ok();
    fixture.clock.advance(1);
    let answer = fixture.get("/healthz").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.member("status"), "unavailable");
    let text = answer.text().to_owned();
    assert!(!text.contains("store failed") && text.len() < 100, "{text}");
}

/// A database that another program has locked answers after seconds, and a supervisor would not wait.
#[tokio::test]
async fn a_store_that_does_not_answer_within_a_second_is_not_healthy() {
    let clock = FakeClock::new();
    clock.set_waits(Waits::MoveTheClock);
    let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new())));
    let shared = Arc::<FaultyStore>::clone(&store);
    let stores = Stores::new(shared, Namespace::new(ISSUER), environment(&clock));
    let stores = stores.seal_under(MasterKey::from_bytes([7; 32]).sealing_key());
    let builder = Server::builder(Issuer::parse(ISSUER).unwrap(), stores)
        .without_default_grant_types()
        .grant_type(ClientCredentials)
        .configure(|config| config.health_endpoint = true);
    let server = builder.build().await.unwrap();
    let ask = async || {
        let began = clock.elapsed();
        let request = Request::get("/healthz").body(Full::<Bytes>::default());
        let answer = send(&server, request.unwrap()).await;
        (answer.status.as_u16(), clock.elapsed() - began)
    };
    store.set(StoreFault::SilentHealth);
    assert_eq!(ask().await, (503, Duration::from_secs(1)));
    // What was found holds for a second, in which nobody waits.
    assert_eq!(ask().await, (503, Duration::ZERO));
    store.set(StoreFault::None);
    clock.advance(Duration::from_secs(1));
    assert_eq!(ask().await, (200, Duration::ZERO));
}

#[tokio::test]
async fn an_application_that_embeds_the_server_has_its_own() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.get("/healthz").await.status, 404);
}
