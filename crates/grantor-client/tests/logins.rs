//! Refresh tokens that rotate: spent once, never lost, stored before their access token is seen.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use grantor_client::{Event, Policy, Tokens, TokensBuilder};
use grantor_store::{MasterKey, MemoryStore, Store};
use grantor_testkit::Fault;
use grantor_testkit::store::StoreFault;
use support::{ISSUER, LOGINS_REFUSED, World, counting_store, faulty_store, settle};

fn key() -> MasterKey {
    MasterKey::from_bytes([7; 32])
}

fn stored(builder: TokensBuilder, store: &Arc<dyn Store>) -> TokensBuilder {
    builder.store(Arc::clone(store), &key())
}

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

#[tokio::test(start_paused = true)]
async fn every_renewal_spends_the_newest_refresh_token() {
    let world = World::new();
    let first = world.server.new_refresh_token();
    let tokens = world.here(world.login(&first)).build().unwrap();
    for round in 1..=5 {
        let token = tokens.get().await.unwrap();
        assert_eq!(token.secret.expose(), format!("access-{round}"));
        world.advance(3600);
    }
    assert_eq!(world.server.reuses(), 0);
    assert!(world.server.takes_refresh_token("refresh-0-5"));
}

#[tokio::test(start_paused = true)]
async fn what_makes_room_for_others_takes_no_refresh_token_with_it() {
    let world = World::new();
    let first = world.server.new_refresh_token();
    let mut policy = Policy::default();
    policy.max_subject_tokens = 1;
    let tokens = world.here(world.login(&first).policy(policy));
    let tokens = tokens.build().unwrap();
    for n in 1..=20 {
        let one = tokens.with_resource(format!("https://api.example/{n}"));
        one.get().await.unwrap();
        drop(one);
        assert!(world.server.takes_refresh_token(&format!("refresh-0-{n}")));
    }
    tokens.get().await.unwrap();
    assert_eq!(world.server.token_requests(), 21);
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_restart_goes_on_where_the_store_is() {
    let world = World::new();
    let store = memory();
    let first = world.server.new_refresh_token();
    for _ in 0..3 {
        let builder = stored(world.login(&first).login_label("ada"), &store);
        let tokens = world.here(builder).build().unwrap();
        tokens.get().await.unwrap();
        tokens.close().await;
        world.advance(3600);
    }
    assert_eq!(world.server.token_requests(), 3);
    assert_eq!(world.server.reuses(), 0);
    let builder = stored(Tokens::login(ISSUER, "app").login_label("ada"), &store);
    assert!(world.here(builder).build().unwrap().get().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_stored_access_token_is_used_after_a_restart() {
    let world = World::new();
    let store = memory();
    let first = world.server.new_refresh_token();
    for _ in 0..3 {
        let builder = stored(world.login(&first), &store);
        let tokens = world.here(builder).build().unwrap();
        assert_eq!(tokens.get().await.unwrap().secret.expose(), "access-1");
        world.advance(1000);
    }
    assert_eq!(world.server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_refresh_token_begins_another_login() {
    let world = World::new();
    let store = memory();
    for round in 0..2 {
        let handed_in = world.server.new_refresh_token();
        let tokens = world.here(stored(world.login(&handed_in), &store));
        let tokens = tokens.build().unwrap();
        tokens.renew().await.unwrap();
        let current = format!("refresh-{round}-1");
        assert!(world.server.takes_refresh_token(&current), "{current}");
    }
}

#[tokio::test(start_paused = true)]
async fn labels_keep_logins_apart() {
    let world = World::new();
    let store = memory();
    for user in ["alice", "bob"] {
        let handed_in = world.server.new_refresh_token();
        let builder = stored(world.login(&handed_in).login_label(user), &store);
        world.here(builder).build().unwrap().get().await.unwrap();
    }
    for (user, token) in [("alice", "access-1"), ("bob", "access-2")] {
        let builder = stored(Tokens::login(ISSUER, "app").login_label(user), &store);
        let tokens = world.here(builder).build().unwrap();
        assert_eq!(tokens.get().await.unwrap().secret.expose(), token);
    }
    let not_logged_in = stored(Tokens::login(ISSUER, "app").login_label("carol"), &store);
    let error = world
        .here(not_logged_in)
        .build()
        .unwrap()
        .get()
        .await
        .unwrap_err();
    assert!(error.needs_login());
}

#[tokio::test(start_paused = true)]
async fn cancelled_callers_lose_no_refresh_token() {
    let world = World::new();
    let first = world.server.new_refresh_token();
    let tokens = world.here(world.login(&first)).build().unwrap();
    for _ in 0..20 {
        world.server.hold();
        let calls: Vec<_> = (0..10)
            .map(|_| {
                let tokens = tokens.clone();
                tokio::spawn(async move { tokens.get().await })
            })
            .collect();
        world.server.holds(1).await;
        for call in &calls {
            call.abort();
        }
        world.server.release();
        settle().await;
        assert!(tokens.get().await.is_ok());
        world.advance(3600);
    }
    assert_eq!(world.server.token_requests(), 20);
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn two_access_tokens_of_one_login_spend_two_refresh_tokens() {
    let world = World::new();
    let first = world.server.new_refresh_token();
    let tokens = world.here(world.login(&first)).build().unwrap();
    let other = tokens.with_resource("https://other.example");
    let same = tokens.with_resource("https://other.example");
    for _ in 0..5 {
        let (a, b, c) = tokio::join!(tokens.get(), other.get(), same.get());
        assert_ne!(a.unwrap().secret, b.as_ref().unwrap().secret.clone());
        assert_eq!(b.unwrap().secret, c.unwrap().secret);
        world.advance(3600);
    }
    assert_eq!(world.server.token_requests(), 10);
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refused_refresh_token_is_dropped_and_the_access_token_is_not() {
    let world = World::new();
    let ended = Arc::new(Mutex::new(0));
    let count = Arc::clone(&ended);
    let first = world.server.new_refresh_token();
    let tokens = world.here(world.login(&first)).on_event(move |event| {
        if matches!(event, Event::LoginEnded) {
            *count.lock().unwrap() += 1;
        }
    });
    let tokens = tokens.build().unwrap();
    tokens.get().await.unwrap();
    world.advance(3310);
    world.server.fail_next(Fault::Refused("invalid_grant"));
    for _ in 0..3 {
        assert_eq!(tokens.get().await.unwrap().secret.expose(), "access-1");
        settle().await;
    }
    world.advance(290);
    for _ in 0..3 {
        let error = tokens.get().await.unwrap_err();
        assert!(error.needs_login(), "{error}");
        world.advance(3600);
    }
    assert_eq!(world.server.token_requests(), 2);
    assert_eq!(*ended.lock().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_code_says_whether_the_refresh_token_is_spent_or_the_user_is_needed() {
    for (code, ends) in [
        ("bad_refresh_token", true),
        ("interaction_required", false),
        ("login_required", false),
        ("consent_required", false),
    ] {
        let world = World::new();
        let ended = Arc::new(Mutex::new(0));
        let count = Arc::clone(&ended);
        let first = world.server.new_refresh_token();
        let tokens = world.here(world.login(&first)).on_event(move |event| {
            if matches!(event, Event::LoginEnded) {
                *count.lock().unwrap() += 1;
            }
        });
        let tokens = tokens.build().unwrap();
        world.server.fail_next(Fault::Refused(code));
        let error = tokens.get().await.unwrap_err();
        assert!(error.needs_login(), "{code}: {error}");
        assert_eq!(*ended.lock().unwrap(), usize::from(ends), "{code}");
        // Another resource, or the same one once the user was there.
        world.advance(3600);
        let other = tokens.with_resource("https://other.example").get().await;
        assert_eq!(other.is_ok(), !ends, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn failures_on_the_way_keep_the_refresh_token() {
    for fault in [
        Fault::Unsent,
        Fault::RequestLost,
        Fault::Status(500),
        Fault::TooManyRequests(1),
        Fault::NotJson,
    ] {
        let world = World::new();
        let first = world.server.new_refresh_token();
        let tokens = world.here(world.login(&first)).build().unwrap();
        for _ in 0..3 {
            world.server.fail_next(fault.clone());
        }
        let error = tokens.get().await.unwrap_err();
        assert!(!error.needs_login(), "{fault:?}: {error}");
        for _ in 0..10 {
            world.advance(60);
            let _ = tokens.get().await;
        }
        assert!(tokens.get().await.is_ok(), "{fault:?}");
        assert_eq!(world.server.reuses(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_asked_for_again_at_once() {
    let world = World::new();
    world.server.allow_repeats();
    let first = world.server.new_refresh_token();
    let tokens = world.here(world.login(&first)).build().unwrap();
    world.server.fail_next(Fault::AnswerLost);
    assert!(tokens.get().await.is_ok());
    world.advance(3600);
    assert!(tokens.get().await.is_ok());
    assert_eq!(world.server.token_requests(), 3);
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_can_not_be_stored_is_used_and_stored_later() {
    let world = World::new();
    let store = faulty_store();
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&events);
    let first = world.server.new_refresh_token();
    let shared = Arc::clone(&store) as Arc<dyn Store>;
    let builder = stored(world.login(&first).login_label("ada"), &shared).on_event(move |event| {
        seen.lock().unwrap().push(format!("{event:?}"));
    });
    let tokens = world.here(builder).build().unwrap();
    store.set(LOGINS_REFUSED);
    assert!(tokens.get().await.is_ok());
    assert_eq!(*events.lock().unwrap(), ["NotPersisted", "Renewed"]);
    store.set(StoreFault::None);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(
        *events.lock().unwrap(),
        ["NotPersisted", "Renewed", "Persisted"]
    );
    let other = stored(Tokens::login(ISSUER, "app").login_label("ada"), &shared);
    let other = world.here(other).build().unwrap();
    assert!(other.renew().await.is_ok());
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_stored_yet_is_renewed_from_memory() {
    let world = World::new();
    let store = faulty_store();
    let shared = Arc::clone(&store) as Arc<dyn Store>;
    let first = world.server.new_refresh_token();
    let builder = stored(world.login(&first).login_label("ada"), &shared);
    let tokens = world.here(builder).build().unwrap();
    tokens.get().await.unwrap();
    store.set(LOGINS_REFUSED);
    for _ in 0..3 {
        world.advance(3600);
        assert!(tokens.get().await.is_ok());
    }
    store.set(StoreFault::None);
    tokens.close().await;
    let other = stored(Tokens::login(ISSUER, "app").login_label("ada"), &shared);
    assert!(world.here(other).build().unwrap().renew().await.is_ok());
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_login_that_is_forgotten_is_over() {
    let world = World::new();
    let store = memory();
    let first = world.server.new_refresh_token();
    let tokens = world.here(stored(world.login(&first).login_label("ada"), &store));
    let tokens = tokens.build().unwrap();
    tokens.get().await.unwrap();
    tokens.forget().await.unwrap();
    for _ in 0..3 {
        assert!(tokens.get().await.unwrap_err().needs_login());
        world.advance(60);
    }
    assert_eq!(world.server.token_requests(), 1);
    let other = stored(Tokens::login(ISSUER, "app").login_label("ada"), &store);
    let other = world.here(other).build().unwrap();
    assert!(other.get().await.unwrap_err().needs_login());
}

#[tokio::test(start_paused = true)]
async fn the_store_holds_no_secret_in_the_clear() {
    let world = World::new();
    let store = counting_store();
    let shared = Arc::clone(&store) as Arc<dyn Store>;
    let first = world.server.new_refresh_token();
    let builder = stored(world.login(&first).login_label("alice"), &shared);
    let tokens = world.here(builder).build().unwrap();
    tokens.get().await.unwrap();
    let puts = store.puts();
    let written: Vec<u8> = puts
        .iter()
        .flat_map(|put| [put.key.as_bytes(), &put.value].concat())
        .collect();
    assert!(written.len() > 100);
    for part in ["access-1", "refresh-0", "alice", "idp.example"] {
        let found = written.windows(part.len()).any(|w| w == part.as_bytes());
        assert!(!found, "{part}");
    }
}

#[tokio::test(start_paused = true)]
async fn closing_stores_what_could_not_be_stored() {
    let world = World::new();
    let store = faulty_store();
    let shared = Arc::clone(&store) as Arc<dyn Store>;
    let first = world.server.new_refresh_token();
    let builder = stored(world.login(&first).login_label("ada"), &shared);
    let tokens = world.here(builder).build().unwrap();
    store.set(LOGINS_REFUSED);
    tokens.get().await.unwrap();
    store.set(StoreFault::None);
    tokens.close().await;
    let other = stored(Tokens::login(ISSUER, "app").login_label("ada"), &shared);
    assert!(world.here(other).build().unwrap().renew().await.is_ok());
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_stored_token_of_a_login_is_not_for_the_next_one_under_its_label() {
    let world = World::new();
    let store = memory();
    for round in 1..=2 {
        let handed_in = world.server.new_refresh_token();
        let builder = stored(world.login(&handed_in).login_label("ada"), &store);
        let tokens = world.here(builder).build().unwrap();
        let token = tokens.get().await.unwrap().secret;
        assert_eq!(token.expose(), format!("access-{round}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_has_ended_is_not_sent() {
    let world = World::new();
    let day = Duration::from_secs(24 * 3600);
    world.server.set_refresh_lifetime(Some(day));
    let first = world.server.new_refresh_token();
    let tokens = world.here(world.login(&first)).build().unwrap();
    tokens.get().await.unwrap();
    world.clock.advance(day);
    assert!(tokens.get().await.unwrap_err().needs_login());
    assert_eq!(world.server.token_requests(), 1);
}
