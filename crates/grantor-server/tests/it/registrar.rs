//! Registering clients and changing them.

use std::sync::Arc;
use std::time::Duration;

use grantor_core::Secret;
use grantor_server::{NewClient, Registrar, Rotation, StoredClients};
use tokio::task::JoinSet;

use crate::support::{APP, FILES, Fixture, MACHINE, SPA, Tokens, Who};

const ASK: [(&str, &str); 1] = [("grant_type", "client_credentials")];

fn with_secret(secret: &Secret) -> Who {
    Who {
        secret: Some(String::leak(secret.expose().to_owned())),
        ..MACHINE
    }
}

#[tokio::test]
async fn a_client_keeps_its_tokens_when_it_is_changed() {
    let fixture = Fixture::new().await;
    let token = fixture.token(MACHINE, &ASK).await.member("access_token");
    let clients: &dyn Registrar = &fixture.clients;
    let change = |client: &mut grantor_server::Client| {
        client.scope = "read".parse().unwrap();
        client.name = Some("Machine".to_owned());
        client.id = "another".to_owned();
        client.epoch = "another".to_owned();
    };
    let changed = clients.update(MACHINE.id, Box::new(change)).await.unwrap();
    let changed = changed.unwrap();
    assert_eq!(
        (&*changed.id, changed.display_name()),
        ("machine", "Machine")
    );
    fixture.clock.advance(1);
    assert!(fixture.is_active(&token).await);
    let reply = fixture.token(MACHINE, &ASK).await;
    assert_eq!(reply.assert_ok().member("scope"), "read");
    let none = clients.update("nobody", Box::new(|_| {})).await.unwrap();
    assert!(none.is_none());
}

#[tokio::test]
async fn a_change_is_held_to_the_rules_of_registration() {
    let fixture = Fixture::new().await;
    let change = |client: &mut grantor_server::Client| {
        client.grant_types = vec!["authorization_code".to_owned()];
    };
    let error = fixture
        .clients
        .update(MACHINE.id, change)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("redirect URI"), "{error}");
    let change = |client: &mut grantor_server::Client| {
        client.auth_method = grantor_server::ClientAuthMethod::None;
        client.grant_types = vec!["authorization_code".to_owned()];
        client.redirect_uris = vec![SPA.redirect_uri.parse().unwrap()];
    };
    let error = fixture
        .clients
        .update(MACHINE.id, change)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("stays public"), "{error}");
    fixture.token(MACHINE, &ASK).await.assert_ok();
}

#[tokio::test]
async fn an_old_secret_may_stay_valid_for_a_while() {
    let fixture = Fixture::new().await;
    let keep = Duration::from_secs(3600);
    let rotate = async || {
        let rotated = fixture.clients.rotate_secret(MACHINE.id, None, keep).await;
        fixture.clock.advance(1);
        with_secret(&rotated.unwrap().unwrap())
    };
    let (second, third) = (rotate().await, rotate().await);
    for who in [MACHINE, second, third] {
        fixture.token(who, &ASK).await.assert_ok();
    }
    // A later rotation does not make an earlier secret live longer.
    fixture.clock.advance(3598);
    for (who, status) in [(MACHINE, 401), (second, 200), (third, 200)] {
        assert_eq!(fixture.token(who, &ASK).await.status, status);
    }
    fixture.clock.advance(1);
    for (who, status) in [(second, 401), (third, 200)] {
        assert_eq!(fixture.token(who, &ASK).await.status, status);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_clients_with_one_resource_one_gets_it() {
    let fixture = Fixture::new().await;
    fixture.store.let_others_go_first();
    let clients = Arc::new(StoredClients::open(&fixture.stores).await.unwrap());
    let resource = "https://new.example/api";
    let mut adding = JoinSet::new();
    for i in 0..20 {
        let clients = Arc::clone(&clients);
        let new = NewClient::resource_server(format!("server-{i}"), resource);
        adding.spawn(async move { clients.add(new).await });
    }
    let added = adding.join_all().await;
    assert_eq!(added.iter().filter(|added| added.is_ok()).count(), 1);
    let all = clients.list().await.unwrap().unwrap();
    let own = all
        .iter()
        .filter(|c| c.resource_identifier.as_deref() == Some(resource));
    assert_eq!(own.count(), 1);
}

#[tokio::test]
async fn a_resource_is_free_again_when_its_client_gives_it_up() {
    let fixture = Fixture::new().await;
    let first = NewClient::resource_server("first", FILES);
    fixture.clients.add(first).await.unwrap();
    let second = || NewClient::resource_server("second", FILES);
    assert!(fixture.clients.add(second()).await.is_err());
    let change = |client: &mut grantor_server::Client| {
        client.resource_identifier = Some("https://other.example".to_owned());
    };
    fixture.clients.update("first", change).await.unwrap();
    fixture.clients.add(second()).await.unwrap();
    assert!(fixture.clients.remove("second").await.unwrap());
    fixture.clients.add(second()).await.unwrap();
}

#[tokio::test]
async fn a_client_may_be_stricter_than_the_server() {
    let fixture = Fixture::new().await;
    let change = |client: &mut grantor_server::Client| {
        client.rotation = Some(Rotation::Always);
        client.access_token_lifetime = Some(Duration::from_secs(60));
        client.refresh_token_lifetime = Some(Duration::from_secs(600));
    };
    fixture.clients.update(APP.id, change).await.unwrap();
    fixture.clock.advance(1);
    let code = fixture.code(APP).await;
    let reply = fixture.redeem(APP, &code).await;
    assert_eq!(reply.json()["expires_in"], 60);
    let first = Tokens::of(&reply);
    let second = Tokens::of(&fixture.refresh(APP, &first.refresh).await);
    assert_ne!(first.refresh, second.refresh);
    fixture.clock.advance(60);
    assert!(!fixture.is_active(&second.access).await);
    fixture.clock.advance(540);
    let late = fixture.refresh(APP, &second.refresh).await;
    late.assert_error(400, "invalid_grant");
    // And not laxer.
    let change = |client: &mut grantor_server::Client| {
        client.access_token_lifetime = Some(Duration::from_secs(3600));
    };
    fixture.clients.update(MACHINE.id, change).await.unwrap();
    fixture.clock.advance(1);
    let reply = fixture.token(MACHINE, &ASK).await;
    assert_eq!(reply.json()["expires_in"], 300);
}
