//! Lifetimes of grant types, of clients, and those without an end.

use std::sync::Arc;
use std::time::Duration;

use grantor_server::grant_type::{Implicit, Password};
use grantor_server::{Client, Config, Lifetime, NewClient, Profile, Server, Target};
use grantor_site::AccountSite;
use grantor_store::MemoryStore;

use crate::support::{APP, Fixture, MACHINE, PASSWORD, SPA, Tokens, Who};

const DAY: u64 = 24 * 3600;
const YEAR: u64 = 365 * DAY;
const OLD: Who = Who {
    id: "old",
    secret: Some("the secret of old"),
    redirect_uri: "https://old.example/cb",
};

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

async fn legacy(configure: impl FnOnce(&mut Config)) -> Fixture {
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        let builder = builder.grant_type(Password).grant_type(Implicit);
        let builder = builder.configure(|config| config.profile = Profile::Legacy20);
        builder.configure(configure)
    });
    let fixture = fixture.await;
    let old = NewClient::confidential(OLD.id)
        .with_grant_types(["password", "refresh_token"])
        .with_scope("read write".parse().unwrap())
        .with_secret(OLD.secret.unwrap());
    fixture.clients.add(old).await.unwrap();
    fixture
}

async fn sign_in(fixture: &Fixture) -> crate::support::Reply {
    let ask = [
        ("grant_type", "password"),
        ("username", "alice"),
        ("password", PASSWORD),
    ];
    fixture.token(OLD, &ask).await
}

async fn change(fixture: &Fixture, id: &str, change: impl Fn(&mut Client) + Send + Sync) {
    fixture.clients.update(id, change).await.unwrap().unwrap();
    fixture.clock.advance(1);
}

#[tokio::test]
async fn a_grant_type_has_lifetimes_of_its_own_which_a_refresh_keeps() {
    let fixture = legacy(|config| {
        config.grant_type("password").access_token_lifetime = Some(seconds(30 * DAY));
        config.grant_type("password").refresh_token_lifetime = Some(seconds(60 * DAY).into());
        config
            .grant_type("client_credentials")
            .access_token_lifetime = Some(seconds(7));
    })
    .await;
    let ask = [("grant_type", "client_credentials")];
    let machine = fixture.token(MACHINE, &ask).await;
    assert_eq!(machine.json()["expires_in"], 7);
    let code = fixture.code(APP).await;
    assert_eq!(fixture.redeem(APP, &code).await.json()["expires_in"], 300);
    let first = sign_in(&fixture).await;
    assert_eq!(first.json()["expires_in"], 30 * DAY);
    let refresh = first.member("refresh_token");
    fixture.clock.advance(60 * DAY - 1);
    let second = fixture.refresh(OLD, &refresh).await;
    assert_eq!(second.assert_ok().json()["expires_in"], 30 * DAY);
    let token = second.member("access_token");
    fixture.clock.advance(30 * DAY - 1);
    assert!(fixture.is_active(&token).await);
    fixture.clock.advance(1);
    assert!(!fixture.is_active(&token).await);
    fixture.clock.advance(30 * DAY);
    let late = fixture.refresh(OLD, &refresh).await;
    late.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_client_has_shorter_ones_and_no_longer_ones() {
    let fixture = legacy(|config| {
        config.grant_type("password").access_token_lifetime = Some(seconds(600));
    })
    .await;
    change(&fixture, OLD.id, |client| {
        client.access_token_lifetime = Some(seconds(60));
    })
    .await;
    assert_eq!(sign_in(&fixture).await.json()["expires_in"], 60);
    change(&fixture, OLD.id, |client| {
        client.access_token_lifetime = Some(seconds(3600));
    })
    .await;
    assert_eq!(sign_in(&fixture).await.json()["expires_in"], 600);
}

#[tokio::test]
async fn a_refresh_token_may_have_no_end() {
    for who in [APP, SPA] {
        let fixture =
            Fixture::with(|config| config.refresh_token_lifetime = Lifetime::NeverEnds).await;
        let mut tokens = fixture.tokens(who).await;
        let (_, entry) = fixture.record(*b"gr").await;
        assert_eq!(entry.expires_at, None);
        for years in [3, 40] {
            fixture.clock.advance(years * YEAR);
            fixture.server.maintain().await;
            tokens = Tokens::of(&fixture.refresh(who, &tokens.refresh).await);
            assert!(fixture.is_active(&tokens.access).await);
        }
        if who == APP {
            let seen = fixture.introspect(APP, &tokens.refresh).await;
            assert_eq!((&seen["active"], seen.get("exp")), (&true.into(), None));
        }
        // Its user still finds it, and ends it; then its record goes.
        let alice = fixture.accounts.named("alice").await.unwrap().unwrap();
        let listed = fixture.server.grants_of(&alice.subject).await.unwrap();
        assert_eq!(listed.len(), 1);
        let target = Target::Grant(listed[0].id.to_string());
        fixture.server.revoke(&target).await.unwrap();
        assert!(!fixture.is_active(&tokens.access).await);
        let late = fixture.refresh(who, &tokens.refresh).await;
        late.assert_error(400, "invalid_grant");
        let (_, entry) = fixture.record(*b"gr").await;
        assert!(entry.expires_at.is_some());
        assert!(fixture.records(*b"gs").await.is_empty());
    }
}

#[tokio::test]
async fn a_grant_without_an_end_has_one_once_the_server_has_one() {
    let fixture = Fixture::with(|config| config.refresh_token_lifetime = Lifetime::NeverEnds).await;
    let tokens = fixture.tokens(SPA).await;
    change(&fixture, SPA.id, |client| {
        client.refresh_token_lifetime = Some(seconds(DAY));
    })
    .await;
    let second = Tokens::of(&fixture.refresh(SPA, &tokens.refresh).await);
    for kind in [*b"gr", *b"gs"] {
        let (_, entry) = fixture.record(kind).await;
        assert!(entry.expires_at.is_some(), "{kind:?}");
    }
    fixture.clock.advance(DAY);
    let late = fixture.refresh(SPA, &second.refresh).await;
    late.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_client_may_want_an_end_where_the_server_has_none() {
    let fixture = Fixture::with(|config| config.refresh_token_lifetime = Lifetime::NeverEnds).await;
    change(&fixture, APP.id, |client| {
        client.refresh_token_lifetime = Some(seconds(60));
    })
    .await;
    let tokens = fixture.tokens(APP).await;
    fixture.clock.advance(60);
    let late = fixture.refresh(APP, &tokens.refresh).await;
    late.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_grant_ends_however_often_it_is_used() {
    for who in [APP, SPA] {
        let fixture = Fixture::with(|config| {
            config.grant_lifetime = seconds(10 * DAY).into();
        })
        .await;
        let mut tokens = fixture.tokens(who).await;
        for _ in 0..9 {
            fixture.clock.advance(DAY);
            tokens = Tokens::of(&fixture.refresh(who, &tokens.refresh).await);
        }
        fixture.clock.advance(DAY - 100);
        // No access token outlives the grant.
        let last = fixture.refresh(who, &tokens.refresh).await;
        assert_eq!(last.assert_ok().json()["expires_in"], 100);
        let last = Tokens::of(&last);
        if who == APP {
            let seen = fixture.introspect(APP, &last.refresh).await;
            assert_eq!(seen["exp"], fixture.now() + 100);
        }
        fixture.clock.advance(99);
        assert!(fixture.is_active(&last.access).await);
        fixture.clock.advance(1);
        assert!(!fixture.is_active(&last.access).await);
        let late = fixture.refresh(who, &last.refresh).await;
        late.assert_error(400, "invalid_grant");
        assert!(
            late.member("error_description").contains("sign in again"),
            "{late:?}"
        );
    }
}

#[tokio::test]
async fn a_client_s_grants_may_end_earlier() {
    let fixture = Fixture::new().await;
    change(&fixture, APP.id, |client| {
        client.grant_lifetime = Some(seconds(3600));
    })
    .await;
    let tokens = fixture.tokens(APP).await;
    fixture.clock.advance(3599);
    fixture.refresh(APP, &tokens.refresh).await.assert_ok();
    fixture.clock.advance(1);
    let late = fixture.refresh(APP, &tokens.refresh).await;
    late.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_code_is_worth_nothing_once_its_grant_has_ended() {
    let fixture = Fixture::with(|config| {
        config.grant_lifetime = seconds(60).into();
        config.code_lifetime = seconds(600);
    })
    .await;
    let code = fixture.code(APP).await;
    fixture.clock.advance(60);
    let late = fixture.redeem(APP, &code).await;
    late.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn lifetimes_have_bounds_and_belong_to_grant_types_that_are_there() {
    let fixture = Fixture::new().await;
    let issuer = fixture.server.issuer().clone();
    let built = Server::builder(issuer, fixture.stores.clone())
        .site_with(AccountSite::for_server)
        .configure(|config| {
            config.access_token_lifetime = seconds(30 * DAY + 1);
            config.grant_lifetime = seconds(59).into();
            config.grant_type("password").access_token_lifetime = Some(seconds(1));
            let codes = config.grant_type("authorization_code");
            codes.refresh_token_lifetime = Some(seconds(11 * YEAR).into());
            config.grant_type("refresh_token").grant_lifetime = Some(Lifetime::NeverEnds);
        })
        .build()
        .await;
    let told = built.unwrap_err().to_string();
    for problem in [
        "the access token lifetime must be between 1 s and 30 days",
        "the grant lifetime must be between 1 min and 10 years",
        "settings for the grant type password, which the server does not have",
        "the grant type authorization_code: the refresh token lifetime must",
        "the grant type refresh_token: a refresh has the settings",
    ] {
        assert!(told.contains(problem), "{problem}: {told}");
    }
}
