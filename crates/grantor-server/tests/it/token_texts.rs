//! The texts of opaque access tokens: of a length, UUIDs, and those of the application.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use grantor_core::Secret;
use grantor_jose::Algorithm;
use grantor_server::{AccessTokens, Profile, ServerBuilder};
use grantor_store::MemoryStore;

use crate::support::{API, APP, Fixture, MACHINE, SPA, Tokens};

const ASK: [(&str, &str); 1] = [("grant_type", "client_credentials")];

async fn fixture(kind: AccessTokens) -> Fixture {
    Fixture::with(|config| {
        config.profile = Profile::Legacy20;
        config.access_tokens = kind;
    })
    .await
}

async fn issue(fixture: &Fixture) -> String {
    fixture.token(MACHINE, &ASK).await.member("access_token")
}

/// A token is read, found by its own client and by the resource server, revoked and gone.
async fn lives_and_dies(fixture: &Fixture, token: &str) {
    assert!(fixture.is_active(token).await, "{token}");
    for who in [MACHINE, API] {
        let seen = fixture.introspect(who, token).await;
        assert_eq!(seen["client_id"], MACHINE.id, "{seen}");
    }
    assert_eq!(fixture.introspect(APP, token).await["active"], false);
    // Another client revokes nothing.
    fixture
        .revoke(APP, token)
        .await
        .assert_error(400, "unauthorized_client");
    assert!(fixture.is_active(token).await);
    fixture.revoke(MACHINE, token).await.assert_ok();
    assert!(!fixture.is_active(token).await);
}

#[tokio::test]
async fn an_opaque_token_has_the_length_that_was_set() {
    for length in [25, 40, 66, 67, 68, 256] {
        let fixture = fixture(AccessTokens::OpaqueOfLength(length)).await;
        let (token, other) = (issue(&fixture).await, issue(&fixture).await);
        assert_eq!(token.len(), usize::from(length));
        assert!(token.starts_with("ga_") && token != other);
        lives_and_dies(&fixture, &token).await;
        assert!(fixture.is_active(&other).await);
    }
}

#[tokio::test]
async fn a_token_may_be_a_uuid() {
    let fixture = fixture(AccessTokens::Uuid4).await;
    let token = issue(&fixture).await;
    let parts: Vec<usize> = token.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12]);
    assert_eq!(token.as_bytes()[14], b'4');
    lives_and_dies(&fixture, &token).await;
    // Of a user, it ends with its grant.
    let tokens = fixture.tokens(APP).await;
    assert!(fixture.is_active(&tokens.access).await);
    fixture.revoke(APP, &tokens.refresh).await.assert_ok();
    assert!(!fixture.is_active(&tokens.access).await);
}

#[tokio::test]
async fn the_store_has_no_text_of_a_token() {
    for kind in [AccessTokens::Uuid4, AccessTokens::OpaqueOfLength(40)] {
        let fixture = fixture(kind).await;
        let token = issue(&fixture).await;
        let records = fixture.records(*b"at").await;
        assert_eq!(records.len(), 1);
        for (key, entry) in records {
            for bytes in [key.as_bytes(), &entry.value] {
                let found = bytes.windows(token.len()).any(|w| w == token.as_bytes());
                assert!(!found);
            }
        }
    }
}

#[tokio::test]
async fn a_text_that_is_almost_one_is_none() {
    for kind in [AccessTokens::Uuid4, AccessTokens::OpaqueOfLength(40)] {
        let fixture = fixture(kind).await;
        let token = issue(&fixture).await;
        for i in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[i] = if changed[i] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(!fixture.is_active(&changed).await, "{changed}");
        }
        assert!(!fixture.is_active(&token.to_uppercase()).await);
    }
}

fn numbered(builder: ServerBuilder) -> ServerBuilder {
    let count = AtomicU64::new(0);
    builder.token_generator(move |environment| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        Secret::new(format!("acme.{number}.{}", environment.random_text::<24>()))
    })
}

#[tokio::test]
async fn an_application_makes_texts_of_its_own() {
    for kind in [AccessTokens::Opaque, AccessTokens::Jwt(Algorithm::Es256)] {
        let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
            numbered(builder).configure(|config| config.access_tokens = kind)
        });
        let fixture = fixture.await;
        let (first, second) = (issue(&fixture).await, issue(&fixture).await);
        assert!(first.starts_with("acme.0.") && second.starts_with("acme.1."));
        lives_and_dies(&fixture, &first).await;
        let tokens = Tokens::of(&{
            let code = fixture.code(SPA).await;
            fixture.redeem(SPA, &code).await
        });
        assert!(tokens.access.starts_with("acme.2."));
        assert!(tokens.refresh.starts_with("gr_"));
    }
}

#[tokio::test]
async fn a_text_that_is_made_twice_is_issued_once() {
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        builder.token_generator(|_| Secret::new("always-the-same-text-of-a-token"))
    });
    let fixture = fixture.await;
    fixture.token(MACHINE, &ASK).await.assert_ok();
    fixture
        .token(MACHINE, &ASK)
        .await
        .assert_error(500, "server_error");
}

#[tokio::test]
async fn a_client_may_have_opaque_tokens_where_others_have_jwts() {
    let fixture = fixture(AccessTokens::Jwt(Algorithm::Es256)).await;
    assert_eq!(issue(&fixture).await.split('.').count(), 3);
    let change = |client: &mut grantor_server::Client| client.opaque_access_tokens = true;
    fixture.clients.update(MACHINE.id, change).await.unwrap();
    fixture.clock.advance(1);
    let token = issue(&fixture).await;
    assert!(token.starts_with("ga_"), "{token}");
    lives_and_dies(&fixture, &token).await;
    let other = fixture.tokens(APP).await.access;
    assert_eq!(other.split('.').count(), 3);
}

#[tokio::test]
async fn tokens_of_an_earlier_format_stay_valid() {
    let all = [
        AccessTokens::Opaque,
        AccessTokens::Uuid4,
        AccessTokens::OpaqueOfLength(40),
        AccessTokens::Jwt(Algorithm::Es256),
    ];
    let first = fixture(all[0]).await;
    let mut issued = vec![issue(&first).await];
    for kind in &all[1..] {
        let issuer = first.server.issuer().clone();
        let server = grantor_server::Server::builder(issuer, first.stores.clone())
            .site_with(grantor_site::AccountSite::for_server)
            .configure(|config| {
                config.profile = Profile::Legacy20;
                config.access_tokens = *kind;
                config.default_audience = Some(crate::support::RESOURCE.to_owned());
            });
        let next = Fixture {
            server: server.build().await.unwrap(),
            clients: grantor_server::StoredClients::open(&first.stores)
                .await
                .unwrap(),
            accounts: grantor_site::Accounts::open(
                &first.stores,
                grantor_site::Passwords::danger_cheap(),
            )
            .unwrap(),
            clock: first.clock.clone(),
            store: Arc::clone(&first.store),
            stores: first.stores.clone(),
        };
        issued.push(issue(&next).await);
        for token in &issued {
            assert!(next.is_active(token).await, "{token}");
        }
    }
}
