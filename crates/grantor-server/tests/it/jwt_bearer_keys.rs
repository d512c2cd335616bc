//! Trusted issuers whose keys are at a URL.

use grantor_jose::jwt::Typ;
use grantor_server::Server;
use grantor_testkit::FakeTransport;
use serde_json::json;
use url::Url;

use crate::support::{Fixture, Idp, WIKI, Web, trusting};

const KEYS: &str = "https://idp.example/jwks";

fn publish(web: &Web, idp: &Idp) {
    let keys: Vec<_> = idp.key.public().into_iter().collect();
    web.serve(KEYS, 200, json!({ "keys": keys }).to_string(), None);
}

fn assertion(fixture: &Fixture, idp: &Idp, jti: &str) -> String {
    let mut claims = Idp::claims(fixture);
    claims["jti"] = json!(jti);
    idp.sign(Typ::IDENTITY_ASSERTION, &claims)
}

#[tokio::test]
async fn keys_of_a_trusted_issuer_are_fetched_and_again_for_a_new_one() {
    let (web, old, new) = (Web::new(), Idp::new(), Idp::new());
    publish(&web, &old);
    let fixture = Fixture::with_idp_at(&web, KEYS).await;
    assert_eq!(web.fetched(), 0);
    let ask = async |idp: &Idp, jti: &str| {
        let assertion = assertion(&fixture, idp, jti);
        fixture.assert(WIKI, &assertion, &[]).await
    };
    ask(&old, "1").await.assert_ok();
    // Unknown keys are asked for once in a while, however many assertions name them.
    for jti in ["2", "3", "4"] {
        ask(&new, jti).await.assert_error(400, "invalid_grant");
    }
    assert_eq!(web.fetched(), 1);
    publish(&web, &new);
    fixture.clock.advance(30);
    ask(&new, "5").await.assert_ok();
    ask(&old, "6").await.assert_error(400, "invalid_grant");
    assert_eq!(web.fetched(), 2);
    // The assertion was used though its keys came from elsewhere.
    ask(&new, "5").await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn an_assertion_waits_for_keys_that_cannot_be_had_now() {
    let (web, idp) = (Web::new(), Idp::new());
    let fixture = Fixture::with_idp_at(&web, KEYS).await;
    let assertion = assertion(&fixture, &idp, "1");
    let refused = async || {
        let reply = fixture.assert(WIKI, &assertion, &[]).await;
        reply.assert_error(503, "temporarily_unavailable");
    };
    refused().await;
    for (status, body) in [(500, ""), (404, ""), (302, ""), (200, "<html>")] {
        web.serve(KEYS, status, body, None);
        fixture.clock.advance(30);
        refused().await;
    }
    publish(&web, &idp);
    fixture.clock.advance(30);
    fixture.assert(WIKI, &assertion, &[]).await.assert_ok();
    // The keys that are there are used while the host is down again.
    web.go_down();
    fixture.clock.advance(20 * 60);
    let later = self::assertion(&fixture, &idp, "2");
    fixture.assert(WIKI, &later, &[]).await.assert_ok();
}

/// Strangers name URLs too: theirs use up limits of their own.
#[tokio::test]
async fn keys_of_a_trusted_issuer_are_fetched_whatever_strangers_make_the_server_fetch() {
    let (web, idp) = (Web::new(), Idp::new());
    publish(&web, &idp);
    let fixture = Fixture::with_idp_at(&web, KEYS).await;
    let fetcher = fixture.server.fetcher().unwrap();
    let mut refused = 0;
    for n in 0..200 {
        let url = format!("https://idp.example/{n}").parse().unwrap();
        let got = fetcher.keys(&url).await;
        let error = got.unwrap_err().to_string();
        refused += usize::from(error.contains("too much is being fetched"));
    }
    assert_eq!(refused, 80);
    let assertion = assertion(&fixture, &idp, "1");
    fixture.assert(WIKI, &assertion, &[]).await.assert_ok();
}

#[tokio::test]
async fn a_server_that_could_not_fetch_the_keys_of_an_issuer_is_not_built() {
    let fixture = Fixture::new().await;
    let builder = |url: &str| {
        Server::builder(fixture.server.issuer().clone(), fixture.stores.clone())
            .without_default_grant_types()
            .grant_type(trusting(url.parse::<Url>().unwrap(), |issuer| issuer))
    };
    let error = builder(KEYS).build().await.unwrap_err().to_string();
    assert!(error.contains("idp.example"), "{error}");
    assert!(error.contains("transport_with"), "{error}");
    for url in ["http://idp.example/jwks", "https://10.0.0.1/jwks"] {
        let transport = FakeTransport::script([]).to_public_addresses();
        let builder = builder(url).transport_with(move |_| Ok(transport.clone()));
        let error = builder.build().await.unwrap_err().to_string();
        assert!(error.contains("can't fetch keys"), "{error}");
    }
    let anywhere = FakeTransport::script([]);
    let open = builder(KEYS).transport_with(move |_| Ok(anywhere.clone()));
    let error = open.build().await.unwrap_err().to_string();
    assert!(error.contains("any address"), "{error}");
}
