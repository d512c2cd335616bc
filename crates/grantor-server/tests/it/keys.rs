//! The keys that sign access tokens, and their replacement.

use std::sync::Arc;
use std::time::Duration;

use grantor_core::Issuer;
use grantor_jose::jwt::{self, Policy};
use grantor_jose::{Algorithm, KeySet, base64url};
use grantor_server::{AccessTokens, Config, KeyState, RotateAt, Server, StoredKeys};
use grantor_site::{AccountSite, Passwords};
use grantor_store::MemoryStore;

use crate::support::{Fixture, ISSUER, MACHINE, RESOURCE, client_request, send};

const ASK: [(&str, &str); 1] = [("grant_type", "client_credentials")];
const DAY: u64 = 24 * 3600;

fn rotating(config: &mut Config) {
    config.access_tokens = AccessTokens::Jwt(Algorithm::Es256);
    config.signing_key_rotation = Some(Duration::from_secs(30 * DAY));
}

async fn token(server: &Server) -> String {
    let reply = send(server, client_request("/token", MACHINE, &ASK)).await;
    reply.assert_ok().member("access_token")
}

fn key_id(token: &str) -> String {
    let header = base64url::decode(token.split('.').next().unwrap()).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

async fn published(fixture: &Fixture) -> (KeySet, Vec<String>) {
    let reply = fixture.get("/jwks").await;
    assert!(
        !reply.text().contains("\"d\""),
        "a private part is published"
    );
    let keys = KeySet::from_json(&reply.body).unwrap();
    let ids = keys
        .keys()
        .iter()
        .map(|key| key.key_id().unwrap().to_owned());
    let ids = ids.collect();
    (keys, ids)
}

#[tokio::test]
async fn access_tokens_are_signed_with_the_configured_algorithm() {
    for algorithm in [
        Algorithm::Es256,
        Algorithm::EdDsa,
        Algorithm::Rs256,
        Algorithm::Ps256,
    ] {
        let jwt = |config: &mut Config| config.access_tokens = AccessTokens::Jwt(algorithm);
        let fixture = Fixture::with(jwt).await;
        let token = token(&fixture.server).await;
        let (keys, mut ids) = published(&fixture).await;
        let policy = Policy::access_token(ISSUER, RESOURCE).with_algorithms([algorithm]);
        let now = grantor_core::Clock::now(&fixture.clock);
        let verified = jwt::verify(&token, &keys, &policy, now).unwrap();
        assert_eq!(verified.algorithm, algorithm);
        assert!(fixture.is_active(&token).await);
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all, "an id is unique");
    }
}

/// Attack 42: the next key is published before it signs, and the old one until its last token ends.
#[tokio::test]
async fn keys_are_replaced_by_schedule() {
    let fixture = Fixture::with(rotating).await;
    let first = key_id(&token(&fixture.server).await);
    let (_, before) = published(&fixture).await;
    fixture.clock.advance(30 * DAY - 600);
    // Reading the keys is enough to make the next one.
    let (_, ahead) = published(&fixture).await;
    assert_eq!(ahead.len(), before.len() + 1);
    assert_eq!(key_id(&token(&fixture.server).await), first);
    fixture.clock.advance(599);
    let last = token(&fixture.server).await;
    assert_eq!(key_id(&last), first);
    fixture.clock.advance(1);
    let next = token(&fixture.server).await;
    assert!(key_id(&next) != first && ahead.contains(&key_id(&next)));
    // Both are good for as long as they live.
    fixture.clock.advance(290);
    assert!(fixture.is_active(&last).await && fixture.is_active(&next).await);
    fixture.clock.advance(600 + 60 + 11);
    let (_, after) = published(&fixture).await;
    assert!(!after.contains(&first) && after.contains(&key_id(&next)));
}

/// Several processes on one store agree on one key.
#[tokio::test]
async fn processes_agree_on_the_next_key() {
    let fixture = Fixture::with(rotating).await;
    let other = second_server(&fixture).await;
    assert_eq!(
        key_id(&token(&fixture.server).await),
        key_id(&token(&other).await)
    );
    fixture.clock.advance(30 * DAY - 300);
    for server in [&fixture.server, &other] {
        token(server).await;
    }
    fixture.clock.advance(300);
    let signed = token(&other).await;
    assert_eq!(key_id(&token(&fixture.server).await), key_id(&signed));
    assert!(fixture.is_active(&signed).await);
}

#[tokio::test]
async fn a_key_may_be_replaced_by_hand() {
    let fixture = Fixture::with(rotating).await;
    let keys = StoredKeys::open(&fixture.stores).unwrap();
    let old = token(&fixture.server).await;
    let added = keys
        .rotate(Algorithm::Es256, RotateAt::Published)
        .await
        .unwrap();
    assert!(matches!(added.state, KeyState::Next(_)), "{added:?}");
    fixture.clock.advance(60);
    assert_eq!(key_id(&token(&fixture.server).await), key_id(&old));
    let (_, ids) = published(&fixture).await;
    assert!(ids.contains(&added.id));
    let added = keys.rotate(Algorithm::Es256, RotateAt::Now).await.unwrap();
    assert_eq!(added.state, KeyState::Active);
    // Within a minute the server knows it.
    fixture.clock.advance(60);
    let new = token(&fixture.server).await;
    assert_eq!(key_id(&new), added.id);
    let listed = keys.list().await.unwrap();
    let old_key = listed.iter().find(|key| key.id == key_id(&old)).unwrap();
    assert!(
        matches!(old_key.state, KeyState::Retiring(_)),
        "{old_key:?}"
    );
    assert!(fixture.is_active(&old).await);
}

/// A key that somebody else has: whatever it signed is refused, within a minute where the server runs.
#[tokio::test]
async fn the_tokens_of_a_removed_key_are_refused() {
    let fixture = Fixture::with(rotating).await;
    let other = second_server(&fixture).await;
    let keys = StoredKeys::open(&fixture.stores).unwrap();
    let before = token(&fixture.server).await;
    let stolen = key_id(&before);
    let added = keys.remove(&stolen).await.unwrap().unwrap();
    assert_eq!(added.state, KeyState::Active);
    fixture.clock.advance(60);
    for server in [&fixture.server, &other] {
        let after = token(server).await;
        assert_eq!(key_id(&after), added.id);
        assert!(!server.introspect(&before).await.unwrap().active);
        assert!(server.introspect(&after).await.unwrap().active);
    }
    let (_, ids) = published(&fixture).await;
    assert!(!ids.contains(&stolen) && ids.contains(&added.id));
    // Whatever happens to the schedule, it does not come back.
    fixture.clock.advance(31 * DAY);
    token(&fixture.server).await;
    let listed = keys.list().await.unwrap();
    assert!(listed.iter().all(|key| key.id != stolen), "{listed:?}");
    let unknown = keys.remove(&stolen).await.unwrap_err().to_string();
    assert!(unknown.contains("no signing key"), "{unknown}");
}

/// The server reads and writes the keys by its schedule at the same moment.
#[tokio::test]
async fn a_key_is_removed_while_the_next_one_is_made() {
    let store = Arc::new(MemoryStore::new());
    let fixture = Fixture::on(store, |builder| builder.configure(rotating)).await;
    let stolen = key_id(&token(&fixture.server).await);
    fixture.clock.advance(30 * DAY - 300);
    let keys = StoredKeys::open(&fixture.stores).unwrap();
    fixture.store.let_others_go_first();
    let (removed, _, _) = tokio::join!(
        keys.remove(&stolen),
        token(&fixture.server),
        keys.rotate(Algorithm::Es256, RotateAt::Published),
    );
    let added = removed.unwrap().unwrap();
    let listed = keys.list().await.unwrap();
    assert!(listed.iter().all(|key| key.id != stolen), "{listed:?}");
    assert!(listed.iter().any(|key| key.id == added.id), "{listed:?}");
}

/// A token that another process has signed under a key that this one does not know yet.
#[tokio::test]
async fn a_token_under_a_new_key_is_recognised_at_once() {
    let fixture = Fixture::with(rotating).await;
    token(&fixture.server).await;
    let keys = StoredKeys::open(&fixture.stores).unwrap();
    // Within the second in which the server read its keys, and again.
    for _ in 0..2 {
        keys.rotate(Algorithm::Es256, RotateAt::Now).await.unwrap();
        let other = second_server(&fixture).await;
        let signed = token(&other).await;
        assert!(fixture.is_active(&signed).await);
        fixture.clock.advance(1);
    }
}

/// Anybody can name keys that are none.
#[tokio::test]
async fn tokens_under_unknown_keys_have_the_keys_read_once_a_second() {
    let fixture = Fixture::with(rotating).await;
    let known = token(&fixture.server).await;
    let (_, rest) = known.split_once('.').unwrap();
    let header = br#"{"alg":"ES256","typ":"at+jwt","kid":"nobody"}"#;
    let forged = format!("{}.{rest}", base64url::encode(header));
    let read = async || {
        let before = fixture.store.calls();
        assert!(!fixture.server.introspect(&forged).await.unwrap().active);
        fixture.store.calls() - before
    };
    let (first, second) = (read().await, read().await);
    assert_eq!(first, second + 1);
    fixture.clock.advance(1);
    assert_eq!(read().await, first);
}

#[tokio::test]
async fn a_store_that_fails_leaves_the_keys_as_they_are() {
    let fixture = Fixture::with(rotating).await;
    let before = token(&fixture.server).await;
    fixture.clock.advance(60);
    // The first call looks the client up, the second one reads the keys.
    fixture.store.set(crate::support::Fault::Call(1));
    let after = token(&fixture.server).await;
    assert_eq!(key_id(&after), key_id(&before));
    assert!(fixture.store.calls() > 1);
    fixture.store.set(crate::support::Fault::None);
}

/// Another server on the same stores.
async fn second_server(fixture: &Fixture) -> Server {
    let issuer = Issuer::parse(ISSUER).unwrap();
    let site = AccountSite::open(&fixture.stores, Passwords::danger_cheap(), &issuer).unwrap();
    let builder = Server::builder(issuer, fixture.stores.clone()).site(site);
    let builder = builder.configure(|config| {
        config.default_audience = Some(RESOURCE.to_owned());
        rotating(config);
    });
    builder.build().await.unwrap()
}

#[tokio::test]
async fn servers_that_start_at_once_agree_on_their_keys() {
    let store = Arc::new(MemoryStore::new());
    let fixture = Fixture::on(store, |builder| builder.configure(rotating)).await;
    fixture.store.let_others_go_first();
    let (a, b) = tokio::join!(second_server(&fixture), second_server(&fixture));
    assert_eq!(key_id(&token(&a).await), key_id(&token(&b).await));
}

/// Rotations by hand at the same moment, one of them for now, while a server rotates by its schedule: none
/// reports a key that is not there.
#[tokio::test]
async fn rotations_at_the_same_moment_lose_no_key() {
    let store = Arc::new(MemoryStore::new());
    let fixture = Fixture::on(store, |builder| builder.configure(rotating)).await;
    let old = key_id(&token(&fixture.server).await);
    fixture.clock.advance(30 * DAY - 300);
    let keys = StoredKeys::open(&fixture.stores).unwrap();
    let rotate = |at| keys.rotate(Algorithm::Es256, at);
    fixture.store.let_others_go_first();
    let (one, now, other, _) = tokio::join!(
        rotate(RotateAt::Published),
        rotate(RotateAt::Now),
        rotate(RotateAt::Published),
        token(&fixture.server),
    );
    let listed = keys.list().await.unwrap();
    let state = |id: &str| {
        let found = listed.iter().find(|key| key.id == id);
        found.map(|key| key.state)
    };
    let now = now.unwrap();
    assert_eq!(state(&now.id), Some(KeyState::Active), "{listed:?}");
    assert!(matches!(state(&old), Some(KeyState::Retiring(_))));
    for ahead in [one.unwrap(), other.unwrap()] {
        assert!(
            matches!(state(&ahead.id), Some(KeyState::Next(_))),
            "{listed:?}"
        );
    }
    fixture.clock.advance(60);
    assert_eq!(key_id(&token(&fixture.server).await), now.id);
}

/// The last of two rotations for now signs, and the first one's key retires.
#[tokio::test]
async fn of_two_rotations_for_now_at_the_same_moment_one_signs() {
    let store = Arc::new(MemoryStore::new());
    let fixture = Fixture::on(store, |builder| builder.configure(rotating)).await;
    let keys = StoredKeys::open(&fixture.stores).unwrap();
    fixture.store.let_others_go_first();
    let rotate = || keys.rotate(Algorithm::Es256, RotateAt::Now);
    let (a, b) = tokio::join!(rotate(), rotate());
    let listed = keys.list().await.unwrap();
    let is_of_either = |id: &str| [&a, &b].iter().any(|key| key.as_ref().unwrap().id == id);
    let of_either = listed.iter().filter(|key| is_of_either(&key.id));
    let active = |key: &&grantor_server::StoredKey| key.state == KeyState::Active;
    assert_eq!(of_either.clone().count(), 2);
    assert_eq!(of_either.filter(active).count(), 1, "{listed:?}");
}
