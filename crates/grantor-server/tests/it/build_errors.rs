//! Faults of a configuration, reported when the server is built.

use std::sync::Arc;
use std::time::Duration;

use grantor_core::Issuer;
use grantor_jose::{Algorithm, Leeway};
use grantor_server::grant_type::ClientCredentials;
use grantor_server::{AccessTokens, NewClient, Server, ServerBuilder, StoredClients};
use grantor_site::{AccountSite, Accounts, Passwords};
use grantor_store::{MemoryStore, Namespace, Stores};
use grantor_testkit::store::EvictingStore;

use crate::support::{Fixture, ISSUER};

fn evicting() -> Stores {
    let store = Arc::new(EvictingStore::new(Arc::new(MemoryStore::new())));
    Stores::new(store, Namespace::new(ISSUER), grantor_http::system())
}

#[tokio::test]
async fn every_problem_is_told_at_once() {
    let issuer = Issuer::parse(ISSUER).unwrap();
    let built = Server::builder(issuer, evicting())
        .site_with(AccountSite::for_server)
        .grant_type(ClientCredentials)
        .configure(|config| {
            config.code_lifetime = Duration::from_secs(601);
            config.access_token_lifetime = Duration::ZERO;
            config.refresh_token_lifetime = Duration::from_secs(59).into();
            config.refresh_grace = Duration::from_millis(300_001);
            config.interaction_lifetime = Duration::from_secs(59);
            config.max_clock_skew = Duration::from_millis(60_001);
            config.access_tokens = AccessTokens::Jwt(Algorithm::Hs256);
            config.signing_key_rotation = Some(Duration::from_secs(3599));
            config.client_cache = Duration::from_millis(300_001);
        })
        .build()
        .await;
    let error = built.unwrap_err();
    let told = error.to_string();
    for problem in [
        "code lifetime",
        "access token lifetime",
        "refresh token lifetime",
        "refresh grace",
        "interaction lifetime",
        "clock skew",
        "ES256, EdDSA, RS256 or PS256",
        "at least 1 hour",
        "at most 300 s old",
        "the grant type client_credentials was added twice",
        "a grant can't be kept there: the evicting store may evict live records",
        "an account can't be kept there",
        "a client can't be kept there",
        "the server's keys can't be kept there",
    ] {
        assert!(told.contains(problem), "{problem}: {told}");
    }
    let problems = error.problems();
    for (i, problem) in problems.iter().enumerate() {
        assert!(!problems[..i].contains(problem), "{problem} is told twice");
        assert!(!problem.ends_with('.'));
    }
}

#[tokio::test]
async fn the_clock_skew_allowed_is_at_most_the_leeway_of_jwts() {
    let fixture = Fixture::new().await;
    for (skew, fine) in [
        (Duration::ZERO, true),
        (Leeway::MAX, true),
        (Leeway::MAX + Duration::from_millis(1), false),
        (Duration::from_secs(600), false),
    ] {
        let issuer = fixture.server.issuer().clone();
        let built = Server::builder(issuer, fixture.stores.clone())
            .site_with(AccountSite::for_server)
            .configure(|config| config.max_clock_skew = skew)
            .build()
            .await;
        let problems = built.map_or_else(|error| error.problems().to_vec(), |_| Vec::new());
        assert_eq!(problems.is_empty(), fine, "{skew:?}: {problems:?}");
        assert!(
            problems
                .iter()
                .all(|problem| problem.contains("at most 60 s"))
        );
    }
}

#[tokio::test]
async fn keys_need_a_master_key() {
    let store = Arc::new(MemoryStore::new());
    let stores = Stores::new(store, Namespace::new(ISSUER), grantor_http::system());
    let issuer = Issuer::parse(ISSUER).unwrap();
    let error = Server::builder(issuer, stores.clone())
        .site_with(AccountSite::for_server)
        .build()
        .await
        .unwrap_err();
    assert_eq!(
        error.problems(),
        [
            "the server's keys must be sealed: give a master key",
            "an account must be sealed: give a master key",
        ]
    );
    assert!(StoredClients::open(&stores).await.is_err());
}

#[tokio::test]
async fn clients_and_accounts_need_a_store_that_keeps() {
    let error = StoredClients::open(&evicting()).await.unwrap_err();
    assert!(error.problems().len() >= 2, "{error}");
    let error = Accounts::open(&evicting(), Passwords::danger_cheap()).unwrap_err();
    assert_eq!(error.problems().len(), 2, "{error}");
}

#[tokio::test]
async fn other_master_keys_do_not_open_the_store() {
    let fixture = Fixture::new().await;
    let key = grantor_store::MasterKey::from_bytes([8; 32]);
    let stores = fixture.stores.clone().seal_under(key.sealing_key());
    let issuer = fixture.server.issuer().clone();
    let error = Server::builder(issuer, stores)
        .site_with(AccountSite::for_server)
        .build()
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the server's keys can't be read"),
        "{error}"
    );
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_client_is_told_at_once() {
    let fixture = Fixture::new().await;
    let mut wrong = NewClient::public("ü")
        .with_grant_types(["client_credentials", "refresh_token"])
        .with_secret("");
    wrong.client.resource_identifier = Some("not absolute".to_owned());
    let error = fixture.clients.add(wrong).await.unwrap_err().to_string();
    for problem in [
        "identifier",
        "public client can't use",
        "has no secret",
        "the refresh_token grant type",
        "secret is empty",
        "absolute URI",
        "can't be a public client",
    ] {
        assert!(error.contains(problem), "{problem}: {error}");
    }
    let again = crate::support::with_codes(crate::support::APP);
    let error = fixture.clients.add(again).await.unwrap_err();
    assert!(error.to_string().contains("already"), "{error}");
    let thief = NewClient::resource_server("thief", crate::support::RESOURCE);
    let error = fixture.clients.add(thief).await.unwrap_err();
    assert!(
        error.to_string().contains("belongs to another client"),
        "{error}"
    );
}

#[tokio::test]
async fn a_grant_type_with_pages_needs_a_site_and_the_error_says_how_to_add_one() {
    let fixture = Fixture::new().await;
    let build = |change: fn(ServerBuilder) -> ServerBuilder| {
        let issuer = fixture.server.issuer().clone();
        change(Server::builder(issuer, fixture.stores.clone())).build()
    };
    let error = build(|builder| builder).await.unwrap_err();
    assert_eq!(error.problems().len(), 1, "{error}");
    for told in [
        "authorization_code",
        "ServerBuilder::site ",
        "ServerBuilder::site_with",
        "grantor-site",
        "without_default_grant_types",
    ] {
        assert!(error.to_string().contains(told), "{told}: {error}");
    }
    let without_pages = |builder: ServerBuilder| {
        let builder = builder.without_default_grant_types();
        builder.grant_type(ClientCredentials)
    };
    let server = build(without_pages).await.unwrap();
    assert!(!server.paths().iter().any(|path| path.contains("authorize")));
    let site = |builder: ServerBuilder| builder.site_with(AccountSite::for_server);
    assert!(build(site).await.is_ok());
}

#[tokio::test]
async fn records_of_one_issuer_are_not_served_as_another() {
    let fixture = Fixture::new().await;
    let built = |issuer: &str| {
        let issuer = Issuer::parse(issuer).unwrap();
        let builder = Server::builder(issuer, fixture.stores.clone());
        let builder = builder.without_default_grant_types();
        builder.grant_type(ClientCredentials).build()
    };
    let error = built("https://other.example").await.unwrap_err();
    let told = error.to_string();
    for part in [ISSUER, "https://other.example", "restore it without grants"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    built(ISSUER).await.unwrap();
}
