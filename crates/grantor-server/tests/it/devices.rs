//! Devices whose users decide in a browser elsewhere (RFC 8628).

use std::time::Duration;

use grantor_core::{DeviceAuthorizationResponse, Quirks};
use grantor_server::grant_type::DeviceCode;
use grantor_store::{Expect, Store};

use crate::support::{APP, Browser, Device, Fixture, ISSUER, TV, Tokens};

#[tokio::test]
async fn a_device_gets_tokens_once_its_user_agrees() {
    let fixture = Fixture::with_devices().await;
    let ask = [("scope", "read"), ("resource", "https://files.example")];
    let reply = fixture.post("/device_authorization", TV, &ask).await;
    assert_eq!(reply.header(http::header::CACHE_CONTROL), "no-store");
    let answer = http::Response::new(reply.body.clone());
    let read = DeviceAuthorizationResponse::from_response(&answer, &Quirks::NONE).unwrap();
    assert_eq!(read.verification_uri.as_str(), format!("{ISSUER}/device"));
    assert_eq!(read.expires_in, Duration::from_secs(600));
    assert_eq!(read.interval, Duration::from_secs(5));
    let device = Device::of(&reply);
    fixture
        .poll(&device)
        .await
        .assert_error(400, "authorization_pending");
    let done = fixture.answer_device(&device, "allow").await;
    assert!(done.assert_ok().text().contains("signed in now"));
    let tokens = Tokens::of(&fixture.poll(&device).await);
    let seen = fixture.server.introspect(&tokens.access).await.unwrap();
    assert_eq!(seen.client_id.as_deref(), Some(TV.id));
    assert_eq!(seen.scope.unwrap().as_str(), "read");
    assert_eq!(seen.aud, ["https://files.example"]);
    let again = fixture.refresh(TV, &tokens.refresh).await;
    assert_eq!(again.assert_ok().member("scope"), "read");
    fixture
        .poll(&device)
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_code_is_typed_in_as_users_type() {
    let fixture = Fixture::with_devices().await;
    let device = fixture.device().await;
    let typed = device.user_code.to_lowercase().replace('-', " ");
    let mut browser = Browser::new(&fixture);
    let login = browser.type_code(&typed).await;
    assert!(login.assert_ok().text().contains("Sign in"));
    for wrong in ["", "AAAA-AAAA", "<b>", "BCDF-GHJK"] {
        let page = browser.type_code(wrong).await;
        assert_eq!(page.status, 422, "{wrong}");
        assert!(page.text().contains("No device is waiting"), "{page:?}");
        assert!(!page.text().contains("<b>"));
    }
}

#[tokio::test]
async fn a_user_who_says_no_ends_it() {
    let fixture = Fixture::with_devices().await;
    let device = fixture.device().await;
    let done = fixture.answer_device(&device, "deny").await;
    assert!(done.assert_ok().text().contains("not signed in"));
    for _ in 0..2 {
        fixture
            .poll(&device)
            .await
            .assert_error(400, "access_denied");
    }
    fixture.clock.advance(700);
    fixture
        .poll(&device)
        .await
        .assert_error(400, "access_denied");
}

#[tokio::test]
async fn codes_expire() {
    let fixture = Fixture::with_devices().await;
    let (device, approved) = (fixture.device().await, fixture.device().await);
    let mut browser = Browser::new(&fixture);
    let consent = browser.claim(&device).await;
    fixture.answer_device(&approved, "allow").await.assert_ok();
    fixture.clock.advance(599);
    fixture
        .poll(&device)
        .await
        .assert_error(400, "authorization_pending");
    fixture.clock.advance(1);
    for device in [&device, &approved] {
        fixture
            .poll(device)
            .await
            .assert_error(400, "expired_token");
    }
    browser
        .press(&consent, &[], Some("allow"))
        .await
        .assert_error_page(400);
    let unknown = browser.type_code(&device.user_code).await;
    assert_eq!(unknown.status, 422);
    // Once the record is gone, nothing is known of it.
    fixture.clock.advance(600);
    fixture
        .poll(&device)
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_device_that_asks_too_often_has_to_wait_longer_on_any_process() {
    let fixture = Fixture::with_devices().await;
    let builder =
        grantor_server::Server::builder(fixture.server.issuer().clone(), fixture.stores.clone());
    let other = builder
        .without_default_grant_types()
        .grant_type(DeviceCode)
        .site_with(grantor_site::AccountSite::for_server);
    let other = other.build().await.unwrap();
    let device = fixture.device().await;
    fixture
        .poll(&device)
        .await
        .assert_error(400, "authorization_pending");
    fixture.clock.advance(3);
    let request = crate::support::client_request("/token", TV, &device.pairs());
    let reply = crate::support::send(&other, request).await;
    reply.assert_error(400, "slow_down");
    fixture.clock.advance(8);
    fixture.poll(&device).await.assert_error(400, "slow_down");
    fixture.clock.advance(15);
    fixture
        .poll(&device)
        .await
        .assert_error(400, "authorization_pending");
    // The answer of the user is there at once, however often the device asked.
    fixture.poll(&device).await.assert_error(400, "slow_down");
    fixture.answer_device(&device, "allow").await.assert_ok();
    fixture.poll(&device).await.assert_ok();
}

#[tokio::test]
async fn without_its_last_poll_a_device_may_ask_at_once() {
    let fixture = Fixture::with_devices().await;
    let device = fixture.device().await;
    fixture
        .poll(&device)
        .await
        .assert_error(400, "authorization_pending");
    let (key, _) = fixture.record(*b"dl").await;
    let _ = fixture.store.remove(&key, Expect::Any).await.unwrap();
    fixture
        .poll(&device)
        .await
        .assert_error(400, "authorization_pending");
}

#[tokio::test]
async fn what_a_device_asks_for_is_checked_at_once() {
    let fixture = Fixture::with_devices().await;
    for (pairs, code) in [
        (&[("scope", "admin")][..], "invalid_scope"),
        (&[("resource", "https://unknown.example")], "invalid_target"),
    ] {
        let reply = fixture.post("/device_authorization", TV, pairs).await;
        reply.assert_error(400, code);
    }
    let secret = crate::support::Who {
        secret: Some("guess"),
        ..TV
    };
    let reply = fixture.post("/device_authorization", secret, &[]).await;
    reply.assert_error(401, "invalid_client");
    assert!(fixture.records(*b"da").await.is_empty());
}

#[tokio::test]
async fn metadata_and_paths_say_where_devices_begin() {
    let with = Fixture::with_devices_on(
        std::sync::Arc::new(grantor_store::MemoryStore::new()),
        |config| {
            config.paths.device_authorization = "/tv/begin".to_owned();
            config.paths.verification = "/tv".to_owned();
        },
    );
    let with = with.await;
    let metadata = with
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    assert_eq!(
        metadata["device_authorization_endpoint"],
        format!("{ISSUER}/tv/begin")
    );
    let grants = metadata["grant_types_supported"].as_array().unwrap();
    assert!(grants.contains(&DeviceCode::NAME.into()));
    let device = Device::of(&with.post("/tv/begin", TV, &[]).await);
    assert!(
        device
            .complete
            .starts_with(&format!("{ISSUER}/tv?user_code="))
    );
    with.get("/tv").await.assert_ok();
    let without = Fixture::new().await;
    let metadata = without
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    assert_eq!(metadata.get("device_authorization_endpoint"), None);
    for path in ["/device", "/device_authorization"] {
        assert_eq!(without.get(path).await.status, 404);
    }
    without
        .token(APP, &device.pairs())
        .await
        .assert_error(400, "unsupported_grant_type");
}

#[tokio::test]
async fn signing_out_of_the_browser_leaves_the_device_signed_in() {
    let fixture = Fixture::with_devices().await;
    let device = fixture.device().await;
    fixture.answer_device(&device, "allow").await.assert_ok();
    let tokens = Tokens::of(&fixture.poll(&device).await);
    for (key, _) in fixture.records(*b"se").await {
        let _ = fixture.store.remove(&key, Expect::Any).await.unwrap();
    }
    let (_, entry) = fixture.record(*b"gr").await;
    let grant: serde_json::Value = serde_json::from_slice(&entry.value[1..]).unwrap();
    assert_eq!(grant["anchors"].get("session"), None);
    fixture.refresh(TV, &tokens.refresh).await.assert_ok();
}
