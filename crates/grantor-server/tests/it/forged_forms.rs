//! Forms that no page of this server was shown for: nothing may come of them.

use crate::support::{APP, Ask, Browser, Fixture, Form, OTHER, PASSWORD, Reply, SPA, cookie_name};

type Pairs = Vec<(String, String)>;

/// A browser in which alice looks at the consent page.
async fn asked<'f>(fixture: &'f Fixture, ask: &Ask) -> (Browser<'f>, Reply) {
    let mut browser = Browser::new(fixture);
    let login = browser.open(&ask.url()).await;
    let consent = browser.sign_in(&login).await;
    assert!(consent.assert_ok().text().contains("Allow"));
    (browser, consent)
}

/// The form that allows, with another CSRF token or none.
fn allowing(page: &Reply, csrf: Option<&str>) -> Pairs {
    let form = Form::of(page.text());
    let mut pairs = vec![(
        "interaction".to_owned(),
        form.input("interaction").to_owned(),
    )];
    pairs.extend(csrf.map(|csrf| ("csrf".to_owned(), csrf.to_owned())));
    pairs.push(("decision".to_owned(), "allow".to_owned()));
    pairs
}

fn csrf_of(page: &Reply) -> String {
    Form::of(page.text()).input("csrf").to_owned()
}

#[tokio::test]
async fn a_decision_needs_the_token_of_this_browser_this_login_and_this_request() {
    let fixture = Fixture::new().await;
    let ask = Ask::new(SPA);
    let (mut browser, consent) = asked(&fixture, &ask).await;
    let (_, of_another_browser) = asked(&fixture, &ask).await;
    let of_another_request = browser
        .open(&ask.clone().with("state", "other").url())
        .await;
    let of_another_client = browser.open(&Ask::new(APP).url()).await;
    let of_the_login = browser
        .open(&ask.clone().with("prompt", "login").url())
        .await;
    let mut changed = csrf_of(&consent);
    changed.replace_range(..1, if changed.starts_with('A') { "B" } else { "A" });
    for csrf in [
        None,
        Some(String::new()),
        Some("x".to_owned()),
        Some(changed),
        Some(csrf_of(&of_another_browser)),
        Some(csrf_of(&of_another_request)),
        Some(csrf_of(&of_another_client)),
        Some(csrf_of(&of_the_login)),
    ] {
        let pairs = allowing(&consent, csrf.as_deref());
        let page = browser.post("/authorize/continue", &pairs).await;
        assert_eq!(page.status, 403, "{page:?}");
        assert!(page.text().contains("shown again"));
        assert!(fixture.records(*b"gr").await.is_empty());
        assert!(fixture.records(*b"co").await.is_empty());
    }
    // The page that was shown again is a good one.
    let pairs = allowing(&consent, None);
    let again = browser.post("/authorize/continue", &pairs).await;
    browser.allow(&again).await.code(SPA.redirect_uri);
}

#[tokio::test]
async fn a_new_login_makes_older_pages_stale() {
    let fixture = Fixture::new().await;
    let (mut browser, consent) = asked(&fixture, &Ask::new(SPA)).await;
    fixture.clock.advance(1);
    let login = browser
        .open(&Ask::new(SPA).with("prompt", "login").url())
        .await;
    browser.sign_in(&login).await.assert_ok();
    let page = browser.allow(&consent).await;
    assert_eq!(page.status, 403);
    assert!(fixture.records(*b"gr").await.is_empty());
}

#[tokio::test]
async fn another_user_does_not_decide_on_the_page_of_the_one_before() {
    let fixture = Fixture::new().await;
    fixture.accounts.add("bob", &PASSWORD.into()).await.unwrap();
    let (mut browser, consent) = asked(&fixture, &Ask::new(SPA)).await;
    fixture.clock.advance(1);
    let login = browser
        .open(&Ask::new(SPA).with("prompt", "login").url())
        .await;
    browser
        .press(&login, &[("username", "bob"), ("password", PASSWORD)], None)
        .await
        .assert_ok();
    assert_eq!(browser.allow(&consent).await.status, 403);
    assert!(fixture.records(*b"gr").await.is_empty());
}

#[tokio::test]
async fn a_login_needs_the_token_of_this_browser_and_this_request() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(SPA).url()).await;
    let of_another_request = browser.open(&Ask::new(APP).url()).await;
    let of_another_browser = Browser::new(&fixture).open(&Ask::new(SPA).url()).await;
    let form = Form::of(login.text());
    for csrf in [
        "",
        "x",
        &csrf_of(&of_another_request),
        &csrf_of(&of_another_browser),
    ] {
        let fill = [
            ("csrf", csrf),
            ("username", "alice"),
            ("password", PASSWORD),
        ];
        let page = browser.press(&login, &fill, None).await;
        assert_eq!(page.status, 403);
        assert!(page.text().contains("shown again") && page.text().contains("Sign in"));
        assert!(!browser.cookies.contains_key(&cookie_name("session")));
    }
    // Login CSRF: the attacker's page with the attacker's token, in the victim's browser. Without our
    // cookie the form is forgotten, and the page shown anew.
    let mut victim = Browser::new(&fixture);
    let anew = victim.sign_in(&login).await;
    assert!(anew.assert_ok().text().contains("Sign in"));
    let mut victim = Browser::new(&fixture);
    victim.open(&Ask::new(SPA).url()).await;
    assert_eq!(victim.sign_in(&login).await.status, 403);
    assert!(!victim.cookies.contains_key(&cookie_name("session")));
    assert!(fixture.records(*b"se").await.is_empty());
    assert_eq!(form.action, "/authorize/continue");
}

#[tokio::test]
async fn a_ticket_that_was_changed_or_is_too_old_leads_nowhere() {
    let fixture = Fixture::new().await;
    let (mut browser, consent) = asked(&fixture, &Ask::new(SPA)).await;
    let ticket = Form::of(consent.text()).input("interaction").to_owned();
    let parts: Vec<&str> = ticket.split('.').collect();
    let evil = Ask::new(SPA).with("scope", "read write");
    let evil = grantor_jose::base64url::encode(crate::support::form(&evil.pairs));
    for ticket in [
        String::new(),
        "x".to_owned(),
        "..".to_owned(),
        format!("{}.{}.{evil}.{}", parts[0], parts[1], parts[3]),
        format!("{}0.{}.{}.{}", parts[0], parts[1], parts[2], parts[3]),
        format!("{}.{}.{}.", parts[0], parts[1], parts[2]),
        format!("{ticket}."),
        format!("{ticket}="),
    ] {
        let mut pairs = allowing(&consent, Some(&csrf_of(&consent)));
        pairs[0].1 = ticket;
        browser
            .post("/authorize/continue", &pairs)
            .await
            .assert_error_page(400);
        browser
            .open(&format!(
                "/authorize/continue?{}",
                crate::support::form(&pairs)
            ))
            .await
            .assert_error_page(400);
    }
    fixture.clock.advance(3600);
    browser.allow(&consent).await.assert_error_page(400);
    assert!(fixture.records(*b"gr").await.is_empty());
}

#[tokio::test]
async fn a_link_decides_nothing() {
    let fixture = Fixture::new().await;
    let (mut browser, consent) = asked(&fixture, &Ask::new(SPA)).await;
    let pairs = allowing(&consent, Some(&csrf_of(&consent)));
    let page = browser
        .open(&format!(
            "/authorize/continue?{}",
            crate::support::form(&pairs)
        ))
        .await;
    assert!(page.assert_ok().text().contains("Allow"));
    // Nor does a decision that comes with the request itself.
    let url = format!("{}&decision=allow", Ask::new(SPA).url());
    assert!(
        browser
            .open(&url)
            .await
            .assert_ok()
            .text()
            .contains("Allow")
    );
    let page = browser.post("/authorize", &pairs).await;
    page.assert_error_page(400);
    assert!(fixture.records(*b"gr").await.is_empty());
}

#[tokio::test]
async fn a_decision_without_a_login_leads_to_the_login() {
    let fixture = Fixture::new().await;
    let (mut browser, consent) = asked(&fixture, &Ask::new(SPA)).await;
    browser.cookies.remove(&cookie_name("session"));
    let page = browser.allow(&consent).await;
    assert!(page.text().contains("Sign in"));
    assert!(fixture.records(*b"gr").await.is_empty());
}

#[tokio::test]
async fn two_clients_in_one_browser_do_not_mix() {
    let fixture = Fixture::new().await;
    let (mut browser, first) = asked(&fixture, &Ask::new(APP)).await;
    let second = browser.open(&Ask::new(OTHER).url()).await;
    for (ticket, csrf) in [(&first, &second), (&second, &first)] {
        let pairs = allowing(ticket, Some(&csrf_of(csrf)));
        assert_eq!(
            browser.post("/authorize/continue", &pairs).await.status,
            403
        );
    }
    browser.allow(&second).await.code(OTHER.redirect_uri);
    browser.allow(&first).await.code(APP.redirect_uri);
}

#[tokio::test]
async fn what_is_no_decision_is_none() {
    let fixture = Fixture::new().await;
    let (mut browser, consent) = asked(&fixture, &Ask::new(SPA)).await;
    for decision in ["Allow", "yes", "allow deny"] {
        let mut pairs = allowing(&consent, Some(&csrf_of(&consent)));
        pairs[2].1 = decision.to_owned();
        assert!(
            browser
                .post("/authorize/continue", &pairs)
                .await
                .assert_ok()
                .text()
                .contains("Allow")
        );
    }
    assert!(fixture.records(*b"gr").await.is_empty());
}

#[tokio::test]
async fn what_changed_while_the_page_was_open_is_checked_again() {
    let fixture = Fixture::new().await;
    let (mut browser, consent) = asked(&fixture, &Ask::new(SPA).with("scope", "read write")).await;
    fixture.clients.remove(SPA.id).await.unwrap();
    fixture.clock.advance(1);
    browser.allow(&consent).await.assert_error_page(400);
    let mut less = crate::support::with_codes(SPA);
    less.client.scope = "read".parse().unwrap();
    fixture.clients.add(less).await.unwrap();
    browser
        .allow(&consent)
        .await
        .assert_redirected_error(SPA.redirect_uri, "invalid_scope");
    assert!(fixture.records(*b"gr").await.is_empty());
}
