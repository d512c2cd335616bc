//! Requests that clients push before the browser comes (RFC 9126).

use std::time::Duration;

use grantor_core::{Issuer, ServerMetadata};
use grantor_server::{NewClient, Server};
use grantor_site::AccountSite;

use crate::support::{
    APP, Ask, Browser, Code, Fixture, ISSUER, MACHINE, OTHER, Reply, SPA, STATE, Tokens, Who, value,
};

async fn push(fixture: &Fixture, who: Who, ask: &Ask) -> Reply {
    let pairs = ask.pairs.iter().map(|(n, v)| (n.as_str(), v.as_str()));
    // A public client names itself already, as its authentication.
    let pairs: Vec<_> = pairs
        .filter(|pair| who.secret.is_some() || pair.0 != "client_id")
        .collect();
    fixture.post("/par", who, &pairs).await
}

/// Where the browser is sent with a request that was pushed.
async fn pushed(fixture: &Fixture, who: Who, ask: &Ask) -> String {
    let reply = push(fixture, who, ask).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    assert_eq!(reply.json()["expires_in"], 90);
    url(who, &reply.member("request_uri"))
}

fn url(who: Who, request_uri: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("client_id", who.id);
    query.append_pair("request_uri", request_uri);
    format!("/authorize?{}", query.finish())
}

#[tokio::test]
async fn a_pushed_request_leads_to_a_code_and_no_page_shows_what_is_in_it() {
    for who in [APP, SPA] {
        let fixture = Fixture::new().await;
        let ask = Ask::new(who).with("nonce", "a-nonce-that-stays-inside");
        let url = pushed(&fixture, who, &ask).await;
        let mut browser = Browser::new(&fixture);
        let login = browser.open(&url).await;
        let consent = browser.sign_in(login.assert_ok()).await;
        let done = browser.allow(consent.assert_ok()).await;
        assert_eq!(
            value(&done.callback(who.redirect_uri), "state"),
            Some(STATE)
        );
        let code = Code {
            code: done.code(who.redirect_uri),
            verifier: ask.verifier.expose().to_owned(),
            redirect_uri: who.redirect_uri.to_owned(),
        };
        let tokens = Tokens::of(&fixture.redeem(who, &code).await);
        assert!(fixture.is_active(&tokens.access).await);
        let leaks = |reply: &Reply| {
            let text = format!("{} {:?}", reply.text(), reply.headers);
            let to_client = text.contains(&format!("{}?", who.redirect_uri));
            // In base64url, at whichever offset it begins.
            let hidden = [
                "EtY2hhbGxlbmdl",
                "2NoYWxsZW5nZ",
                "jaGFsbGVuZ2",
                "nonce-that-stays",
            ];
            !to_client && hidden.iter().any(|it| text.contains(it))
        };
        assert!(!browser.seen.iter().any(leaks));
    }
}

#[tokio::test]
async fn it_leads_to_one_answer() {
    let fixture = Fixture::new().await;
    let ask = Ask::new(APP);
    let url = pushed(&fixture, APP, &ask).await;
    let (mut first, mut second) = (Browser::new(&fixture), Browser::new(&fixture));
    // Loading it uses nothing up: a page may be loaded again.
    let login = first.open(&url).await;
    first.open(&url).await.assert_ok();
    let other = second.open(&url).await;
    let consent = first.sign_in(login.assert_ok()).await;
    let other = second.sign_in(other.assert_ok()).await;
    let done = first.allow(consent.assert_ok()).await;
    done.code(APP.redirect_uri);
    let denied = second.press(other.assert_ok(), &[], Some("deny")).await;
    denied.assert_error_page(400);
    let mut third = Browser::new(&fixture);
    third.open(&url).await.assert_error_page(400);
}

#[tokio::test]
async fn what_comes_with_the_browser_besides_changes_nothing() {
    let fixture = Fixture::new().await;
    let url = pushed(&fixture, APP, &Ask::new(APP).with("scope", "read")).await;
    let url = format!("{url}&scope=read+write&redirect_uri=https%3A%2F%2Fevil.example&state=x");
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&url).await;
    let consent = browser.sign_in(login.assert_ok()).await;
    assert!(!consent.assert_ok().text().contains("write"));
    let done = browser.allow(&consent).await;
    assert_eq!(
        value(&done.callback(APP.redirect_uri), "state"),
        Some(STATE)
    );
}

#[tokio::test]
async fn a_request_uri_is_valid_for_its_client_until_it_expires() {
    let fixture = Fixture::new().await;
    let reply = push(&fixture, APP, &Ask::new(APP)).await;
    let request_uri = reply.member("request_uri");
    fixture
        .get(&url(OTHER, &request_uri))
        .await
        .assert_error_page(400);
    let without_client = format!("/authorize?request_uri={request_uri}");
    fixture.get(&without_client).await.assert_error_page(400);
    let mut forged = request_uri.clone();
    let last = forged.pop();
    forged.push(if last == Some('A') { 'B' } else { 'A' });
    forged.replace_range(40..41, if &forged[40..41] == "A" { "B" } else { "A" });
    fixture.get(&url(APP, &forged)).await.assert_error_page(400);
    fixture.get(&url(APP, &request_uri)).await.assert_ok();
    fixture.clock.advance(90);
    fixture
        .get(&url(APP, &request_uri))
        .await
        .assert_error_page(400);
}

#[tokio::test]
async fn a_page_that_is_open_goes_on_when_it_can_not_be_loaded_any_more() {
    let fixture = Fixture::new().await;
    let url = pushed(&fixture, APP, &Ask::new(APP)).await;
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&url).await;
    fixture.clock.advance(600);
    let consent = browser.sign_in(login.assert_ok()).await;
    let done = browser.allow(consent.assert_ok()).await;
    done.code(APP.redirect_uri);
}

#[tokio::test]
async fn a_client_that_was_removed_and_added_anew_has_pushed_nothing() {
    let fixture = Fixture::new().await;
    let url = pushed(&fixture, APP, &Ask::new(APP)).await;
    fixture.clients.remove(APP.id).await.unwrap();
    let again = crate::support::with_codes(APP);
    fixture.clients.add(again).await.unwrap();
    // The server reads a client again after a second.
    fixture.clock.advance(2);
    let reply = fixture.get(&url).await;
    reply.assert_redirected_error(APP.redirect_uri, "invalid_request");
}

#[tokio::test]
async fn what_is_wrong_is_said_when_it_is_pushed() {
    let fixture = Fixture::new().await;
    for (who, ask, status, code) in [
        (
            APP,
            Ask::new(APP).without("code_challenge"),
            400,
            "invalid_request",
        ),
        (
            APP,
            Ask::new(APP).with("redirect_uri", "https://evil.example"),
            400,
            "invalid_request",
        ),
        (
            APP,
            Ask::new(APP).with("scope", "admin"),
            400,
            "invalid_scope",
        ),
        (
            APP,
            Ask::new(APP).with("response_type", "token"),
            400,
            "unsupported_response_type",
        ),
        (
            APP,
            Ask::new(APP).with("prompt", "dance"),
            400,
            "invalid_request",
        ),
        (
            APP,
            Ask::new(APP).with("resource", "https://x.example"),
            400,
            "invalid_target",
        ),
        (
            APP,
            Ask::new(APP).with("request", "e30."),
            400,
            "request_not_supported",
        ),
        (
            APP,
            Ask::new(APP).with("request_uri", "urn:x"),
            400,
            "invalid_request",
        ),
        (
            APP,
            Ask::new(APP).with("client_id", OTHER.id),
            400,
            "invalid_request",
        ),
        (
            APP,
            Ask::new(APP).with("x", &"x".repeat(9000)),
            413,
            "invalid_request",
        ),
        (
            APP,
            Ask::new(APP).and("state", "again"),
            400,
            "invalid_request",
        ),
        (
            MACHINE,
            Ask::new(APP).with("client_id", MACHINE.id),
            400,
            "invalid_request",
        ),
    ] {
        let reply = push(&fixture, who, &ask).await;
        assert!(!reply.headers.contains_key("location"), "{ask:?}");
        reply.assert_error(status, code);
    }
    let wrong = Who {
        secret: Some("wrong"),
        ..APP
    };
    push(&fixture, wrong, &Ask::new(APP))
        .await
        .assert_error(401, "invalid_client");
    assert!(fixture.records(*b"pr").await.is_empty());
}

#[tokio::test]
async fn the_secret_of_a_client_is_not_kept_with_its_request() {
    let fixture = Fixture::new().await;
    let mut ask = Ask::new(APP);
    ask = ask.with("client_secret", APP.secret.unwrap());
    let form = crate::support::form(&ask.pairs);
    let reply = fixture
        .send(crate::support::form_request("/par", &form))
        .await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let (_, entry) = fixture.record(*b"pr").await;
    let stored = String::from_utf8_lossy(&entry.value).into_owned();
    assert!(
        stored.contains("code_challenge") && !stored.contains("client_secret"),
        "{stored}"
    );
}

#[tokio::test]
async fn a_server_or_a_client_may_require_it() {
    let server = Fixture::with(|c| c.require_pushed_authorization_requests = true).await;
    let client = Fixture::new().await;
    let mut strict: NewClient = crate::support::with_codes(APP);
    strict.client.id = "strict".to_owned();
    strict.client.require_pushed_authorization_requests = true;
    client.clients.add(strict).await.unwrap();
    let strict = Who {
        id: "strict",
        ..APP
    };
    for (fixture, who, required) in [(&server, APP, true), (&client, strict, false)] {
        let refused = fixture.get(&Ask::new(who).url()).await;
        refused.assert_redirected_error(who.redirect_uri, "invalid_request");
        let url = pushed(fixture, who, &Ask::new(who)).await;
        fixture.get(&url).await.assert_ok();
        let metadata = fixture.get("/.well-known/oauth-authorization-server").await;
        let metadata = ServerMetadata::parse(&metadata.body, fixture.server.issuer()).unwrap();
        assert_eq!(metadata.require_pushed_authorization_requests, required);
        let endpoint = metadata.pushed_authorization_request_endpoint.unwrap();
        assert_eq!(endpoint.as_str(), "https://id.example/par");
    }
    client.get(&Ask::new(APP).url()).await.assert_ok();
}

#[tokio::test]
async fn it_is_valid_no_longer_than_its_answer_is_known() {
    let build = async |pushed: u64| {
        let stores = Fixture::new().await.stores;
        let issuer = Issuer::parse(ISSUER).unwrap();
        let server = Server::builder(issuer, stores).site_with(AccountSite::for_server);
        let server = server.configure(|config| {
            config.interaction_lifetime = Duration::from_secs(60);
            config.pushed_request_lifetime = Duration::from_secs(pushed);
        });
        server.build().await
    };
    assert!(build(60).await.is_ok());
    let error = build(61).await.unwrap_err().to_string();
    assert!(
        error.contains("longer than a page may stay open"),
        "{error}"
    );
}
