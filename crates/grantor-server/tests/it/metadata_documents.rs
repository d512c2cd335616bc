//! Clients that are the URL of their metadata document
//! (draft-ietf-oauth-client-id-metadata-document, MCP 2026-07-28).

use std::sync::Arc;

use grantor_jose::{Algorithm, Key};
use grantor_server::{MetadataDocuments, NewClient, Profile, Server};
use grantor_store::MemoryStore;
use serde_json::json;

use crate::support::assertion::{Signing, request};
use crate::support::{
    Ask, Browser, Code, DOCUMENT, Fixture, Reply, Tokens, Web, Who, document, form_request,
};

const REFRESH: &str = "grant_type=refresh_token&client_id=https://client.example/oauth/client.json";

#[tokio::test]
async fn a_client_is_its_document_from_the_page_to_the_refresh() {
    let web = Web::new();
    let fixture = web.fixture().await;
    let metadata = fixture.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(
        metadata.json()["client_id_metadata_document_supported"],
        true
    );
    let tokens = fixture.tokens(DOCUMENT).await;
    let tokens = Tokens::of(&fixture.refresh(DOCUMENT, &tokens.refresh).await);
    assert!(fixture.is_active(&tokens.access).await);
    assert_eq!(web.fetched(), 1);
    let seen = fixture.server.introspect(&tokens.access).await.unwrap();
    assert_eq!(seen.client_id.as_deref(), Some(DOCUMENT.id));
}

#[tokio::test]
async fn the_page_shows_what_is_known_of_a_client_that_describes_itself() {
    let web = Web::new();
    let fixture = web.fixture().await;
    let page = consent(&fixture, Ask::new(DOCUMENT)).await;
    let warning = "Any program on this device";
    for shown in [
        "An Agent",
        "belongs to <strong>client.example</strong>",
        "Your answer goes to <strong>client.example</strong>",
    ] {
        assert!(page.text().contains(shown), "{shown}: {}", page.text());
    }
    assert!(!page.text().contains(warning), "{}", page.text());
    // MCP 2026-07-28, localhost redirect URI risks.
    let mut local = document();
    local["redirect_uris"] = json!(["http://127.0.0.1:3000/cb", "http://localhost:3000/cb"]);
    let web = Web::new();
    web.publish(&local);
    let fixture = web.fixture().await;
    let ask = Ask::new(DOCUMENT).with("redirect_uri", "http://127.0.0.1:4711/cb");
    let page = consent(&fixture, ask).await;
    assert!(page.text().contains(warning), "{}", page.text());
    let host = "Your answer goes to <strong>127.0.0.1:4711</strong>";
    assert!(page.text().contains(host), "{}", page.text());
    // A client of the operator's says nothing of that kind.
    let page = consent(&fixture, Ask::new(crate::support::SPA)).await;
    assert!(!page.text().contains("chose its name"), "{}", page.text());
    assert!(
        page.text()
            .contains("Your answer goes to <strong>spa.example</strong>")
    );
}

/// CIMD impersonation: a document that names another client, or is somewhere else (section 4.1).
#[tokio::test]
async fn cimd_impersonation_by_a_document_of_another_client_is_refused() {
    let web = Web::new();
    let fixture = web.fixture().await;
    let mine = "https://evil.example/client.json";
    web.serve(mine, 200, document().to_string(), None);
    let page = open(&fixture, &asking(mine)).await;
    page.assert_error_page(400);
    assert!(page.text().contains("byte for byte"), "{}", page.text());
    for spelling in [
        "https://CLIENT.example/oauth/client.json",
        "https://client.example:443/oauth/client.json",
        "https://client.example/x/../oauth/client.json",
        "https://client.example/oauth/client.json#",
        "https://evil@client.example/oauth/client.json",
        "http://client.example/oauth/client.json",
    ] {
        open(&fixture, &asking(spelling))
            .await
            .assert_error_page(400);
    }
    assert_eq!(web.fetched(), 1);
}

/// CIMD impersonation: a redirect to whoever asks (RFC 9700 section 4.1).
#[tokio::test]
async fn cimd_impersonation_by_another_redirect_uri_is_refused() {
    let web = Web::new();
    let fixture = web.fixture().await;
    for uri in [
        "https://evil.example/cb",
        "https://client.example/cb/../x",
        "https://client.example/cb?x",
        "http://127.0.0.1:3000/other",
        "http://localhost:3000/cb",
    ] {
        let ask = Ask::new(DOCUMENT).with("redirect_uri", uri);
        open(&fixture, &ask).await.assert_error_page(400);
    }
    // RFC 8252 section 7.3: of a loopback address any port.
    let ask = Ask::new(DOCUMENT).with("redirect_uri", "http://127.0.0.1:50123/cb");
    open(&fixture, &ask).await.assert_ok();
}

/// A document that changes while the user looks at the page: what they saw is what they allow.
#[tokio::test]
async fn a_decision_is_about_the_document_that_was_shown() {
    let web = Web::new();
    let fixture = web.fixture().await;
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(DOCUMENT).url()).await;
    let page = browser.sign_in(&login).await;
    let mut renamed = document();
    renamed["client_name"] = json!("The Bank");
    web.publish(&renamed);
    fixture.clock.advance(2400);
    let again = browser.allow(page.assert_ok()).await;
    assert_eq!(again.status, 403, "{again:?}");
    assert!(again.text().contains("The Bank"), "{}", again.text());
    // The redirect URI is gone: nothing goes there.
    let mut moved = document();
    moved["redirect_uris"] = json!(["https://client.example/other"]);
    web.publish(&moved);
    fixture.clock.advance(700);
    let refused = browser.allow(&again).await;
    refused.assert_error_page(400);
}

/// A code goes to the redirect URI of its decision, whatever the document says later.
#[tokio::test]
async fn a_code_keeps_the_redirect_uri_of_its_decision() {
    let web = Web::new();
    let body = document().to_string();
    web.serve(DOCUMENT.id, 200, body, Some("no-store"));
    let fixture = web.fixture().await;
    let ask = Ask::new(DOCUMENT);
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&ask.url()).await;
    let page = browser.sign_in(&login).await;
    fixture.clock.advance(40);
    let done = browser.allow(page.assert_ok()).await;
    let code = Code {
        code: done.code(DOCUMENT.redirect_uri),
        verifier: ask.verifier.expose().to_owned(),
        redirect_uri: DOCUMENT.redirect_uri.to_owned(),
    };
    let mut moved = document();
    moved["redirect_uris"] = json!(["https://evil.example/cb"]);
    web.publish(&moved);
    fixture.clock.advance(30);
    let mut other = code.clone();
    other.redirect_uri = "https://evil.example/cb".to_owned();
    fixture
        .redeem(DOCUMENT, &other)
        .await
        .assert_error(400, "invalid_grant");
    Tokens::of(&fixture.redeem(DOCUMENT, &code).await);
    assert_eq!(web.fetched(), 2);
}

#[tokio::test]
async fn a_document_that_is_gone_ends_no_token_and_gives_no_new_one() {
    let web = Web::new();
    let fixture = web.fixture().await;
    let tokens = fixture.tokens(DOCUMENT).await;
    web.serve(DOCUMENT.id, 404, "", None);
    fixture.clock.advance(120);
    assert!(fixture.is_active(&tokens.access).await);
    fixture.clock.advance(600);
    let refused = fixture.refresh(DOCUMENT, &tokens.refresh).await;
    refused.assert_error(401, "invalid_client");
    let ask = Ask::new(DOCUMENT);
    open(&fixture, &ask).await.assert_error_page(400);
    assert_eq!(web.fetched(), 2, "a failure has a cooldown");
    // It is back, and so is the client.
    web.publish(&document());
    fixture.clock.advance(5);
    Tokens::of(&fixture.refresh(DOCUMENT, &tokens.refresh).await);
}

/// A host that does not answer is no reason for a client to register again.
#[tokio::test]
async fn a_document_that_cannot_be_had_now_is_tried_later() {
    let web = Web::new();
    let fixture = web.fixture().await;
    let tokens = fixture.tokens(DOCUMENT).await;
    web.go_down();
    fixture.clock.advance(600);
    let later = fixture.refresh(DOCUMENT, &tokens.refresh).await;
    later.assert_error(503, "temporarily_unavailable");
    assert!(later.headers.contains_key(http::header::RETRY_AFTER));
    open(&fixture, &Ask::new(DOCUMENT))
        .await
        .assert_error_page(503);
    assert!(
        fixture
            .is_active(&fixture_token(&web, &fixture, &tokens).await)
            .await
    );
}

/// The tokens that a refresh gives once the host is back.
async fn fixture_token(web: &Web, fixture: &Fixture, tokens: &Tokens) -> String {
    web.publish(&document());
    fixture.clock.advance(5);
    Tokens::of(&fixture.refresh(DOCUMENT, &tokens.refresh).await).access
}

#[tokio::test]
async fn an_answer_says_how_long_its_document_is_kept() {
    let web = Web::new();
    let fixture = web.fixture().await;
    let body = document().to_string();
    web.serve(DOCUMENT.id, 200, body, Some("max-age=3600"));
    for (advance, fetched) in [(0, 1), (3599, 1), (1, 2)] {
        fixture.clock.advance(advance);
        open(&fixture, &Ask::new(DOCUMENT)).await.assert_ok();
        assert_eq!(web.fetched(), fetched, "after {advance} s more");
    }
}

/// A stampede: many browsers of one client at once.
#[tokio::test]
async fn of_many_who_ask_at_once_one_fetches() {
    let web = Web::new();
    let fixture = web.fixture().await;
    let asks: Vec<Ask> = (0..20).map(|_| Ask::new(DOCUMENT)).collect();
    let all = futures_util::future::join_all(asks.iter().map(|ask| open(&fixture, ask)));
    for page in all.await {
        page.assert_ok();
    }
    assert_eq!(web.fetched(), 1);
}

#[tokio::test]
async fn documents_that_break_the_rules_make_no_client() {
    let with = |name: &str, value: serde_json::Value| {
        let mut changed = document();
        changed[name] = value;
        changed.to_string()
    };
    let large = with(
        "client_uri",
        json!(format!("https://client.example/{}", "x".repeat(5120))),
    );
    for (body, reason) in [
        ("<html>".to_owned(), "not a JSON object"),
        (with("client_secret", json!("s3cret")), "client_secret"),
        (with("client_secret_expires_at", json!(0)), "client_secret"),
        (
            with("token_endpoint_auth_method", json!("client_secret_post")),
            "needs a secret",
        ),
        (
            with("token_endpoint_auth_method", json!("tls_client_auth")),
            "must be one of",
        ),
        (with("client_name", json!(null)), "client_name"),
        (with("client_name", json!("a\u{202e}b")), "nobody sees"),
        (with("redirect_uris", json!([])), "needs a redirect URI"),
        (
            with("redirect_uris", json!(["javascript:alert(1)"])),
            "redirect URI",
        ),
        (
            with("redirect_uris", json!(["http://client.example/cb"])),
            "redirect URI",
        ),
        (with("logo_uri", json!("javascript:alert(1)")), "logo_uri"),
        (
            with("grant_types", json!(["client_credentials"])),
            "grant_types",
        ),
        (with("response_types", json!(["token"])), "response_types"),
        (large, "too large"),
    ] {
        let web = Web::new();
        web.serve(DOCUMENT.id, 200, body, None);
        let fixture = web.fixture().await;
        let page = open(&fixture, &Ask::new(DOCUMENT)).await;
        page.assert_error_page(400);
        assert!(page.text().contains(reason), "{reason}: {}", page.text());
        let refused = fixture.send(form_request("/token", REFRESH)).await;
        refused.assert_error(401, "invalid_client");
    }
}

/// Scope escalation: a document asks for what the server does not offer to strangers.
#[tokio::test]
async fn a_document_gives_itself_no_scope_and_no_resource() {
    let web = Web::new();
    let fixture = web.fixture().await;
    let mut greedy = document();
    greedy["scope"] = json!("read admin");
    greedy["resource_identifier"] = json!("https://api.example");
    web.publish(&greedy);
    for (scope, allowed) in [("read", true), ("write", false), ("admin", false)] {
        let answer = open(&fixture, &Ask::new(DOCUMENT).with("scope", scope)).await;
        if allowed {
            answer.assert_ok();
        } else {
            answer.assert_error_page(400);
        }
    }
    let introspecting = "token=x&client_id=https://client.example/oauth/client.json";
    let refused = fixture
        .send(form_request("/introspect", introspecting))
        .await;
    refused.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn a_list_says_whose_documents_are_taken() {
    let web = Web::new();
    let hosts = |hosts: &[&str]| {
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        Some(MetadataDocuments::OfHosts(hosts))
    };
    let taken = hosts(&["client.example"]);
    let fixture = web
        .fixture_with(|it| it.configure(|config| config.metadata_documents = taken))
        .await;
    let tokens = fixture.tokens(DOCUMENT).await;
    let evil = "https://evil.example/client.json";
    open(&fixture, &asking(evil)).await.assert_error_page(400);
    assert_eq!(web.fetched(), 1);
    // Whoever takes a host off the list ends its tokens.
    let issuer = fixture.server.issuer().clone();
    let other = Server::builder(issuer, fixture.stores.clone())
        .without_default_grant_types()
        .grant_type(grantor_server::grant_type::ClientCredentials)
        .configure(|config| config.metadata_documents = hosts(&["other.example"]))
        .transport_with(web.transport());
    let other = other.build().await.unwrap();
    assert!(!other.introspect(&tokens.access).await.unwrap().active);
}

/// Section 6.10: the operator may register the URL, and their word counts.
#[tokio::test]
async fn a_url_that_is_registered_is_not_fetched() {
    let web = Web::new();
    let fixture = web.fixture().await;
    let tokens = fixture.tokens(DOCUMENT).await;
    let registered = NewClient::public(DOCUMENT.id)
        .with_grant_types(["authorization_code"])
        .with_scope("read".parse().unwrap())
        .with_redirect_uri("https://registered.example/cb".parse().unwrap());
    fixture.clients.add(registered).await.unwrap();
    assert!(!fixture.is_active(&tokens.access).await);
    let who = Who {
        redirect_uri: "https://registered.example/cb",
        ..DOCUMENT
    };
    let fetched = web.fetched();
    fixture.code(who).await;
    open(&fixture, &Ask::new(DOCUMENT))
        .await
        .assert_error_page(400);
    assert_eq!(web.fetched(), fetched);
}

/// Open redirector (RFC 9700 section 4.11.2): a link to this server that leads to the attacker's page
/// without a decision of the user.
#[tokio::test]
async fn an_open_redirector_is_nobody_who_describes_themselves() {
    let web = Web::new();
    let fixture = web.fixture().await;
    for (name, value) in [
        ("prompt", "none"),
        ("scope", "admin"),
        ("resource", "https://unknown.example"),
        ("response_type", "token"),
        ("code_challenge", "short"),
        ("request", "x"),
    ] {
        let answer = open(&fixture, &Ask::new(DOCUMENT).with(name, value)).await;
        answer.assert_error_page(400);
    }
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(DOCUMENT).url()).await;
    let page = browser.sign_in(&login).await;
    let denied = browser.press(page.assert_ok(), &[], Some("deny")).await;
    denied.assert_redirected_error(DOCUMENT.redirect_uri, "access_denied");
    // Their session does not make them somebody who is sent on unasked.
    let silent = browser
        .open(&Ask::new(DOCUMENT).with("prompt", "none").url())
        .await;
    silent.assert_error_page(400);
}

/// SSRF: a stranger has the server ask inside of its network (CVE-2020-10770; section 6.5).
#[tokio::test]
async fn ssrf_by_a_client_identifier_is_never_sent() {
    let web = Web::new();
    let fixture = web.fixture().await;
    for id in [
        "https://127.0.0.1/client.json",
        "https://[::1]/client.json",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/client.json",
        "https://localhost/client.json",
        "https://internal.localhost/client.json",
        "https://[::ffff:10.0.0.1]/client.json",
    ] {
        web.serve(id, 200, document().to_string(), None);
        open(&fixture, &asking(id)).await.assert_error_page(400);
        let body = format!("grant_type=refresh_token&refresh_token=x&client_id={id}");
        let refused = fixture.send(form_request("/token", &body)).await;
        refused.assert_error(401, "invalid_client");
    }
    assert_eq!(web.fetched(), 0);
}

/// Section 6.2: a document with public keys makes a confidential client, which authenticates by them.
#[tokio::test]
async fn a_client_whose_document_has_keys_signs() {
    let web = Web::new();
    let key = Key::generate(Algorithm::Es256).unwrap();
    let mut signs = document();
    signs["token_endpoint_auth_method"] = json!("private_key_jwt");
    signs["jwks"] = json!({ "keys": [key.public().unwrap()] });
    web.publish(&signs);
    let fixture = web.fixture().await;
    let app = Signing {
        id: DOCUMENT.id.to_owned(),
        key,
    };
    let code = fixture.code(DOCUMENT).await;
    // Who knows the code and the verifier is not the client.
    let unsigned = fixture.redeem(DOCUMENT, &code).await;
    unsigned.assert_error(401, "invalid_client");
    let stranger = Signing {
        id: app.id.clone(),
        key: Key::generate(Algorithm::Es256).unwrap(),
    };
    let by = |who: &Signing| request("/token", &who.assertion(&fixture), &code.pairs());
    let refused = fixture.send(by(&stranger)).await;
    refused.assert_error(401, "invalid_client");
    fixture.send(by(&app)).await.assert_ok();
}

/// Section 6.2 again, with the keys at a URL of their own (RFC 7591 section 2).
#[tokio::test]
async fn the_keys_of_a_document_may_be_at_a_url() {
    let web = Web::new();
    let key = Key::generate(Algorithm::Es256).unwrap();
    let url = "https://keys.client.example/jwks";
    let mut signs = document();
    signs["token_endpoint_auth_method"] = json!("private_key_jwt");
    signs["jwks_uri"] = json!(url);
    web.publish(&signs);
    let jwks = json!({ "keys": [key.public().unwrap()] });
    web.serve(url, 200, jwks.to_string(), None);
    let fixture = web.fixture().await;
    let app = Signing {
        id: DOCUMENT.id.to_owned(),
        key,
    };
    let code = fixture.code(DOCUMENT).await;
    // The page needs the document alone.
    assert_eq!(web.fetched(), 1);
    let stranger = Signing {
        id: app.id.clone(),
        key: Key::generate(Algorithm::Es256).unwrap(),
    };
    let by = |who: &Signing| request("/token", &who.assertion(&fixture), &code.pairs());
    let refused = fixture.send(by(&stranger)).await;
    refused.assert_error(401, "invalid_client");
    fixture.send(by(&app)).await.assert_ok();
    assert_eq!(web.fetched(), 2);
}

/// Also a client that authenticates by keys is asked for every time: its document may have changed.
#[tokio::test]
async fn a_document_that_changes_after_a_yes_gets_no_code_without_a_page() {
    let web = Web::new();
    let key = Key::generate(Algorithm::Es256).unwrap();
    let mut signs = document();
    signs["token_endpoint_auth_method"] = json!("private_key_jwt");
    signs["jwks"] = json!({ "keys": [key.public().unwrap()] });
    web.publish(&signs);
    let fixture = web.fixture().await;
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(DOCUMENT).url()).await;
    let page = browser.sign_in(&login).await;
    browser.allow(&page).await.code(DOCUMENT.redirect_uri);
    let thief = "https://thief.example/cb";
    signs["redirect_uris"] = json!([thief]);
    web.publish(&signs);
    fixture.clock.advance(601);
    let ask = Ask::new(DOCUMENT).with("redirect_uri", thief);
    let page = browser.open(&ask.url()).await;
    assert!(page.assert_ok().text().contains("thief.example"));
    let none = ask.with("prompt", "none");
    browser.open(&none.url()).await.assert_error_page(400);
}

#[tokio::test]
async fn without_the_setting_a_url_is_a_client_like_any_other() {
    let fixture = Fixture::new().await;
    open(&fixture, &Ask::new(DOCUMENT))
        .await
        .assert_error_page(400);
    let metadata = fixture.get("/.well-known/oauth-authorization-server").await;
    let flag = "client_id_metadata_document_supported";
    assert_eq!(metadata.json().get(flag), None);
}

#[tokio::test]
async fn a_server_without_a_way_out_says_so_when_it_is_built() {
    let fixture = Fixture::new().await;
    let builder = || {
        let issuer = fixture.server.issuer().clone();
        let builder = Server::builder(issuer, fixture.stores.clone())
            .without_default_grant_types()
            .grant_type(grantor_server::grant_type::ClientCredentials);
        builder.configure(|config| config.profile = Profile::Mcp)
    };
    let error = builder().build().await.unwrap_err();
    assert!(error.to_string().contains("transport_with"), "{error}");
    let anywhere = grantor_testkit::FakeTransport::script([]);
    let error = builder().transport_with(move |_| Ok(anywhere.clone()));
    let error = error.build().await.unwrap_err();
    assert!(error.to_string().contains("any address"), "{error}");
    let anywhere = grantor_testkit::FakeTransport::script([]);
    let open = builder()
        .configure(|config| config.danger_fetch_from_any_address = true)
        .transport_with(move |_| Ok(anywhere.clone()));
    assert!(open.build().await.is_ok());
}

#[tokio::test]
async fn for_tests_a_document_may_be_on_this_machine() {
    let id = "http://127.0.0.1:4711/client.json";
    let web = Web::new();
    let mut local = document();
    local["client_id"] = json!(id);
    web.serve(id, 200, local.to_string(), None);
    let transport = web.transport();
    let store = Arc::new(MemoryStore::new());
    let fixture = Fixture::on(store, |builder| {
        let builder = builder.transport_with(transport);
        builder.configure(|config| {
            config.metadata_documents = Some(MetadataDocuments::OfAnyHost);
            config.danger_fetch_from_any_address = true;
        })
    })
    .await;
    open(&fixture, &asking(id)).await.assert_ok();
    open(&fixture, &asking("http://client.example/c"))
        .await
        .assert_error_page(400);
    assert_eq!(web.fetched(), 1);
}

fn asking(client_id: &str) -> Ask {
    Ask::new(DOCUMENT).with("client_id", client_id)
}

async fn open(fixture: &Fixture, ask: &Ask) -> Reply {
    Browser::new(fixture).open(&ask.url()).await
}

async fn consent(fixture: &Fixture, ask: Ask) -> Reply {
    let mut browser = Browser::new(fixture);
    let login = browser.open(&ask.url()).await;
    browser.sign_in(login.assert_ok()).await
}
