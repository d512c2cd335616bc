//! The events that are reported, and their recipients.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use grantor_server::{Config, EventKind, Severity};
use grantor_store::MemoryStore;

use crate::support::{
    API, APP, Ask, Browser, Fixture, MACHINE, OTHER, SPA, Tokens, Who, form, form_request,
};

type Told = Arc<Mutex<Vec<(EventKind, Option<String>, Option<String>)>>>;

async fn listened() -> (Told, Fixture) {
    listened_with(|_| {}).await
}

async fn listened_with(configure: fn(&mut Config)) -> (Told, Fixture) {
    let told = Told::default();
    let listener = Arc::clone(&told);
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        builder.configure(configure).on_event(move |event| {
            if event.kind != EventKind::RequestReceived {
                let text = |text: Option<&str>| text.map(str::to_owned);
                let entry = (event.kind, text(event.client_id), text(event.reason));
                listener.lock().unwrap().push(entry);
            }
        })
    })
    .await;
    (told, fixture)
}

fn taken(told: &Told) -> Vec<(EventKind, Option<String>, Option<String>)> {
    std::mem::take(&mut told.lock().unwrap())
}

fn kinds(told: &Told) -> Vec<EventKind> {
    taken(told).into_iter().map(|(kind, ..)| kind).collect()
}

#[tokio::test]
async fn a_refusal_is_told_once_with_its_true_reason() {
    let (told, fixture) = listened().await;
    let ask = [("grant_type", "client_credentials")];
    let who = |id, secret| Who {
        id,
        secret,
        ..MACHINE
    };
    for (who, reason) in [
        (who("nobody", Some("x")), "unknown client"),
        (who("machine", Some("x")), "wrong secret"),
        (who("machine", None), "wrong authentication method"),
        (who("spa", Some("x")), "wrong authentication method"),
    ] {
        let reply = fixture.token(who, &ask).await;
        let description = reply.member("error_description");
        assert!(!description.contains("secret"), "{description}");
        let registered = Some(who.id.to_owned()).filter(|id| id != "nobody");
        let expected = (
            EventKind::RequestRefused,
            registered,
            Some(reason.to_owned()),
        );
        assert_eq!(taken(&told), [expected]);
    }
    assert_eq!(EventKind::RequestRefused.severity(), Severity::Info);
}

#[tokio::test]
async fn an_identifier_of_no_client_is_not_told() {
    let (told, fixture) = listened().await;
    let long = "x".repeat(60_000);
    // The second has its secret in the place of its identifier.
    for id in [&*long, MACHINE.secret.unwrap(), "a\u{1b}[2Jb\n"] {
        let pairs = [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", MACHINE.id),
        ];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let reply = fixture.send(form_request("/token", &form(&pairs))).await;
        reply.assert_error(401, "invalid_client");
        let reason = Some("unknown client".to_owned());
        assert_eq!(taken(&told), [(EventKind::RequestRefused, None, reason)]);
    }
}

#[tokio::test]
async fn no_text_of_an_event_is_longer_or_stranger_than_a_line() {
    let (told, fixture) = listened().await;
    let strange = format!("\u{202e}\n{}", "x".repeat(60_000));
    let get = |query: &str| format!("/authorize?client_id=app&{query}");
    let encoded: String = url::form_urlencoded::byte_serialize(strange.as_bytes()).collect();
    let short: String = encoded.chars().take(6_000).collect();
    let repeated = format!("{short}=1&{short}=2");
    fixture.token(MACHINE, &[("grant_type", &strange)]).await;
    let scope = [("grant_type", "client_credentials"), ("scope", &strange)];
    fixture.token(MACHINE, &scope).await;
    fixture
        .token(MACHINE, &[(&strange, "1"), (&strange, "2")])
        .await;
    for query in [
        &*repeated,
        &format!("redirect_uri={short}"),
        &format!("response_type={short}"),
        &format!("request_uri={short}"),
        &format!("resource={short}"),
    ] {
        fixture.get(&get(query)).await;
    }
    let told = taken(&told);
    assert!(told.len() >= 7, "{told:?}");
    for (_, client_id, reason) in told {
        for text in [client_id, reason].into_iter().flatten() {
            assert!(text.len() <= 520, "{} bytes", text.len());
            assert!(!text.contains(['\u{202e}', '\n']), "{text:?}");
        }
    }
}

#[tokio::test]
async fn an_introspection_that_hides_a_valid_token_is_told() {
    let (told, fixture) = listened().await;
    let token = fixture.tokens(APP).await.access;
    taken(&told);
    for who in [APP, API] {
        fixture.introspect(who, &token).await;
    }
    fixture.introspect(OTHER, "not-a-token").await;
    assert!(kinds(&told).is_empty());
    fixture.introspect(OTHER, &token).await;
    let [(kind, client_id, reason)] = &taken(&told)[..] else {
        panic!("one event");
    };
    assert_eq!(*kind, EventKind::IntrospectionDenied);
    assert_eq!(client_id.as_deref(), Some(OTHER.id));
    assert!(reason.as_deref().unwrap().contains("audience"));
}

#[tokio::test]
async fn the_life_of_a_grant_is_told() {
    let (told, fixture) = listened().await;
    let code = fixture.code(SPA).await;
    assert_eq!(kinds(&told), [EventKind::CodeIssued]);
    let first = Tokens::of(&fixture.redeem(SPA, &code).await);
    assert_eq!(kinds(&told), [EventKind::AccessTokenIssued]);
    let issued_and = |kind| [EventKind::AccessTokenIssued, kind];
    let second = Tokens::of(&fixture.refresh(SPA, &first.refresh).await);
    assert_eq!(kinds(&told), issued_and(EventKind::RefreshTokenRotated));
    fixture.refresh(SPA, &first.refresh).await.assert_ok();
    assert_eq!(kinds(&told), issued_and(EventKind::RefreshTokenRepeated));
    fixture.revoke(SPA, &second.access).await.assert_ok();
    assert_eq!(kinds(&told), [EventKind::AccessTokenRevoked]);
    fixture.clock.advance(60);
    fixture.refresh(SPA, &first.refresh).await;
    let replayed = [
        EventKind::GrantEnded,
        EventKind::TokenReplayed,
        EventKind::RequestRefused,
    ];
    assert_eq!(kinds(&told), replayed);
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(APP).url()).await;
    let consent = browser.sign_in(&login).await;
    browser.press(&consent, &[], Some("deny")).await;
    browser.press(&consent, &[], Some("deny")).await;
    assert_eq!(kinds(&told), [EventKind::AuthorizationDenied]);
}

#[tokio::test]
async fn every_counter_counts() {
    let fixture = Fixture::with(|config| config.rotation = grantor_server::Rotation::Always).await;
    let code = fixture.code(APP).await;
    let first = Tokens::of(&fixture.redeem(APP, &code).await);
    let (key, entry) = fixture.record(*b"gr").await;
    let second = Tokens::of(&fixture.refresh(APP, &first.refresh).await);
    fixture.refresh(APP, &first.refresh).await.assert_ok();
    fixture.put_back(key, &entry).await;
    let third = Tokens::of(&fixture.refresh(APP, &second.refresh).await);
    fixture.get("/jwks").await.assert_ok();
    fixture.introspect(APP, &third.access).await;
    fixture.revoke(APP, &third.access).await.assert_ok();
    fixture.redeem(APP, &code).await;
    let counters = fixture.server.counters();
    let counted = [
        counters.discovery_requests,
        counters.authorization_requests,
        counters.codes_issued,
        counters.token_requests,
        counters.tokens_issued,
        counters.refresh_rotations,
        counters.refresh_grace_uses,
        counters.replays,
        counters.introspection_requests,
        counters.revocation_requests,
        counters.rollbacks,
        counters.errors,
    ];
    assert_eq!(
        counted,
        [1, 1, 1, 5, 4, 2, 1, 1, 1, 1, 1, 1],
        "{counters:?}"
    );
}

#[tokio::test]
async fn of_two_requests_with_one_refresh_token_the_loser_is_told_of() {
    let (told, fixture) = listened_with(|config| config.refresh_grace = Duration::ZERO).await;
    let tokens = fixture.tokens(SPA).await;
    let (key, before) = fixture.record(*b"gr").await;
    fixture.refresh(SPA, &tokens.refresh).await.assert_ok();
    let (_, rotated) = fixture.record(*b"gr").await;
    fixture.put_back(key, &before).await;
    fixture.store.swap_after_get(key, rotated);
    taken(&told);
    let lost = fixture.refresh(SPA, &tokens.refresh).await;
    lost.assert_error(400, "invalid_grant");
    let expected = [EventKind::UsedAtOnce, EventKind::RequestRefused];
    assert_eq!(kinds(&told), expected);
}

#[tokio::test]
async fn a_grant_that_ends_during_a_refresh_was_not_used_at_once() {
    let (told, fixture) = listened().await;
    let tokens = fixture.tokens(SPA).await;
    let (key, before) = fixture.record(*b"gr").await;
    fixture.revoke(SPA, &tokens.refresh).await.assert_ok();
    let (_, ended) = fixture.record(*b"gr").await;
    fixture.put_back(key, &before).await;
    fixture.store.swap_after_get(key, ended);
    taken(&told);
    let refused = fixture.refresh(SPA, &tokens.refresh).await;
    refused.assert_error(400, "invalid_grant");
    assert_eq!(kinds(&told), [EventKind::RequestRefused]);
}
