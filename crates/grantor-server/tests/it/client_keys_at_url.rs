//! Clients whose keys are at a URL (RFC 7591 section 2, `jwks_uri`).

use grantor_jose::{Algorithm, Key};

use crate::support::assertion::{Signing, client, keys_of};
use crate::support::{Reply, Web};

fn key(algorithm: Algorithm) -> Key {
    Key::generate(algorithm).unwrap()
}

#[track_caller]
fn is_refused(reply: &Reply) {
    reply.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn keys_at_a_url_are_fetched_and_again_for_a_new_one() {
    let web = Web::new();
    let (first, second) = (key(Algorithm::Es256), key(Algorithm::EdDsa));
    let url = "https://client.example/keys.json";
    let serve = |key: &Key| web.serve(url, 200, keys_of([key]).document().to_string(), None);
    serve(&first);
    let fixture = web.fixture().await;
    let new = client("signing").with_private_key_jwt_at(url.parse().unwrap());
    fixture.clients.add(new).await.unwrap();
    let by = |key: Key| Signing {
        id: "signing".to_owned(),
        key,
    };
    let (old, new) = (by(first), by(second));
    let ask = async |app: &Signing| app.token(&fixture, &app.assertion(&fixture)).await;
    ask(&old).await.assert_ok();
    is_refused(&ask(&new).await);
    serve(&new.key);
    fixture.clock.advance(60);
    ask(&new).await.assert_ok();
    is_refused(&ask(&old).await);
    let insecure = client("other").with_private_key_jwt_at("http://a.example/".parse().unwrap());
    assert!(insecure.problems().iter().any(|it| it.contains("https")));
}

/// Attack 20: a client's keys at an address of the server's own network (CVE-2020-10770).
#[tokio::test]
async fn keys_at_a_private_address_are_never_fetched() {
    let web = Web::new();
    let fixture = web.fixture().await;
    let url = "https://10.0.0.1/keys.json".parse().unwrap();
    let new = client("signing").with_private_key_jwt_at(url);
    fixture.clients.add(new).await.unwrap();
    let app = Signing {
        id: "signing".to_owned(),
        key: key(Algorithm::Es256),
    };
    let reply = app.token(&fixture, &app.assertion(&fixture)).await;
    reply.assert_error(401, "invalid_client");
    assert_eq!(web.fetched(), 0);
}

/// A host that is down, or that answers with something else than keys, is nothing that a client can repair
/// by registering again, and nothing that makes its assertion good.
#[tokio::test]
async fn keys_that_cannot_be_had_now_are_tried_later() {
    let web = Web::new();
    let fixture = web.fixture().await;
    let app = Signing {
        id: "signing".to_owned(),
        key: key(Algorithm::Es256),
    };
    let url = "https://client.example/keys.json";
    let new = client("signing").with_private_key_jwt_at(url.parse().unwrap());
    fixture.clients.add(new).await.unwrap();
    let assertion = app.assertion(&fixture);
    let down = app.token(&fixture, &assertion).await;
    down.assert_error(503, "temporarily_unavailable");
    assert!(down.headers.contains_key(http::header::RETRY_AFTER));
    for (status, body) in [(500, ""), (404, ""), (200, "<html>"), (200, "{}")] {
        web.serve(url, status, body, None);
        fixture.clock.advance(30);
        let (code, error) = match status {
            500 => (503, "temporarily_unavailable"),
            _ => (401, "invalid_client"),
        };
        let reply = app.token(&fixture, &app.assertion(&fixture)).await;
        reply.assert_error(code, error);
    }
    let keys = keys_of([&app.key]).document().to_string();
    web.serve(url, 200, keys, None);
    // The host is left alone for a while after a failure.
    let asked = web.fetched();
    let early = app.token(&fixture, &app.assertion(&fixture)).await;
    early.assert_error(401, "invalid_client");
    assert_eq!(web.fetched(), asked);
    fixture.clock.advance(30);
    app.token(&fixture, &app.assertion(&fixture))
        .await
        .assert_ok();
    // The keys that are there are used while the host is down again.
    web.go_down();
    fixture.clock.advance(20 * 60);
    app.token(&fixture, &app.assertion(&fixture))
        .await
        .assert_ok();
}

/// A stranger who invents keys makes the server ask once in a while, not with each request.
#[tokio::test]
async fn unknown_keys_are_asked_for_once_in_a_while() {
    let web = Web::new();
    let fixture = web.fixture().await;
    let url = "https://client.example/keys.json";
    let own = key(Algorithm::Es256);
    web.serve(url, 200, keys_of([&own]).document().to_string(), None);
    let new = client("signing").with_private_key_jwt_at(url.parse().unwrap());
    fixture.clients.add(new).await.unwrap();
    for _ in 0..5 {
        let stranger = Signing {
            id: "signing".to_owned(),
            key: key(Algorithm::EdDsa),
        };
        is_refused(
            &stranger
                .token(&fixture, &stranger.assertion(&fixture))
                .await,
        );
    }
    assert_eq!(web.fetched(), 1);
    fixture.clock.advance(30);
    for _ in 0..5 {
        let stranger = Signing {
            id: "signing".to_owned(),
            key: key(Algorithm::EdDsa),
        };
        is_refused(
            &stranger
                .token(&fixture, &stranger.assertion(&fixture))
                .await,
        );
    }
    assert_eq!(web.fetched(), 2);
}
