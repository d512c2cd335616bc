//! A store that was put back to an earlier state, and keys that retire.

use grantor_core::Timestamp;
use grantor_server::Server;
use grantor_site::AccountSite;
use grantor_store::{Entry, Kind, Record, kinds};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::support::{APP, Fixture, SPA, Tokens, client_request, send};

async fn next(fixture: &Fixture, tokens: &Tokens) -> Tokens {
    Tokens::of(&fixture.refresh(SPA, &tokens.refresh).await)
}

#[tokio::test]
async fn a_token_from_the_future_is_adopted_and_told_of() {
    let fixture = Fixture::new().await;
    let first = fixture.tokens(SPA).await;
    let (key, backup) = fixture.record(*b"gr").await;
    let second = next(&fixture, &first).await;
    let third = next(&fixture, &second).await;
    assert!(!fixture.server.store_rolled_back());
    fixture.put_back(key, &backup).await;

    let fourth = next(&fixture, &third).await;
    assert!(fixture.server.store_rolled_back());
    assert_eq!(fixture.server.counters().rollbacks, 1);
    // It is the immediate predecessor now, so a lost answer can be had again.
    assert_eq!(next(&fixture, &third).await.refresh, fourth.refresh);
    let fifth = next(&fixture, &fourth).await;
    assert!(fixture.is_active(&fifth.access).await);
    assert_eq!(fixture.server.counters().rollbacks, 1);
    fixture.refresh(SPA, &second.refresh).await.assert_dead();
    assert!(!fixture.is_active(&fifth.access).await);
}

#[tokio::test]
async fn it_is_adopted_too_if_the_redemption_itself_was_lost() {
    let fixture = Fixture::new().await;
    let code = fixture.code(SPA).await;
    let (key, backup) = fixture.record(*b"gr").await;
    let first = Tokens::of(&fixture.redeem(SPA, &code).await);
    fixture.put_back(key, &backup).await;
    let second = next(&fixture, &first).await;
    assert!(fixture.server.store_rolled_back());
    assert!(fixture.is_active(&second.access).await);
    // The code was redeemed before, so it is a replay.
    fixture
        .redeem(SPA, &code)
        .await
        .assert_error(400, "invalid_grant");
    fixture.refresh(SPA, &second.refresh).await.assert_dead();
}

#[tokio::test]
async fn a_token_newer_than_the_end_stays_dead() {
    let fixture = Fixture::new().await;
    let first = fixture.tokens(SPA).await;
    let (key, backup) = fixture.record(*b"gr").await;
    let third = {
        let second = next(&fixture, &first).await;
        next(&fixture, &second).await
    };
    fixture.put_back(key, &backup).await;
    fixture.revoke(SPA, &first.refresh).await.assert_ok();
    fixture.refresh(SPA, &third.refresh).await.assert_dead();
    assert!(!fixture.server.store_rolled_back());
}

#[tokio::test]
async fn a_forked_history_ends_the_grant() {
    let fixture = Fixture::new().await;
    let first = fixture.tokens(SPA).await;
    let (key, backup) = fixture.record(*b"gr").await;
    let one = next(&fixture, &first).await;
    fixture.put_back(key, &backup).await;
    let other = next(&fixture, &first).await;
    assert_ne!(one.refresh, other.refresh);
    fixture.refresh(SPA, &one.refresh).await.assert_dead();
    fixture.refresh(SPA, &other.refresh).await.assert_dead();
    assert!(!fixture.is_active(&other.access).await);
}

#[tokio::test]
async fn so_does_the_predecessor_of_another_history() {
    let fixture = Fixture::new().await;
    let first = fixture.tokens(SPA).await;
    let (key, backup) = fixture.record(*b"gr").await;
    let one = next(&fixture, &first).await;
    fixture.put_back(key, &backup).await;
    let other = next(&fixture, &first).await;
    let third = next(&fixture, &other).await;
    fixture.refresh(SPA, &one.refresh).await.assert_dead();
    assert!(!fixture.is_active(&third.access).await);
}

#[tokio::test]
async fn what_is_older_than_the_refresh_lifetime_changes_nothing_whatever_its_generation() {
    let fixture = Fixture::new().await;
    let first = fixture.tokens(SPA).await;
    let (key, backup) = fixture.record(*b"gr").await;
    let one = next(&fixture, &first).await;
    let future = next(&fixture, &one).await;
    let kept = |entry: Entry| Entry {
        expires_at: Some(Timestamp::MAX),
        ..entry
    };
    let backup = kept(backup);
    fixture.put_back(key, &backup).await;
    let other = next(&fixture, &first).await;
    let forked = kept(fixture.record(*b"gr").await.1);
    assert_ne!(one.refresh, other.refresh);

    fixture.clock.advance(30 * 24 * 3600);
    fixture.put_back(key, &backup).await;
    fixture.refresh(SPA, &future.refresh).await.assert_dead();
    assert_eq!(fixture.record(*b"gr").await.1.value, backup.value);
    fixture.put_back(key, &forked).await;
    fixture.refresh(SPA, &one.refresh).await.assert_dead();
    assert_eq!(fixture.record(*b"gr").await.1.value, forked.value);
    assert!(!fixture.server.store_rolled_back());
}

/// The server's keys as they are kept.
#[derive(Serialize, Deserialize)]
struct KeysRecord {
    mac: Vec<Value>,
    #[serde(flatten)]
    others: serde_json::Map<String, Value>,
}

impl Record for KeysRecord {
    const KIND: Kind = kinds::SERVER_KEYS;
    const NAME: &'static str = "the server's keys";
    const SEALED: bool = true;

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

/// Another server on the same records, with a further MAC key.
async fn with_a_new_key(fixture: &Fixture) -> Server {
    let records = fixture.stores.records::<KeysRecord>().unwrap();
    let key = records.key(&[]);
    let loaded = records.get(&key).await.unwrap().unwrap();
    let mut keys = loaded.record;
    let mut added = keys.mac[0].clone();
    added["id"] = Value::from(2);
    added["key"] = Value::from("A".repeat(43));
    keys.mac.push(added);
    assert!(
        records
            .update(&key, &keys, loaded.version)
            .await
            .unwrap()
            .is_ok()
    );
    let issuer = fixture.server.issuer().clone();
    Server::builder(issuer, fixture.stores.clone())
        .site_with(AccountSite::for_server)
        .build()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_refresh_under_a_retiring_key_rotates_once_for_everybody() {
    let fixture = Fixture::new().await;
    let first = fixture.tokens(APP).await;
    let server = with_a_new_key(&fixture).await;
    let refresh = async |token: &str| {
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", token)];
        Tokens::of(&send(&server, client_request("/token", APP, &pairs)).await)
    };
    // Long after it was issued, and used all the time.
    for _ in 0..4 {
        fixture.clock.advance(10 * 24 * 3600);
        Tokens::of(&fixture.refresh(APP, &first.refresh).await);
    }
    let second = refresh(&first.refresh).await;
    assert_ne!(first.refresh, second.refresh);
    // Its client may repeat itself until the successor has arrived.
    fixture.clock.advance(3600);
    assert_eq!(refresh(&first.refresh).await.refresh, second.refresh);
    assert_eq!(refresh(&second.refresh).await.refresh, second.refresh);
    let pairs = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &*first.refresh),
    ];
    let late = send(&server, client_request("/token", APP, &pairs)).await;
    late.assert_error(400, "invalid_grant");
}
