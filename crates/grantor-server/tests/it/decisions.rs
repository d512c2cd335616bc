//! A decision is about what the user was shown, once.

use crate::support::{
    APP, Ask, Browser, Code, FILES, Fixture, RESOURCE, Reply, SPA, Tokens, value, with_codes,
};

async fn asked<'f>(fixture: &'f Fixture, ask: &Ask) -> (Browser<'f>, Reply) {
    let mut browser = Browser::new(fixture);
    let login = browser.open(&ask.url()).await;
    let consent = browser.sign_in(&login).await;
    assert!(consent.assert_ok().text().contains("Allow"));
    (browser, consent)
}

#[tokio::test]
async fn a_consent_at_one_resource_is_none_at_another() {
    let fixture = Fixture::new().await;
    let (read_files, write_files) = (
        Ask::new(APP).with("resource", FILES),
        Ask::new(APP).with("resource", FILES).with("scope", "write"),
    );
    let (mut browser, consent) = asked(&fixture, &read_files).await;
    browser.allow(&consent).await.code(APP.redirect_uri);
    // The same again is not asked.
    browser.open(&read_files.url()).await.code(APP.redirect_uri);
    // `read` elsewhere is, and so is another scope there; without a page it is an error.
    for ask in [
        Ask::new(APP),
        Ask::new(APP).with("resource", RESOURCE),
        Ask::new(APP)
            .with("resource", RESOURCE)
            .and("resource", FILES),
        write_files.clone(),
    ] {
        let page = browser.open(&ask.url()).await;
        assert!(page.assert_ok().text().contains("Allow"), "{ask:?}");
        let silent = browser.open(&ask.with("prompt", "none").url()).await;
        silent.assert_redirected_error(APP.redirect_uri, "consent_required");
    }
    // Reading at one and writing at the other is no consent to write at the first.
    let elsewhere = Ask::new(APP)
        .with("resource", RESOURCE)
        .with("scope", "write");
    let page = browser.open(&elsewhere.url()).await;
    browser.allow(&page).await.code(APP.redirect_uri);
    let page = browser.open(&write_files.url()).await;
    assert!(page.assert_ok().text().contains("Allow"));
    // A request without a resource is one for the default audience.
    let default = Ask::new(APP).with("scope", "write");
    browser.open(&default.url()).await.code(APP.redirect_uri);
}

#[tokio::test]
async fn a_client_may_be_held_to_some_resources() {
    let fixture = Fixture::new().await;
    let held = crate::support::Who { id: "held", ..APP };
    let new = with_codes(held).with_resources([FILES]);
    fixture.clients.add(new).await.unwrap();
    let other = Ask::new(held).with("resource", RESOURCE);
    let reply = fixture.get(&other.url()).await;
    reply.assert_redirected_error(APP.redirect_uri, "invalid_target");
    let own = Ask::new(held).with("resource", FILES);
    fixture.get(&own.url()).await.assert_ok();
}

#[tokio::test]
async fn what_is_shown_is_what_is_allowed_though_the_client_changed() {
    let fixture = Fixture::new().await;
    let ask = Ask::new(SPA).without("scope").without("redirect_uri");
    let mut less = with_codes(SPA);
    less.client.scope = "read".parse().unwrap();
    fixture.clients.remove(SPA.id).await.unwrap();
    fixture.clients.add(less).await.unwrap();
    fixture.clock.advance(1);
    let (mut browser, consent) = asked(&fixture, &ask).await;
    assert!(!consent.text().contains("write"));
    // It is removed and comes back with more scope, at another address.
    fixture.clients.remove(SPA.id).await.unwrap();
    let mut more = with_codes(SPA);
    more.client.redirect_uris = vec!["https://elsewhere.example/cb".parse().unwrap()];
    fixture.clients.add(more).await.unwrap();
    fixture.clock.advance(1);
    let again = browser.allow(&consent).await;
    assert_eq!(again.status, 403, "{again:?}");
    assert!(again.text().contains("write") && again.text().contains("shown again"));
    assert!(fixture.records(*b"gr").await.is_empty());
    browser
        .allow(&again)
        .await
        .code("https://elsewhere.example/cb");
}

#[tokio::test]
async fn a_form_that_is_sent_twice_gets_one_code_until_it_is_redeemed() {
    let fixture = Fixture::new().await;
    let ask = Ask::new(SPA);
    let (mut browser, consent) = asked(&fixture, &ask).await;
    let first = browser.allow(&consent).await.code(SPA.redirect_uri);
    let second = browser.allow(&consent).await.code(SPA.redirect_uri);
    assert_eq!(first, second);
    assert_eq!(fixture.records(*b"gr").await.len(), 1);
    assert_eq!(fixture.server.counters().codes_issued, 1);
    let code = Code {
        code: first,
        verifier: ask.verifier.expose().to_owned(),
        redirect_uri: SPA.redirect_uri.to_owned(),
    };
    let tokens = Tokens::of(&fixture.redeem(SPA, &code).await);
    browser.allow(&consent).await.assert_error_page(400);
    assert!(fixture.is_active(&tokens.access).await);
}

#[tokio::test]
async fn another_answer_to_the_same_page_gets_a_page() {
    for (first, second) in [("deny", "allow"), ("allow", "deny")] {
        let fixture = Fixture::new().await;
        let (mut browser, consent) = asked(&fixture, &Ask::new(SPA)).await;
        let answered = browser.press(&consent, &[], Some(first)).await;
        let pairs = answered.callback(SPA.redirect_uri);
        assert_eq!(value(&pairs, "code").is_some(), first == "allow");
        let other = browser.press(&consent, &[], Some(second)).await;
        other.assert_error_page(400);
        // The first answer stays what it is.
        let repeated = browser.press(&consent, &[], Some(first)).await;
        assert_eq!(repeated.callback(SPA.redirect_uri), pairs);
        // However long the page stays open.
        fixture.clock.advance(3599);
        browser
            .press(&consent, &[], Some(second))
            .await
            .assert_error_page(400);
    }
}

#[tokio::test]
async fn a_code_that_has_expired_does_not_come_back() {
    let fixture = Fixture::new().await;
    let (mut browser, consent) = asked(&fixture, &Ask::new(SPA)).await;
    browser.allow(&consent).await.code(SPA.redirect_uri);
    fixture.clock.advance(60);
    browser.allow(&consent).await.assert_error_page(400);
}

#[tokio::test]
async fn a_consent_that_can_not_be_remembered_is_asked_again() {
    let fixture = Fixture::new().await;
    let ask = Ask::new(APP);
    let mut granted = 0;
    for call in 0..100 {
        let (mut browser, consent) = asked(&fixture, &ask).await;
        fixture.clock.advance(1);
        fixture.store.set(crate::support::Fault::Call(call));
        let reply = browser.allow(&consent).await;
        let calls = fixture.store.calls();
        fixture.store.set(crate::support::Fault::None);
        if reply.status == 303 && value(&reply.callback(APP.redirect_uri), "code").is_some() {
            granted += 1;
        }
        if calls <= call {
            break;
        }
        let again = browser.open(&ask.url()).await;
        assert!(again.assert_ok().text().contains("Allow"), "call {call}");
    }
    assert!(granted > 1, "no failure came after the decision");
}
