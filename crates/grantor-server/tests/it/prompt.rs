//! The parameter `prompt`.

use crate::support::{APP, Ask, Browser, Code, Fixture, Form, SPA};

/// A browser in which alice has signed in, and allowed [`APP`] to read.
async fn signed_in(fixture: &Fixture) -> Browser<'_> {
    let mut browser = Browser::new(fixture);
    let login = browser.open(&Ask::new(APP).url()).await;
    let after = browser.sign_in(&login).await;
    if after.status == 200 {
        browser.allow(&after).await.code(APP.redirect_uri);
    }
    fixture.clock.advance(10);
    browser
}

fn is_login(html: &str) -> bool {
    html.contains("Sign in")
}

#[tokio::test]
async fn none_shows_nothing_and_says_why() {
    let fixture = Fixture::new().await;
    let none = Ask::new(APP).with("prompt", "none");
    let reply = fixture.get(&none.url()).await;
    reply.assert_redirected_error(APP.redirect_uri, "login_required");

    let mut browser = signed_in(&fixture).await;
    browser.open(&none.url()).await.code(APP.redirect_uri);
    let more = none.clone().with("scope", "read write");
    let reply = browser.open(&more.url()).await;
    reply.assert_redirected_error(APP.redirect_uri, "consent_required");
    let public = Ask::new(SPA).with("prompt", "none");
    let reply = browser.open(&public.url()).await;
    reply.assert_redirected_error(SPA.redirect_uri, "consent_required");
    let old = none.with("max_age", "9");
    let reply = browser.open(&old.url()).await;
    reply.assert_redirected_error(APP.redirect_uri, "login_required");
}

#[tokio::test]
async fn none_of_a_browser_that_is_signed_in_elsewhere_is_no_login() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    let session = browser
        .cookies
        .get_mut(&crate::support::cookie_name("session"))
        .unwrap();
    let changed = if &session[60..61] == "A" { "B" } else { "A" };
    session.replace_range(60..61, changed);
    let reply = browser
        .open(&Ask::new(APP).with("prompt", "none").url())
        .await;
    reply.assert_redirected_error(APP.redirect_uri, "login_required");
}

#[tokio::test]
async fn login_asks_for_the_password_again() {
    let fixture = Fixture::new().await;
    for prompt in ["login", "select_account", "login consent"] {
        let mut browser = signed_in(&fixture).await;
        let page = browser
            .open(&Ask::new(APP).with("prompt", prompt).url())
            .await;
        assert!(is_login(page.assert_ok().text()), "{prompt}");
        // Neither does going round the page help.
        let form = Form::of(page.text());
        let ticket = form.input("interaction").to_owned();
        let round = browser
            .open(&format!("/authorize/continue?interaction={ticket}"))
            .await;
        assert!(is_login(round.assert_ok().text()), "{prompt}");
        fixture.clock.advance(1);
        let after = browser.sign_in(&page).await;
        if prompt == "login consent" {
            assert!(after.assert_ok().text().contains("Allow"));
        } else {
            after.code(APP.redirect_uri);
        }
    }
}

#[tokio::test]
async fn a_login_takes_the_place_of_the_session_before_it() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    let mut thief = Browser::new(&fixture);
    thief.cookies = browser.cookies.clone();
    let ask = Ask::new(APP).with("prompt", "none");
    let code = Code {
        code: thief.open(&ask.url()).await.code(APP.redirect_uri),
        verifier: ask.verifier.expose().to_owned(),
        redirect_uri: APP.redirect_uri.to_owned(),
    };
    let page = browser
        .open(&Ask::new(APP).with("prompt", "login").url())
        .await;
    browser.sign_in(&page).await.code(APP.redirect_uri);
    let reply = thief.open(&ask.url()).await;
    reply.assert_redirected_error(APP.redirect_uri, "login_required");
    // Nobody signed out: what the user allowed in the session goes on.
    fixture.redeem(APP, &code).await.assert_ok();
}

#[tokio::test]
async fn consent_asks_even_if_it_was_given() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    let page = browser
        .open(&Ask::new(APP).with("prompt", "consent").url())
        .await;
    assert!(page.assert_ok().text().contains("Allow"));
    browser.allow(&page).await.code(APP.redirect_uri);
}

#[tokio::test]
async fn max_age_counts_from_the_request() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    browser
        .open(&Ask::new(APP).with("max_age", "10").url())
        .await
        .code(APP.redirect_uri);
    let page = browser
        .open(&Ask::new(APP).with("max_age", "9").url())
        .await;
    assert!(is_login(page.assert_ok().text()));

    // A user who takes longer than that over the pages must not go in circles.
    for age in ["0", "1"] {
        let ask = Ask::new(APP).with("max_age", age).with("prompt", "consent");
        fixture.clock.advance(5);
        let login = browser.open(&ask.url()).await;
        assert!(is_login(login.assert_ok().text()));
        fixture.clock.advance(5);
        let consent = browser.sign_in(&login).await;
        assert!(!is_login(consent.assert_ok().text()));
        fixture.clock.advance(5);
        browser.allow(&consent).await.code(APP.redirect_uri);
    }
}
