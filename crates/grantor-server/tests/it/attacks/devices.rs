//! The device grant (RFC 8628, RFC 10027).

use std::sync::Arc;

use grantor_server::grant_type::DeviceCode;
use grantor_store::MemoryStore;
use grantor_store_sqlite::SqliteStore;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{
    APP, Ask, Browser, DOCUMENT, Device, Fixture, Form, MACHINE, PASSWORD, Reply, SPA, TV, Tokens,
    Web, Who, client_request, document, send, with_codes,
};

/// A browser that is signed in, whose user has allowed a device of the same client before.
async fn victim(fixture: &Fixture) -> Browser<'_> {
    let first = fixture.device().await;
    let mut victim = Browser::new(fixture);
    let consent = victim.claim(&first).await;
    victim.allow(&consent).await.assert_ok();
    victim
}

const RADIO: Who = Who { id: "radio", ..TV };

/// RFC 8628 section 5.4, RFC 10027: a link with a code in it approves nothing by itself. The user sees
/// the code, the client and a warning, and has to say yes.
#[tokio::test]
async fn a_link_with_a_code_approves_nothing_by_itself() {
    let fixture = Fixture::with_devices().await;
    let mut victim = victim(&fixture).await;
    let device = fixture.device().await;
    let page = victim.open(&device.complete).await;
    assert!(page.assert_ok().text().contains(&device.user_code));
    assert!(page.text().contains("Whoever sends you a code"));
    fixture.clock.advance(5);
    fixture
        .poll(&device)
        .await
        .assert_error(400, "authorization_pending");
    let consent = victim.press(&page, &[], None).await;
    for part in [
        "The tv of Example",
        &device.user_code,
        "read",
        "Whoever sends you a code",
    ] {
        assert!(consent.assert_ok().text().contains(part), "{part}");
    }
    fixture.clock.advance(5);
    fixture
        .poll(&device)
        .await
        .assert_error(400, "authorization_pending");
    victim.allow(&consent).await.assert_ok();
    fixture.clock.advance(5);
    fixture.poll(&device).await.assert_ok();
}

/// A form on another site sends a code: it has no CSRF token, and none of this browser's.
#[tokio::test]
async fn another_site_can_not_send_a_code() {
    let fixture = Fixture::with_devices().await;
    let device = fixture.device().await;
    let mut attacker = Browser::new(&fixture);
    let page = attacker.open("/device").await;
    let foreign = Form::of(page.text()).input("csrf").to_owned();
    let mut victim = Browser::new(&fixture);
    victim.open("/device").await.assert_ok();
    for csrf in ["", &foreign] {
        let pairs = [("csrf", csrf), ("user_code", &device.user_code)];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let reply = victim.post("/device", &pairs).await;
        assert_eq!(reply.status, 403);
        assert!(reply.text().contains("too old"), "{reply:?}");
    }
}

/// RFC 8628 section 5.4: an attacker types the code in and sends the victim a link to the page after that,
/// where one click would be enough.
#[tokio::test]
async fn a_link_past_the_page_of_the_code_leads_back_to_it() {
    let fixture = Fixture::with_devices().await;
    let mut victim = victim(&fixture).await;
    let device = fixture.device().await;
    let mut attacker = Browser::new(&fixture);
    let seen = attacker.claim(&device).await;
    let form = Form::of(seen.assert_ok().text());
    let link = format!("{}?interaction={}", form.action, form.input("interaction"));
    // The victim is signed in, and so is the attacker, who was asked already.
    for browser in [&mut victim, &mut Browser::new(&fixture)] {
        let page = browser.open(&link).await;
        assert!(page.assert_ok().text().contains(&device.user_code));
        let form = Form::of(page.text());
        assert_eq!(
            (&*form.action, form.buttons.len()),
            ("/device", 0),
            "{form:?}"
        );
    }
    fixture.clock.advance(5);
    let waiting = fixture.poll(&device).await;
    waiting.assert_error(400, "authorization_pending");
}

/// django-oauth-toolkit issue 1819: a user approved a device that another user had claimed.
#[tokio::test]
async fn only_the_user_who_claimed_a_device_approves_it() {
    let fixture = Fixture::with_devices().await;
    fixture.accounts.add("bob", &PASSWORD.into()).await.unwrap();
    let device = fixture.device().await;
    let mut alice = Browser::new(&fixture);
    let consent = alice.claim(&device).await;
    // In another browser, whoever signs in there.
    let mut bob = Browser::new(&fixture);
    let login = bob.type_code(&fixture.device().await.user_code).await;
    bob.press(&login, &[("username", "bob"), ("password", PASSWORD)], None)
        .await
        .assert_ok();
    let stolen = bob.press(&consent, &[], Some("allow")).await;
    assert!(
        stolen
            .assert_ok()
            .text()
            .contains("Whoever sends you a code")
    );
    // And in the same browser, where another user has signed in meanwhile.
    alice.cookies.extend(
        bob.cookies
            .iter()
            .filter(|(name, _)| name.contains("session"))
            .map(|(n, v)| (n.clone(), v.clone())),
    );
    let stolen = alice.press(&consent, &[], Some("allow")).await;
    assert_eq!(stolen.status, 403, "{stolen:?}");
    fixture
        .poll(&device)
        .await
        .assert_error(400, "authorization_pending");
}

/// CVE-2023-2585: the page showed another client than the one that gets the tokens.
#[tokio::test]
async fn the_client_on_the_page_is_the_one_that_gets_the_tokens() {
    let fixture = Fixture::with_devices().await;
    let device = fixture.device().await;
    let mut browser = Browser::new(&fixture);
    let spoofed = format!("{}&client_id=radio&scope=write", device.complete);
    let page = browser.open(&spoofed).await;
    let login = browser.press(&page, &[], None).await;
    let consent = browser.sign_in(&login).await;
    assert!(consent.assert_ok().text().contains("The tv of Example"));
    assert!(!consent.text().contains("radio") && !consent.text().contains("write"));
    let form = Form::of(consent.text());
    let mut pairs = form.inputs.clone();
    for (name, value) in [
        ("decision", "allow"),
        ("client_id", "radio"),
        ("scope", "write"),
    ] {
        pairs.push((name.to_owned(), value.to_owned()));
    }
    browser.post(&form.action, &pairs).await.assert_ok();
    fixture
        .token(RADIO, &device.pairs())
        .await
        .assert_error(400, "invalid_grant");
    let tokens = fixture.poll(&device).await;
    assert_eq!(tokens.member("scope"), "read");
    let seen = fixture
        .server
        .introspect(&tokens.member("access_token"))
        .await
        .unwrap();
    assert_eq!(seen.client_id.as_deref(), Some("tv"));
}

/// RFC 8628 section 3.4: the code is bound to the client that asked for it.
#[tokio::test]
async fn a_device_code_of_another_client_is_refused() {
    let fixture = Fixture::with_devices().await;
    let device = fixture.device().await;
    fixture
        .token(RADIO, &device.pairs())
        .await
        .assert_error(400, "invalid_grant");
    fixture.answer_device(&device, "allow").await.assert_ok();
    fixture
        .token(RADIO, &device.pairs())
        .await
        .assert_error(400, "invalid_grant");
    // Neither may a client that has no such grant type.
    for who in [APP, SPA, MACHINE] {
        fixture
            .token(who, &device.pairs())
            .await
            .assert_error(400, "unauthorized_client");
        let refused = fixture.post("/device_authorization", who, &[]).await;
        refused.assert_error(400, "unauthorized_client");
    }
    fixture.poll(&device).await.assert_ok();
}

/// A client of the same name that was added later is another one.
#[tokio::test]
async fn a_device_code_of_a_removed_client_is_refused() {
    let fixture = Fixture::with_devices().await;
    let device = fixture.device().await;
    fixture.answer_device(&device, "allow").await.assert_ok();
    let pending = fixture.device().await;
    let mut browser = Browser::new(&fixture);
    let consent = browser.claim(&pending).await;
    fixture.clients.remove(TV.id).await.unwrap();
    let again = grantor_server::NewClient::public(TV.id)
        .with_grant_types([DeviceCode::NAME])
        .with_scope("read write".parse().unwrap());
    fixture.clients.add(again).await.unwrap();
    fixture.clock.advance(5);
    for device in [&device, &pending] {
        fixture
            .poll(device)
            .await
            .assert_error(400, "invalid_grant");
    }
    browser
        .press(&consent, &[], Some("allow"))
        .await
        .assert_error_page(400);
}

/// A device code is no authorization code, whatever its text is made to look like.
#[tokio::test]
async fn a_device_code_is_no_authorization_code() {
    let fixture = Fixture::with_devices().await;
    let device = fixture.device().await;
    fixture.answer_device(&device, "allow").await.assert_ok();
    let changed = |client: &mut grantor_server::Client| {
        client.grant_types.push("authorization_code".to_owned());
        client
            .redirect_uris
            .push("https://tv.example/cb".parse().unwrap());
    };
    fixture.clients.update(TV.id, changed).await.unwrap();
    fixture.clock.advance(2);
    let bare = device.device_code.strip_prefix("gd_").unwrap();
    let code = format!("gc_{bare}");
    let ask = [("grant_type", "authorization_code"), ("code", &code)];
    fixture
        .token(TV, &ask)
        .await
        .assert_error(400, "invalid_grant");
    let code = fixture.code(SPA).await;
    let as_device = code.code.replace("gc_", "gd_");
    let ask = [
        ("grant_type", DeviceCode::NAME),
        ("device_code", &as_device),
    ];
    fixture
        .token(TV, &ask)
        .await
        .assert_error(400, "invalid_grant");
    fixture.poll(&device).await.assert_ok();
}

/// Parallel polls of an approved code: CVE-2026-47386 in the device grant. On memory and SQLite.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_polls_of_one_approved_code_one_gets_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::open(folder.path().join("devices.db")).unwrap();
    let stores: [Arc<dyn grantor_store::Store>; 2] =
        [Arc::new(MemoryStore::new()), Arc::new(sqlite)];
    for store in stores {
        let fixture = Fixture::with_devices_on(store, |_| {}).await;
        fixture.store.let_others_go_first();
        for _ in 0..4 {
            let device = fixture.device().await;
            fixture.answer_device(&device, "allow").await.assert_ok();
            let mut running = JoinSet::new();
            for _ in 0..50 {
                let request = client_request("/token", TV, &device.pairs());
                let server = fixture.server.clone();
                running.spawn(async move { send(&server, request).await });
            }
            let replies: Vec<Reply> = running.join_all().await;
            let won: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
            assert_eq!(won.len(), 1);
            for reply in replies.iter().filter(|reply| reply.status != 200) {
                reply.assert_error(400, "invalid_grant");
            }
            // A device that asks twice keeps its tokens.
            let tokens = Tokens::of(won[0]);
            assert!(fixture.is_active(&tokens.access).await);
            fixture.refresh(TV, &tokens.refresh).await.assert_ok();
        }
    }
}

/// RFC 8628 section 3.5: many polls at once of a code that nobody has answered. One of them may have
/// waited long enough.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_polls_at_once_all_but_one_are_too_fast() {
    let fixture = Fixture::with_devices().await;
    fixture.store.let_others_go_first();
    let device = fixture.device().await;
    let mut running = JoinSet::new();
    for _ in 0..50 {
        let request = client_request("/token", TV, &device.pairs());
        let server = fixture.server.clone();
        running.spawn(async move { send(&server, request).await });
    }
    let replies: Vec<Reply> = running.join_all().await;
    let errors: Vec<String> = replies.iter().map(|reply| reply.member("error")).collect();
    let of = |name: &str| errors.iter().filter(|error| *error == name).count();
    assert_eq!(
        (of("authorization_pending"), of("slow_down")),
        (1, 49),
        "{errors:?}"
    );
}

/// Two users type in the same code. The first answer decides.
#[tokio::test]
async fn a_device_has_one_answer() {
    let fixture = Fixture::with_devices().await;
    let device = fixture.device().await;
    let (mut one, mut other) = (Browser::new(&fixture), Browser::new(&fixture));
    let (first, second) = (one.claim(&device).await, other.claim(&device).await);
    one.press(&first, &[], Some("deny")).await.assert_ok();
    other
        .press(&second, &[], Some("allow"))
        .await
        .assert_error_page(400);
    fixture
        .poll(&device)
        .await
        .assert_error(400, "access_denied");
    // The form that was sent twice says the same again.
    one.press(&first, &[], Some("deny")).await.assert_ok();
    let unknown = Browser::new(&fixture).type_code(&device.user_code).await;
    assert_eq!(unknown.status, 422);
}

/// Disabled while a device waits: RFC 8628 has the user's decision as the only thing that counts, but
/// a user who was revoked meanwhile has none.
#[tokio::test]
async fn a_user_who_was_revoked_signs_no_device_in() {
    let fixture = Fixture::with_devices().await;
    let device = fixture.device().await;
    fixture.answer_device(&device, "allow").await.assert_ok();
    let (_, entry) = fixture.record(*b"gr").await;
    let grant: serde_json::Value = serde_json::from_slice(&entry.value[1..]).unwrap();
    let subject = grant["subject"].as_str().unwrap().to_owned();
    let target = grantor_server::Target::Subject(subject);
    fixture.server.revoke(&target).await.unwrap();
    fixture
        .poll(&device)
        .await
        .assert_error(400, "invalid_grant");
}

/// Clients that are documents have no epoch of their own: the code is bound to the identifier.
#[tokio::test]
async fn a_device_code_of_another_document_is_refused() {
    const OTHER: Who = Who {
        id: "https://client.example/oauth/other.json",
        ..DOCUMENT
    };
    let web = Web::new();
    for who in [DOCUMENT, OTHER] {
        let mut described = document();
        described["client_id"] = json!(who.id);
        described["grant_types"] = json!([DeviceCode::NAME]);
        described["response_types"] = json!([]);
        web.serve(who.id, 200, described.to_string(), None);
    }
    let fixture = web.fixture_with(|builder| builder.grant_type(DeviceCode));
    let fixture = fixture.await;
    let device = Device::of(&fixture.post("/device_authorization", DOCUMENT, &[]).await);
    fixture.answer_device(&device, "allow").await.assert_ok();
    let stolen = fixture.token(OTHER, &device.pairs()).await;
    stolen.assert_error(400, "invalid_grant");
    fixture.token(DOCUMENT, &device.pairs()).await.assert_ok();
}

/// RFC 8628 section 5.4, RFC 10027: what a user allowed a client in their browser, a device has to be allowed
/// once more.
#[tokio::test]
async fn a_device_is_confirmed_though_its_client_was_allowed_before() {
    const CONSOLE: Who = Who {
        id: "console",
        ..APP
    };
    let fixture = Fixture::with_devices().await;
    let console = with_codes(CONSOLE).with_grant_types([
        "authorization_code",
        "refresh_token",
        DeviceCode::NAME,
    ]);
    fixture.clients.add(console).await.unwrap();
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(CONSOLE).url()).await;
    let consent = browser.sign_in(login.assert_ok()).await;
    browser.allow(&consent).await.code(CONSOLE.redirect_uri);
    let again = browser.open(&Ask::new(CONSOLE).url()).await;
    again.code(CONSOLE.redirect_uri);
    let ask = [("scope", "read")];
    let device = Device::of(&fixture.post("/device_authorization", CONSOLE, &ask).await);
    let asked = browser.type_code(&device.user_code).await;
    assert!(
        asked
            .assert_ok()
            .text()
            .contains("Whoever sends you a code")
    );
    let early = fixture.token(CONSOLE, &device.pairs()).await;
    early.assert_error(400, "authorization_pending");
    browser.allow(&asked).await.assert_ok();
    fixture.token(CONSOLE, &device.pairs()).await.assert_ok();
}
