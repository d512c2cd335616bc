//! Clients that manage their registration (RFC 7592).

use grantor_server::Registration;
use http::{Method, header};
use serde_json::{Value, json};

use crate::support::{Ask, Browser, Fixture, Reply, Who, json_request, native};

/// A client that registered itself, and where its registration is.
struct Managed {
    fixture: Fixture,
    who: Who,
    path: String,
    token: String,
}

impl Managed {
    async fn new() -> Self {
        let fixture = Fixture::with(|config| config.registration = Registration::Open).await;
        let (who, answer) = fixture.registered().await;
        let url = answer["registration_client_uri"].as_str().unwrap();
        let path = url.strip_prefix("https://id.example").unwrap().to_owned();
        let token = answer["registration_access_token"].as_str().unwrap();
        Self {
            token: token.to_owned(),
            fixture,
            who,
            path,
        }
    }

    async fn send(&self, method: Method, token: &str, body: &Value) -> Reply {
        let request = json_request(method, &self.path, Some(token), body);
        self.fixture.send(request).await
    }

    async fn read(&self) -> Reply {
        self.send(Method::GET, &self.token, &Value::Null).await
    }

    async fn put(&self, token: &str, change: impl FnOnce(&mut Value)) -> Reply {
        let mut body = native();
        body["client_id"] = json!(self.who.id);
        change(&mut body);
        self.send(Method::PUT, token, &body).await
    }
}

#[tokio::test]
async fn a_client_reads_its_registration() {
    let managed = Managed::new().await;
    let answer = managed.read().await;
    answer.assert_ok();
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    assert_eq!(answer.member("client_id"), managed.who.id);
    assert_eq!(answer.member("client_name"), "An Agent");
    assert_eq!(answer.member("registration_access_token"), managed.token);
    assert!(
        answer
            .member("registration_client_uri")
            .ends_with(&managed.path)
    );
}

/// A registration that somebody else reads, changes or removes.
#[tokio::test]
async fn registration_abuse_without_the_clients_own_token_is_refused() {
    let managed = Managed::new().await;
    let (other, answer) = managed.fixture.registered().await;
    assert_ne!(other.id, managed.who.id);
    let of_other = answer["registration_access_token"].as_str().unwrap();
    for token in [of_other, "x", ""] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let refused = managed.send(method, token, &native()).await;
            refused.assert_error(401, "invalid_token");
            let challenge = refused.header(header::WWW_AUTHENTICATE);
            assert!(challenge.starts_with("Bearer "), "{challenge}");
        }
    }
    // Nor has a client of the operator's a registration.
    let path = "/register/client?client_id=spa";
    let request = json_request(Method::GET, path, Some(&managed.token), &Value::Null);
    managed
        .fixture
        .send(request)
        .await
        .assert_error(401, "invalid_token");
    managed.read().await.assert_ok();
}

#[tokio::test]
async fn a_change_replaces_the_registration_and_its_token() {
    let managed = Managed::new().await;
    let changed = managed.put(&managed.token, |body| {
        body["client_name"] = json!("Another Name");
        body["redirect_uris"] = json!(["http://127.0.0.1/other"]);
        body["client_uri"] = json!("https://app.example/");
    });
    let changed = changed.await;
    changed.assert_ok();
    let newer = changed.member("registration_access_token");
    assert_ne!(newer, managed.token);
    assert_eq!(changed.member("client_name"), "Another Name");
    assert_eq!(changed.member("client_uri"), "https://app.example/");
    let old = Ask::new(managed.who).url();
    Browser::new(&managed.fixture)
        .open(&old)
        .await
        .assert_error_page(400);
    // Whoever lost the answer repeats the request.
    let again = managed.put(&managed.token, |_| {}).await;
    let same = again.assert_ok().member("registration_access_token");
    assert_eq!(same, newer);
    assert_eq!(again.json().get("client_uri"), None);
    // Once the newer token was used for a change, the first is no more.
    managed.put(&newer, |_| {}).await.assert_ok();
    let refused = managed.put(&managed.token, |_| {}).await;
    refused.assert_error(401, "invalid_token");
}

/// A thief with a token that was replaced neither ends the newer one nor does anything after it.
#[tokio::test]
async fn registration_abuse_with_a_replaced_token_ends_with_the_use_of_its_successor() {
    for method in [Method::GET, Method::PUT] {
        let managed = Managed::new().await;
        let body = || {
            let mut body = native();
            body["client_id"] = json!(managed.who.id);
            body
        };
        let changed = managed.put(&managed.token, |_| {}).await;
        let newer = changed.assert_ok().member("registration_access_token");
        let used = managed.send(method, &newer, &body()).await;
        let newest = used.assert_ok().member("registration_access_token");
        for stolen in [Method::GET, Method::PUT, Method::DELETE] {
            let refused = managed.send(stolen, &managed.token, &body()).await;
            refused.assert_error(401, "invalid_token");
        }
        let read = managed.send(Method::GET, &newest, &Value::Null).await;
        read.assert_ok();
    }
}

#[tokio::test]
async fn registration_abuse_with_a_replaced_token_neither_ends_nor_replaces_its_successor() {
    let managed = Managed::new().await;
    let changed = managed.put(&managed.token, |_| {}).await;
    let newer = changed.assert_ok().member("registration_access_token");
    managed.fixture.clock.advance(59);
    for _ in 0..2 {
        let repeated = managed.put(&managed.token, |_| {}).await;
        let same = repeated.assert_ok().member("registration_access_token");
        assert_eq!(same, newer);
        let read = managed.read().await;
        let same = read.assert_ok().member("registration_access_token");
        assert_eq!(same, newer);
    }
    let removed = managed.send(Method::DELETE, &managed.token, &Value::Null);
    removed.await.assert_error(401, "invalid_token");
    // Its time is over, whether or not anybody uses the newer one.
    managed.fixture.clock.advance(1);
    managed.read().await.assert_error(401, "invalid_token");
    let late = managed.put(&managed.token, |_| {}).await;
    late.assert_error(401, "invalid_token");
    let removed = managed.send(Method::DELETE, &newer, &Value::Null).await;
    assert_eq!(removed.status, 204);
}

#[tokio::test]
async fn a_change_keeps_to_the_rules_of_registration() {
    let managed = Managed::new().await;
    for (name, value, code) in [
        ("client_id", json!("other"), "invalid_client_metadata"),
        ("client_id", Value::Null, "invalid_client_metadata"),
        ("client_secret", json!("chosen"), "invalid_client_metadata"),
        (
            "registration_access_token",
            json!("x"),
            "invalid_client_metadata",
        ),
        ("client_id_issued_at", json!(1), "invalid_client_metadata"),
        (
            "token_endpoint_auth_method",
            json!("client_secret_basic"),
            "invalid_client_metadata",
        ),
        (
            "redirect_uris",
            json!(["data:text/html,x"]),
            "invalid_redirect_uri",
        ),
        ("logo_uri", json!("javascript:x"), "invalid_client_metadata"),
    ] {
        let refused = managed
            .put(&managed.token, |body| body[name] = value.clone())
            .await;
        refused.assert_error(400, code);
    }
    let same = managed.read().await;
    assert_eq!(same.member("registration_access_token"), managed.token);
}

#[tokio::test]
async fn a_client_that_removes_itself_takes_its_tokens_along() {
    let managed = Managed::new().await;
    let tokens = managed.fixture.tokens(managed.who).await;
    let removed = managed
        .send(Method::DELETE, &managed.token, &Value::Null)
        .await;
    assert_eq!(removed.status, 204);
    assert!(removed.body.is_empty());
    assert!(!managed.fixture.is_active(&tokens.access).await);
    managed.read().await.assert_error(401, "invalid_token");
    // `invalid_client`, so that it registers again.
    let refused = managed.fixture.refresh(managed.who, &tokens.refresh).await;
    refused.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn other_methods_are_named() {
    let managed = Managed::new().await;
    let refused = managed.send(Method::POST, &managed.token, &native()).await;
    assert_eq!(refused.status, 405);
    assert_eq!(refused.header(header::ALLOW), "GET, HEAD, PUT, DELETE");
}

/// An operator who changes a client leaves its registration as it is.
#[tokio::test]
async fn a_change_by_the_operator_keeps_the_registration() {
    let managed = Managed::new().await;
    let id = managed.who.id;
    let named = managed
        .fixture
        .clients
        .update(id, |client| client.name = Some("Renamed".into()));
    assert!(named.await.unwrap().is_some());
    let answer = managed.read().await;
    assert_eq!(answer.assert_ok().member("client_name"), "Renamed");
}
