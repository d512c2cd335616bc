//! Clients that register themselves (RFC 7591).

use std::sync::{Arc, Mutex};

use grantor_core::{BoxFuture, ClientMetadata, ErrorCode, PeerAddress};
use grantor_jose::{Algorithm, Key};
use grantor_server::{
    Bucket, Client, Config, Error, EventKind, Limits, Registration, RegistrationPolicy,
};
use grantor_store::MemoryStore;
use http::request::Parts;
use http::{Method, Request, header};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::support::assertion::{Signing, request};
use crate::support::{
    Ask, Browser, DOCUMENT, Fixture, Reply, Tokens, Web, Who, document, json_request, native,
};

async fn open() -> Fixture {
    Fixture::with(|config| config.registration = Registration::Open).await
}

#[tokio::test]
async fn a_client_registers_itself_and_gets_tokens() {
    let fixture = open().await;
    let metadata = fixture.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(
        metadata.member("registration_endpoint"),
        "https://id.example/register"
    );
    let (who, answer) = fixture.registered().await;
    assert_eq!(answer["client_secret"], Value::Null);
    assert_eq!(answer["client_name"], "An Agent");
    assert_eq!(answer["token_endpoint_auth_method"], "none");
    assert_eq!(answer["scope"], "read write");
    assert_eq!(answer["application_type"], "native");
    assert!(answer["client_id_issued_at"].is_i64());
    let who = Who {
        redirect_uri: "http://127.0.0.1:3456/cb",
        ..who
    };
    let tokens = fixture.tokens(who).await;
    Tokens::of(&fixture.refresh(who, &tokens.refresh).await);
}

#[tokio::test]
async fn a_confidential_client_gets_a_secret_once() {
    let fixture = open().await;
    let metadata = json!({"redirect_uris": ["https://web.example/cb"], "client_name": "Web"});
    let answer = fixture.register(&metadata).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    assert_eq!(answer.json()["client_secret_expires_at"], 0);
    assert_eq!(
        answer.member("token_endpoint_auth_method"),
        "client_secret_basic"
    );
    let who = Who {
        id: answer.member("client_id").leak(),
        secret: Some(answer.member("client_secret").leak()),
        redirect_uri: "https://web.example/cb",
    };
    let code = fixture.code(who).await;
    fixture.redeem(who, &code).await.assert_ok();
}

#[tokio::test]
async fn a_client_with_keys_gets_no_secret_and_signs() {
    let fixture = open().await;
    let key = Key::generate(Algorithm::Es256).unwrap();
    let metadata = json!({
        "redirect_uris": ["https://web.example/cb"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": { "keys": [key.public().unwrap()] },
    });
    let answer = fixture.register(&metadata).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.json().get("client_secret"), None);
    assert_eq!(answer.json()["jwks"], metadata["jwks"]);
    let who = Who {
        id: answer.member("client_id").leak(),
        secret: None,
        redirect_uri: "https://web.example/cb",
    };
    let code = fixture.code(who).await;
    fixture
        .redeem(who, &code)
        .await
        .assert_error(401, "invalid_client");
    let app = Signing {
        id: who.id.to_owned(),
        key,
    };
    let signed = request("/token", &app.assertion(&fixture), &code.pairs());
    fixture.send(signed).await.assert_ok();
}

#[tokio::test]
async fn a_client_with_keys_at_a_url_signs_with_them() {
    let web = Web::new();
    let open = |config: &mut Config| config.registration = Registration::Open;
    let fixture = web.fixture_with(|builder| builder.configure(open)).await;
    let key = Key::generate(Algorithm::Es256).unwrap();
    let url = "https://web.example/jwks";
    let jwks = json!({ "keys": [key.public().unwrap()] });
    web.serve(url, 200, jwks.to_string(), None);
    let mut metadata = json!({
        "redirect_uris": ["https://web.example/cb"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": url,
    });
    let answer = fixture.register(&metadata).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.json()["jwks_uri"], url);
    assert_eq!(answer.json().get("jwks"), None);
    // A registration costs no other host anything.
    assert_eq!(web.fetched(), 0);
    let who = Who {
        id: answer.member("client_id").leak(),
        secret: None,
        redirect_uri: "https://web.example/cb",
    };
    let code = fixture.code(who).await;
    let app = Signing {
        id: who.id.to_owned(),
        key,
    };
    let signed = request("/token", &app.assertion(&fixture), &code.pairs());
    fixture.send(signed).await.assert_ok();
    metadata["jwks_uri"] = json!("https://169.254.169.254/latest/meta-data");
    let refused = fixture.register(&metadata).await;
    refused.assert_error(400, "invalid_client_metadata");
    assert_eq!(web.fetched(), 1);
}

#[tokio::test]
async fn the_page_says_that_nobody_has_checked_the_name() {
    let fixture = open().await;
    let (who, _) = fixture.registered().await;
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(who).url()).await;
    let page = browser.sign_in(&login).await;
    for shown in [
        "registered itself",
        "Nobody has checked it",
        "Any program on this device",
    ] {
        assert!(page.text().contains(shown), "{shown}: {}", page.text());
    }
}

#[tokio::test]
async fn without_the_setting_there_is_no_registration() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.register(&native()).await.status, 404);
    assert_eq!(
        fixture.get("/register/client?client_id=app").await.status,
        404
    );
}

/// RFC 7591 section 3.2.2.
#[tokio::test]
async fn what_is_wrong_is_named_by_its_code() {
    let fixture = open().await;
    let with = |name: &str, value: Value| {
        let mut changed = native();
        changed[name] = value;
        changed
    };
    for (metadata, code) in [
        (
            with("redirect_uris", json!(["javascript:alert(1)"])),
            "invalid_redirect_uri",
        ),
        (
            with("redirect_uris", json!(["http://app.example/cb"])),
            "invalid_redirect_uri",
        ),
        (
            with("redirect_uris", json!(["https://app.example/cb#x"])),
            "invalid_redirect_uri",
        ),
        (
            with("redirect_uris", json!(["https://*.app.example/cb"])),
            "invalid_redirect_uri",
        ),
        (
            with("application_type", json!("web")),
            "invalid_redirect_uri",
        ),
        (with("redirect_uris", json!([])), "invalid_client_metadata"),
        (with("redirect_uris", json!(7)), "invalid_client_metadata"),
        (
            with("redirect_uris", json!("http://127.0.0.1/cb")),
            "invalid_client_metadata",
        ),
        (
            with("redirect_uris", json!(["http://2130706433/cb"])),
            "invalid_redirect_uri",
        ),
        (
            with("logo_uri", json!("javascript:alert(1)")),
            "invalid_client_metadata",
        ),
        (
            with("token_endpoint_auth_method", json!("x")),
            "invalid_client_metadata",
        ),
        (
            with("grant_types", json!(["client_credentials"])),
            "invalid_client_metadata",
        ),
        (json!([]), "invalid_client_metadata"),
    ] {
        fixture.register(&metadata).await.assert_error(400, code);
    }
    let form = crate::support::form_request("/register", "client_name=x");
    fixture
        .send(form)
        .await
        .assert_error(400, "invalid_request");
    let large = with("client_name", json!("x".repeat(70_000)));
    fixture
        .register(&large)
        .await
        .assert_error(413, "invalid_request");
}

/// RFC 9449 section 5.2, RFC 9126 section 6.
#[tokio::test]
async fn a_client_is_held_to_the_proofs_and_the_pushed_requests_that_it_registers() {
    let fixture = open().await;
    let (bound, pushed) = (
        "dpop_bound_access_tokens",
        "require_pushed_authorization_requests",
    );
    let register = async |name: &str| {
        let mut metadata = native();
        metadata[name] = json!(true);
        let answer = fixture.register(&metadata).await;
        assert_eq!(answer.json()[name], true, "{answer:?}");
        Who {
            id: answer.member("client_id").leak(),
            secret: None,
            redirect_uri: "http://127.0.0.1/cb",
        }
    };
    let who = register(bound).await;
    let code = fixture.code(who).await;
    let unproved = fixture.redeem(who, &code).await;
    unproved.assert_error(400, "invalid_dpop_proof");
    let ask = Ask::new(register(pushed).await);
    let refused = Browser::new(&fixture).open(&ask.url()).await;
    refused.assert_error_page(400);
    assert!(refused.text().contains("pushed"), "{}", refused.text());
    let mut wrong = native();
    wrong[bound] = json!("yes");
    let refused = fixture.register(&wrong).await;
    refused.assert_error(400, "invalid_client_metadata");
}

/// RFC 9449 section 5.2, RFC 9126 section 6.
#[tokio::test]
async fn a_document_holds_its_client_to_proofs_and_to_pushed_requests() {
    let web = Web::new();
    let mut bound = document();
    bound["dpop_bound_access_tokens"] = json!(true);
    web.publish(&bound);
    let fixture = web.fixture().await;
    let code = fixture.code(DOCUMENT).await;
    let unproved = fixture.redeem(DOCUMENT, &code).await;
    unproved.assert_error(400, "invalid_dpop_proof");
    let web = Web::new();
    let mut pushes = document();
    pushes["require_pushed_authorization_requests"] = json!(true);
    web.publish(&pushes);
    let fixture = web.fixture().await;
    let ask = Ask::new(DOCUMENT).url();
    let refused = Browser::new(&fixture).open(&ask).await;
    refused.assert_error_page(400);
    assert!(refused.text().contains("pushed"), "{}", refused.text());
}

/// Members that the server does not know are neither stored nor given back.
#[tokio::test]
async fn registration_abuse_stores_nothing_unknown() {
    let fixture = open().await;
    let mut metadata = native();
    for (name, value) in [
        ("epoch", json!("0")),
        ("resource_identifier", json!("https://api.example")),
        ("client_id", json!("app")),
        ("client_secret", json!("chosen")),
        ("x-unknown", json!("kept?")),
        ("scope", json!("read admin")),
    ] {
        metadata[name] = value;
    }
    let answer = fixture.register(&metadata).await;
    assert_eq!(answer.status, 201);
    let json = answer.json();
    assert_ne!(json["client_id"], "app");
    assert_eq!(json["scope"], "read");
    for unknown in ["epoch", "resource_identifier", "client_secret", "x-unknown"] {
        assert_eq!(json.get(unknown), None, "{unknown}");
    }
    let token = answer.member("registration_access_token");
    for (_, entry) in fixture.records(*b"cl").await {
        let stored = String::from_utf8_lossy(&entry.value);
        assert!(
            !stored.contains("kept?") && !stored.contains(&token),
            "{stored}"
        );
    }
}

#[tokio::test]
async fn an_initial_access_token_admits_its_holder_alone() {
    let token = Registration::WithToken("an-initial-token".into());
    let fixture = Fixture::with(|config| config.registration = token).await;
    for wrong in [None, Some("another"), Some("")] {
        let request = json_request(Method::POST, "/register", wrong, &native());
        let refused = fixture.send(request).await;
        refused.assert_error(401, "invalid_token");
        let challenge = refused.header(header::WWW_AUTHENTICATE);
        assert!(challenge.starts_with("Bearer "), "{challenge}");
    }
    let request = json_request(
        Method::POST,
        "/register",
        Some("an-initial-token"),
        &native(),
    );
    assert_eq!(fixture.send(request).await.status, 201);
}

/// A confidential client that changes where its answers go gets no code from a user who once said yes
/// to another address.
#[tokio::test]
async fn registration_abuse_by_a_client_that_changes_after_a_yes_gets_no_code_without_a_page() {
    let fixture = open().await;
    let mut metadata = json!({"redirect_uris": ["https://web.example/cb"], "client_name": "Web"});
    let answer = fixture.register(&metadata).await;
    let who = |redirect_uri| Who {
        id: answer.member("client_id").leak(),
        secret: Some(answer.member("client_secret").leak()),
        redirect_uri,
    };
    let (before, after) = (
        who("https://web.example/cb"),
        who("https://thief.example/cb"),
    );
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(before).url()).await;
    let consent = browser.sign_in(&login).await;
    browser.allow(&consent).await.code(before.redirect_uri);
    let again = browser.open(&Ask::new(before).url()).await;
    assert!(again.assert_ok().text().contains("Allow"));
    metadata["client_id"] = json!(before.id);
    metadata["redirect_uris"] = json!([after.redirect_uri]);
    let url = answer.member("registration_client_uri");
    let path = url.strip_prefix("https://id.example").unwrap();
    let token = answer.member("registration_access_token");
    let put = json_request(Method::PUT, path, Some(&token), &metadata);
    fixture.send(put).await.assert_ok();
    let page = browser.open(&Ask::new(after).url()).await;
    assert!(page.assert_ok().text().contains("thief.example"));
    let none = Ask::new(after).with("prompt", "none");
    browser.open(&none.url()).await.assert_error_page(400);
    browser.allow(&page).await.code(after.redirect_uri);
}

/// A flood of registrations from one address fills no store.
#[tokio::test]
async fn registration_abuse_by_a_flood_from_one_address_is_stopped() {
    let fixture = open().await;
    let register = async |address: &str| register_from(&fixture, Some(address)).await;
    let mut stopped = 0;
    for _ in 0..80 {
        let answer = register("198.51.100.1").await;
        if answer.status == 429 {
            stopped += 1;
            assert!(answer.headers.contains_key(header::RETRY_AFTER));
        }
    }
    assert_eq!(stopped, 20);
    assert_eq!(register("192.0.2.1").await.status, 201);
    fixture.clock.advance(3600);
    assert_eq!(register("198.51.100.1").await.status, 201);
}

/// Nor does one from an IPv6 /48, where each of 65,536 networks has a count of its own.
#[tokio::test]
async fn registration_abuse_by_a_flood_from_a_network_is_stopped() {
    let fixture = open().await;
    for i in 0..301 {
        let address = format!("2001:db8:1:{i:x}::1");
        let answer = register_from(&fixture, Some(&address)).await;
        assert_eq!(answer.status, if i < 300 { 201 } else { 429 }, "{i}");
    }
    let other = register_from(&fixture, Some("2001:db8:2::1")).await;
    assert_eq!(other.status, 201);
}

/// Nor does one whose addresses a proxy hides.
#[tokio::test]
async fn registration_abuse_by_a_flood_without_an_address_is_stopped() {
    let fixture = open().await;
    let limits = Limits::new(&fixture.stores);
    let limit = limits.limit(Bucket::RegistrationsWithoutAddress).tries;
    for _ in 0..limit {
        let within = limits.try_now(Bucket::RegistrationsWithoutAddress, "");
        assert!(within.await.unwrap());
    }
    assert_eq!(register_from(&fixture, None).await.status, 429);
    let known = register_from(&fixture, Some("192.0.2.1")).await;
    assert_eq!(known.status, 201);
}

async fn register_from(fixture: &Fixture, address: Option<&str>) -> Reply {
    let mut request = json_request(Method::POST, "/register", None, &native());
    if let Some(address) = address {
        let address = PeerAddress(address.parse().unwrap());
        request.extensions_mut().insert(address);
    }
    fixture.send(request).await
}

#[tokio::test]
async fn a_client_that_is_never_used_goes_and_one_that_is_used_stays() {
    let fixture = open().await;
    let (used, _) = fixture.registered().await;
    let (unused, _) = fixture.registered().await;
    let tokens = fixture.tokens(used).await;
    fixture.clock.advance(24 * 3600 + 2);
    Tokens::of(&fixture.refresh(used, &tokens.refresh).await);
    let ask = Ask::new(unused).url();
    Browser::new(&fixture)
        .open(&ask)
        .await
        .assert_error_page(400);
    // So that it registers again.
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    fixture
        .token(unused, &pairs)
        .await
        .assert_error(401, "invalid_client");
    assert!(
        fixture
            .clients
            .list()
            .await
            .unwrap()
            .unwrap()
            .iter()
            .all(|c| c.id != unused.id)
    );
}

/// Opening the page is no use, and a no is none either: strangers would keep their clients by it.
#[tokio::test]
async fn only_a_yes_keeps_a_client() {
    let fixture = open().await;
    let (who, _) = fixture.registered().await;
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(who).url()).await;
    let page = browser.sign_in(&login).await;
    browser.press(page.assert_ok(), &[], Some("deny")).await;
    fixture.clock.advance(24 * 3600 + 2);
    let ask = Ask::new(who).url();
    Browser::new(&fixture)
        .open(&ask)
        .await
        .assert_error_page(400);
}

#[tokio::test]
async fn any_web_page_may_register_without_cookies() {
    let fixture = open().await;
    let preflight = Request::builder()
        .method(Method::OPTIONS)
        .uri("/register")
        .header(header::ORIGIN, "https://inspector.example")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .body(Full::<bytes::Bytes>::default());
    let answer = fixture.send(preflight.unwrap()).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    let answer = fixture.register(&native()).await;
    assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    let credentials = header::ACCESS_CONTROL_ALLOW_CREDENTIALS;
    assert!(!answer.headers.contains_key(credentials));
}

#[tokio::test]
async fn registrations_are_events() {
    let told: Arc<Mutex<Vec<EventKind>>> = Arc::default();
    let listener = Arc::clone(&told);
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        builder
            .configure(|config| config.registration = Registration::Open)
            .on_event(move |event| listener.lock().unwrap().push(event.kind))
    })
    .await;
    fixture.registered().await;
    assert!(told.lock().unwrap().contains(&EventKind::ClientRegistered));
}

/// Admits one kind of software, without refresh tokens.
#[derive(Debug)]
struct OneKind;

impl RegistrationPolicy for OneKind {
    fn review<'a>(
        &'a self,
        metadata: &'a ClientMetadata,
        client: &'a mut Client,
        _: &'a Parts,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            if metadata.software_id.as_deref() != Some("agent") {
                let code = ErrorCode::InvalidClientMetadata;
                return Err(Error::refused(code, "this software is not known here"));
            }
            client.grant_types.retain(|name| name != "refresh_token");
            client.id = "chosen".to_owned();
            Ok(())
        })
    }
}

#[tokio::test]
async fn the_application_has_the_last_word() {
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        builder
            .configure(|config| config.registration = Registration::Open)
            .registration_policy(OneKind)
    })
    .await;
    let refused = fixture.register(&native()).await;
    refused.assert_error(400, "invalid_client_metadata");
    let mut known = native();
    known["software_id"] = json!("agent");
    let answer = fixture.register(&known).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json()["grant_types"], json!(["authorization_code"]));
    assert_ne!(answer.member("client_id"), "chosen");
}

/// Guessing the initial access token: an address gets so many tries, and the right token is accepted all
/// the same.
#[tokio::test]
async fn guessing_the_registration_token_is_stopped_by_address() {
    let token = Registration::WithToken("an-initial-token".into());
    let fixture = Fixture::with(|config| config.registration = token).await;
    let register = async |token: &str, address: &str| {
        let mut request = json_request(Method::POST, "/register", Some(token), &native());
        let address = PeerAddress(address.parse().unwrap());
        request.extensions_mut().insert(address);
        fixture.send(request).await
    };
    for _ in 0..100 {
        assert_eq!(register("wrong", "198.51.100.1").await.status, 401);
    }
    let stopped = register("wrong", "198.51.100.1").await;
    assert_eq!(stopped.status, 429);
    assert_eq!(stopped.header(header::RETRY_AFTER), "60");
    assert_eq!(register("wrong", "198.51.100.2").await.status, 401);
    let admitted = register("an-initial-token", "198.51.100.1").await;
    assert_eq!(admitted.status, 201);
}
