//! Whether the server can do its work.

use crate::support::{Fault, Fixture};

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

#[tokio::test]
async fn an_application_that_embeds_the_server_has_its_own() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.get("/healthz").await.status, 404);
}
