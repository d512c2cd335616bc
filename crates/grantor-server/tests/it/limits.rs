//! A client that tries too often is stopped, and nobody else.

use std::net::IpAddr;
use std::sync::Arc;

use grantor_core::PeerAddress;
use grantor_server::NewClient;
use grantor_site::{AccountSite, Passwords};
use grantor_store::MemoryStore;

use crate::support::{
    APP, Ask, Browser, Fixture, MACHINE, PASSWORD, Reply, SPA, Who, client_request, cookie_name,
};

/// A fixture with the limits that a server has by default.
async fn fixture() -> Fixture {
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| builder).await;
    let issuer = fixture.server.issuer().clone();
    let site = AccountSite::open(&fixture.stores, Passwords::danger_cheap(), &issuer).unwrap();
    let server = grantor_server::Server::builder(issuer, fixture.stores.clone()).site(site);
    for name in ["bob", "carol"] {
        fixture.accounts.add(name, &PASSWORD.into()).await.unwrap();
    }
    Fixture {
        server: server.build().await.unwrap(),
        ..fixture
    }
}

const ATTACKER: &str = "198.51.100.1";

async fn browser<'f>(fixture: &'f Fixture, address: &str) -> (Browser<'f>, Reply) {
    let mut browser = Browser::new(fixture);
    browser.address = Some(address.parse().unwrap());
    let login = browser.open(&Ask::new(SPA).url()).await;
    (browser, login)
}

async fn try_login(browser: &mut Browser<'_>, login: &Reply, name: &str, password: &str) -> Reply {
    let fill = [("username", name), ("password", password)];
    browser.press(login, &fill, None).await
}

#[tokio::test]
async fn an_attack_on_one_account_stops_neither_others_nor_its_own_known_browser() {
    let fixture = fixture().await;
    let (mut own, login) = browser(&fixture, "192.0.2.1").await;
    let consent = try_login(&mut own, &login, "alice", PASSWORD).await;
    assert!(consent.assert_ok().text().contains("Allow"));
    // From many addresses, so that the account's own limit counts.
    let mut refused = 0;
    for i in 0..100 {
        let (mut attacker, login) = browser(&fixture, &format!("198.51.100.{i}")).await;
        let page = try_login(&mut attacker, &login, " Alice ", "wrong").await;
        refused += u32::from(page.status == 429);
        assert!(matches!(page.status.as_u16(), 422 | 429));
    }
    assert_eq!(refused, 80);
    for (name, address) in [("bob", "192.0.2.2"), ("carol", "192.0.2.3")] {
        let (mut other, login) = browser(&fixture, address).await;
        let consent = try_login(&mut other, &login, name, PASSWORD).await;
        assert!(consent.assert_ok().text().contains("Allow"));
    }
    let again = Ask::new(SPA).with("prompt", "login");
    fixture.clock.advance(1);
    let login = own.open(&again.url()).await;
    let consent = try_login(&mut own, &login, "alice", PASSWORD).await;
    assert!(consent.assert_ok().text().contains("Allow"), "{consent:?}");
    // Another browser of hers has to wait, with the right password too.
    let (mut new, login) = browser(&fixture, "192.0.2.9").await;
    let page = try_login(&mut new, &login, "alice", PASSWORD).await;
    assert_eq!(page.status, 429);
    assert!(page.text().contains("too many attempts"));
    fixture.clock.advance(300);
    let (mut new, login) = browser(&fixture, "192.0.2.9").await;
    let consent = try_login(&mut new, &login, "alice", PASSWORD).await;
    assert!(consent.assert_ok().text().contains("Allow"));
}

/// Logins that succeed are no guesses. If they counted, the limit would be reached sooner for an account
/// in use than for an unknown name.
#[tokio::test]
async fn a_right_password_counts_nothing_and_the_limit_is_that_of_any_name() {
    let fixture = fixture().await;
    for i in 0..25 {
        let (mut kiosk, login) = browser(&fixture, &format!("192.0.2.{i}")).await;
        let consent = try_login(&mut kiosk, &login, "bob", PASSWORD).await;
        assert!(consent.assert_ok().text().contains("Allow"), "{i}");
    }
    for name in ["bob", "nobody"] {
        let mut statuses = Vec::new();
        for i in 0..25 {
            let (mut attacker, login) = browser(&fixture, &format!("198.51.100.{i}")).await;
            let page = try_login(&mut attacker, &login, name, "wrong").await;
            statuses.push(page.status.as_u16());
        }
        assert_eq!(
            statuses,
            [[422; 20].as_slice(), &[429; 5]].concat(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn an_attack_with_a_new_name_each_time_is_stopped_by_its_address() {
    let fixture = fixture().await;
    let (mut attacker, login) = browser(&fixture, ATTACKER).await;
    let mut statuses = Vec::new();
    for i in 0..100 {
        let page = try_login(&mut attacker, &login, &format!("user-{i}"), "wrong").await;
        statuses.push(page.status.as_u16());
    }
    assert!(statuses[..60].iter().all(|status| *status == 422));
    assert!(statuses[60..].iter().all(|status| *status == 429));
    for name in ["alice", "bob", "carol"] {
        let (mut honest, login) = browser(&fixture, "192.0.2.1").await;
        let consent = try_login(&mut honest, &login, name, PASSWORD).await;
        assert!(consent.assert_ok().text().contains("Allow"));
    }
}

#[tokio::test]
async fn a_known_browser_signs_in_from_an_address_that_others_guess_from() {
    let fixture = fixture().await;
    let (mut own, login) = browser(&fixture, ATTACKER).await;
    let consent = try_login(&mut own, &login, "alice", PASSWORD).await;
    assert!(consent.assert_ok().text().contains("Allow"));
    let (mut attacker, login) = browser(&fixture, ATTACKER).await;
    let mut last = 0;
    for i in 0..100 {
        let page = try_login(&mut attacker, &login, &format!("user-{i}"), "wrong").await;
        last = page.status.as_u16();
    }
    assert_eq!(last, 429);
    fixture.clock.advance(1);
    let login = own.open(&Ask::new(SPA).with("prompt", "login").url()).await;
    let consent = try_login(&mut own, &login, "alice", PASSWORD).await;
    assert!(consent.assert_ok().text().contains("Allow"), "{consent:?}");
}

#[tokio::test]
async fn a_browser_is_known_for_its_own_account_alone() {
    let fixture = fixture().await;
    let (mut attacker, login) = browser(&fixture, ATTACKER).await;
    try_login(&mut attacker, &login, "bob", PASSWORD)
        .await
        .assert_ok();
    assert!(attacker.cookies.contains_key(&cookie_name("known")));
    attacker.cookies.remove(&cookie_name("session"));
    attacker.address = None;
    let mut refused = 0;
    for _ in 0..30 {
        let login = attacker.open(&Ask::new(SPA).url()).await;
        let page = try_login(&mut attacker, &login, "alice", "wrong").await;
        refused += u32::from(page.status == 429);
    }
    assert_eq!(refused, 10);
}

async fn token(fixture: &Fixture, who: Who, address: Option<&str>) -> Reply {
    let ask = [("grant_type", "client_credentials")];
    let mut request = client_request("/token", who, &ask);
    if let Some(address) = address {
        let address: IpAddr = address.parse().unwrap();
        request.extensions_mut().insert(PeerAddress(address));
    }
    fixture.send(request).await
}

/// A generated secret can't be guessed, so the limit does not refuse it.
#[tokio::test]
async fn a_generated_secret_is_accepted_from_an_address_that_guesses_it() {
    let fixture = fixture().await;
    let client = NewClient::confidential("generated")
        .with_grant_types(["client_credentials"])
        .with_scope("read".parse().unwrap());
    let secret = fixture.clients.add(client).await.unwrap().unwrap();
    let right = Who {
        id: "generated",
        secret: Some(secret.expose().to_owned().leak()),
        redirect_uri: "",
    };
    let guess = Who {
        secret: Some("a guess"),
        ..right
    };
    for _ in 0..101 {
        token(&fixture, guess, Some(ATTACKER)).await;
    }
    let refused = token(&fixture, guess, Some(ATTACKER)).await;
    refused.assert_error(429, "temporarily_unavailable");
    token(&fixture, right, Some(ATTACKER)).await.assert_ok();
}

#[tokio::test]
async fn who_guesses_secrets_of_a_client_is_stopped_and_the_client_is_not() {
    let fixture = fixture().await;
    let guess = Who {
        secret: Some("a guess"),
        ..MACHINE
    };
    for _ in 0..100 {
        let reply = token(&fixture, guess, Some(ATTACKER)).await;
        reply.assert_error(401, "invalid_client");
    }
    for _ in 0..2 {
        let reply = token(&fixture, guess, Some(ATTACKER)).await;
        reply.assert_error(429, "temporarily_unavailable");
        assert_eq!(reply.header(http::header::RETRY_AFTER), "60");
        // The secret was chosen, so the right one is refused there too: a guesser learns nothing.
        let right = token(&fixture, MACHINE, Some(ATTACKER)).await;
        right.assert_error(429, "temporarily_unavailable");
        for address in [Some("192.0.2.1"), None] {
            token(&fixture, MACHINE, address).await.assert_ok();
        }
    }
    fixture.clock.advance(60);
    let reply = token(&fixture, guess, Some(ATTACKER)).await;
    reply.assert_error(401, "invalid_client");
}

/// Anybody can use the identifier of a public client, and each request takes room for an hour.
#[tokio::test]
async fn kept_requests_of_public_clients_are_limited_by_address() {
    let fixture = fixture().await;
    let push = async |who: Who, address: Option<&str>| {
        let ask = Ask::new(who).without("client_id");
        let pairs: Vec<_> = ask.pairs.iter().map(|(n, v)| (&**n, &**v)).collect();
        let mut request = client_request("/par", who, &pairs);
        if let Some(address) = address {
            let address: IpAddr = address.parse().unwrap();
            request.extensions_mut().insert(PeerAddress(address));
        }
        fixture.send(request).await
    };
    for i in 0..120 {
        assert_eq!(push(SPA, Some(ATTACKER)).await.status, 201, "{i}");
    }
    let refused = push(SPA, Some(ATTACKER)).await;
    refused.assert_error(429, "temporarily_unavailable");
    assert_eq!(refused.header(http::header::RETRY_AFTER), "60");
    // Neither others, nor a client that authenticates.
    for (who, address) in [(SPA, Some("192.0.2.1")), (SPA, None), (APP, Some(ATTACKER))] {
        assert_eq!(push(who, address).await.status, 201, "{address:?}");
    }
    fixture.clock.advance(60);
    assert_eq!(push(SPA, Some(ATTACKER)).await.status, 201);
}
