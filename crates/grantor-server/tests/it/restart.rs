//! A server that stops and starts again, and two servers in one store.

use std::sync::Arc;

use grantor_core::Issuer;
use grantor_server::Server;
use grantor_site::{AccountSite, Passwords};
use grantor_store::{Namespace, Stores};
use grantor_store_sqlite::SqliteStore;

use crate::support::{APP, Ask, Browser, Fixture, MACHINE, SPA, Tokens, client_request, send};

/// The fixture with another server on the same records.
async fn restarted(mut fixture: Fixture) -> Fixture {
    let issuer = fixture.server.issuer().clone();
    let site = AccountSite::open(&fixture.stores, Passwords::danger_cheap(), &issuer).unwrap();
    let builder = Server::builder(issuer, fixture.stores.clone()).site(site);
    fixture.server = builder.build().await.unwrap();
    fixture
}

#[tokio::test]
async fn everything_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("restart.db")).unwrap();
    let fixture = Fixture::on(Arc::new(store), |builder| builder).await;
    let first = fixture.tokens(SPA).await;
    let second = Tokens::of(&fixture.refresh(SPA, &first.refresh).await);
    let code = fixture.code(APP).await;
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(SPA).url()).await;
    let consent = browser.sign_in(&login).await;
    let (cookies, keys) = (browser.cookies.clone(), fixture.get("/jwks").await.body);

    let fixture = restarted(fixture).await;
    assert_eq!(fixture.get("/jwks").await.body, keys);
    assert!(fixture.is_active(&second.access).await);
    let retry = Tokens::of(&fixture.refresh(SPA, &first.refresh).await);
    assert_eq!(retry.refresh, second.refresh);
    fixture.redeem(APP, &code).await.assert_ok();
    fixture
        .token(MACHINE, &[("grant_type", "client_credentials")])
        .await
        .assert_ok();
    let mut browser = Browser::new(&fixture);
    browser.cookies = cookies;
    browser.allow(&consent).await.code(SPA.redirect_uri);
}

#[tokio::test]
async fn what_was_used_up_stays_used_up_after_a_restart() {
    let fixture = Fixture::new().await;
    let code = fixture.code(APP).await;
    let of_the_code = Tokens::of(&fixture.redeem(APP, &code).await);
    let first = fixture.tokens(SPA).await;
    let second = Tokens::of(&fixture.refresh(SPA, &first.refresh).await);
    let third = Tokens::of(&fixture.refresh(SPA, &second.refresh).await);

    let fixture = restarted(fixture).await;
    fixture.refresh(SPA, &first.refresh).await.assert_dead();
    assert!(!fixture.is_active(&third.access).await);
    fixture
        .redeem(APP, &code)
        .await
        .assert_error(400, "invalid_grant");
    assert!(!fixture.is_active(&of_the_code.access).await);
}

#[tokio::test]
async fn two_issuers_in_one_store_know_nothing_of_each_other() {
    let fixture = Fixture::new().await;
    let issuer = Issuer::parse("https://other.example").unwrap();
    let shared = Arc::<crate::support::TestStore>::clone(&fixture.store);
    let environment = fixture.stores.environment().clone();
    let stores = Stores::new(shared, Namespace::new(issuer.as_str()), environment)
        .seal_under(grantor_store::MasterKey::from_bytes([7; 32]).sealing_key());
    let clients = grantor_server::StoredClients::open(&stores).await.unwrap();
    clients.add(crate::support::with_codes(APP)).await.unwrap();
    let other = Server::builder(issuer, stores)
        .site_with(AccountSite::for_server)
        .build()
        .await
        .unwrap();
    let (code, tokens) = (fixture.code(APP).await, fixture.tokens(APP).await);
    assert!(!other.introspect(&tokens.access).await.unwrap().active);
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &*tokens.refresh),
    ];
    for pairs in [code.pairs(), refresh.to_vec()] {
        let reply = send(&other, client_request("/token", APP, &pairs)).await;
        reply.assert_error(400, "invalid_grant");
    }
    send(
        &other,
        client_request("/revoke", APP, &[("token", &tokens.refresh)]),
    )
    .await
    .assert_ok();
    assert!(fixture.is_active(&tokens.access).await);
    fixture.redeem(APP, &code).await.assert_ok();
}
