//! Authorization requests with mistakes.

use crate::support::{APP, Ask, Browser, FILES, Fixture, SPA, Who, form_request, value};

#[tokio::test]
async fn an_unknown_client_or_redirect_uri_is_shown_to_the_user_and_never_followed() {
    let fixture = Fixture::new().await;
    for ask in [
        Ask::new(APP).with("client_id", "nobody"),
        Ask::new(APP).without("client_id"),
        Ask::new(APP).with("client_id", "api"),
        Ask::new(APP).with("redirect_uri", "https://evil.example/cb"),
        Ask::new(APP).with("redirect_uri", "/cb"),
        Ask::new(APP).with("redirect_uri", SPA.redirect_uri),
        Ask::new(APP).with("client_id", "spa"),
    ] {
        fixture.get(&ask.url()).await.assert_error_page(400);
    }
}

#[tokio::test]
async fn a_client_without_codes_has_nowhere_to_go() {
    let fixture = Fixture::new().await;
    let ask = Ask::new(APP).with("client_id", "machine");
    fixture.get(&ask.url()).await.assert_error_page(400);
    fixture
        .get(&ask.without("redirect_uri").url())
        .await
        .assert_error_page(400);
}

#[tokio::test]
async fn a_request_whose_client_can_not_be_read_is_a_page() {
    let fixture = Fixture::new().await;
    for name in ["client_id", "redirect_uri"] {
        let ask = Ask::new(APP).with(name, "a").and(name, "a");
        let page = fixture.get(&ask.url()).await;
        page.assert_error_page(400);
        assert!(page.text().contains("given more than once"), "{page:?}");
    }
    let many = (0..101).fold(Ask::new(APP), |ask, i| ask.with(&format!("p{i}"), "1"));
    let garbled = format!("{}&x=%ff", Ask::new(APP).url());
    for url in [many.url(), garbled] {
        let reply = fixture.get(&url).await;
        reply.assert_redirected_error(APP.redirect_uri, "invalid_request");
    }
}

#[tokio::test]
async fn what_is_wrong_otherwise_goes_to_the_client() {
    let fixture = Fixture::new().await;
    let verifier = "v".repeat(43);
    for (ask, code) in [
        (Ask::new(APP).without("response_type"), "invalid_request"),
        (
            Ask::new(APP).with("response_type", "token"),
            "unsupported_response_type",
        ),
        (
            Ask::new(APP).with("response_type", "code token"),
            "unsupported_response_type",
        ),
        (
            Ask::new(APP).with("response_type", "Code"),
            "unsupported_response_type",
        ),
        (
            Ask::new(APP).with("response_mode", "fragment"),
            "invalid_request",
        ),
        (
            Ask::new(APP).with("response_mode", "form_post"),
            "invalid_request",
        ),
        (
            Ask::new(APP).with("request", "e30."),
            "request_not_supported",
        ),
        (
            Ask::new(APP).with("request_uri", "urn:x"),
            "request_uri_not_supported",
        ),
        (
            Ask::new(APP).with("scope", &"read ".repeat(101)),
            "invalid_scope",
        ),
        (Ask::new(APP).with("scope", "read admin"), "invalid_scope"),
        (Ask::new(APP).with("scope", "re\"ad"), "invalid_scope"),
        (Ask::new(APP).with("scope", "  "), "invalid_scope"),
        (
            Ask::new(APP).with("resource", "https://unknown.example"),
            "invalid_target",
        ),
        (
            Ask::new(APP).and("resource", FILES).and("resource", "x"),
            "invalid_target",
        ),
        (Ask::new(APP).without("code_challenge"), "invalid_request"),
        (
            Ask::new(APP)
                .without("code_challenge")
                .without("code_challenge_method"),
            "invalid_request",
        ),
        (
            Ask::new(APP).without("code_challenge_method"),
            "invalid_request",
        ),
        (
            Ask::new(APP)
                .with("code_challenge", &verifier)
                .with("code_challenge_method", "plain"),
            "invalid_request",
        ),
        (
            Ask::new(APP).with("code_challenge_method", "s256"),
            "invalid_request",
        ),
        (
            Ask::new(APP).with("code_challenge_method", "S512"),
            "invalid_request",
        ),
        (
            Ask::new(APP).with("code_challenge", "short"),
            "invalid_request",
        ),
        (
            Ask::new(APP).with("code_challenge", &verifier),
            "invalid_request",
        ),
        (Ask::new(APP).with("prompt", "dance"), "invalid_request"),
        (
            Ask::new(APP).with("prompt", "none login"),
            "invalid_request",
        ),
        (Ask::new(APP).with("max_age", "-1"), "invalid_request"),
        (Ask::new(APP).with("max_age", "1e3"), "invalid_request"),
    ] {
        fixture
            .get(&ask.url())
            .await
            .assert_redirected_error(APP.redirect_uri, code);
    }
}

#[tokio::test]
async fn response_mode_query_is_what_is_there_anyway() {
    let fixture = Fixture::new().await;
    fixture
        .get(&Ask::new(APP).with("response_mode", "query").url())
        .await
        .assert_ok();
}

#[tokio::test]
async fn the_client_reads_what_it_did_wrong_in_allowed_characters() {
    let fixture = Fixture::new().await;
    let ask = Ask::new(APP).without("code_challenge");
    let pairs = fixture.get(&ask.url()).await.callback(APP.redirect_uri);
    let description = value(&pairs, "error_description").unwrap();
    // RFC 6749 section 4.1.2.1.
    assert!(
        description
            .bytes()
            .all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e))
    );
    assert!(description.contains("code_challenge"), "{description}");
}

#[tokio::test]
async fn a_state_comes_back_as_it_was_and_breaks_nothing() {
    let fixture = Fixture::new().await;
    let long = "s".repeat(4000);
    for state in [
        "a\r\nset-cookie: x=1",
        "\u{0}\u{1}\u{7f}",
        "a&code=b#c?d=e+f%20g",
        "\"><script>alert(1)</script>",
        "ünïcödé 🦀 \u{2028}",
        &long,
    ] {
        let ask = Ask::new(SPA).with("state", state);
        let refused = fixture.get(&ask.clone().with("scope", "admin").url()).await;
        assert_eq!(
            value(&refused.callback(SPA.redirect_uri), "state"),
            Some(state)
        );
        assert!(!refused.headers.contains_key(http::header::SET_COOKIE));

        let mut browser = Browser::new(&fixture);
        let login = browser.open(&ask.url()).await;
        assert!(!login.text().contains("<script"));
        let consent = browser.sign_in(login.assert_ok()).await;
        let done = browser.allow(&consent).await;
        assert_eq!(
            value(&done.callback(SPA.redirect_uri), "state"),
            Some(state)
        );
    }
}

#[tokio::test]
async fn a_request_too_long_for_its_pages_is_refused_at_once() {
    let fixture = Fixture::new().await;
    for length in [20_000, 40_000, 60_000] {
        let ask = Ask::new(APP).with("state", &"s".repeat(length));
        let body = crate::support::form(&ask.pairs);
        let reply = fixture.send(form_request("/authorize", &body)).await;
        reply.assert_error_page(400);
        assert!(reply.text().len() < 5000);
    }
}

#[tokio::test]
async fn a_request_without_state_gets_none_back() {
    let fixture = Fixture::new().await;
    let ask = Ask::new(APP).without("state").with("scope", "admin");
    let pairs = fixture.get(&ask.url()).await.callback(APP.redirect_uri);
    assert_eq!(value(&pairs, "state"), None);
    assert_eq!(value(&pairs, "error"), Some("invalid_scope"));
}

#[tokio::test]
async fn what_others_wrote_is_escaped_on_every_page() {
    const XSS: &str = "<script>alert('x')</script>\"'&";
    let fixture = Fixture::new().await;
    let who = Who { id: "xss", ..APP };
    let mut new = crate::support::with_codes(who);
    new.client.name = Some(XSS.to_owned());
    // A scope value may be nearly anything (RFC 6749 section 3.3).
    new.client.scope = "<img/src=x/onerror='alert(1)'> read".parse().unwrap();
    fixture.clients.add(new).await.unwrap();
    let ask = Ask::new(who)
        .without("scope")
        .with("login_hint", XSS)
        .with("state", XSS);
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&ask.url()).await;
    assert_eq!(
        crate::support::Form::of(login.text()).input("username"),
        XSS
    );
    let wrong = browser
        .press(&login, &[("username", XSS), ("password", "x")], None)
        .await;
    assert_eq!(
        crate::support::Form::of(wrong.text()).input("username"),
        XSS
    );
    let consent = browser.sign_in(&login).await;
    for page in [&login, &wrong, &consent] {
        let html = page.text();
        assert!(html.contains("&#60;script&#62;alert"), "{html}");
        for raw in ["<script", "<img", "onerror='"] {
            assert!(!html.contains(raw), "{html}");
        }
    }
    let repeated = format!(
        "/authorize?{}&%3Cscript%3E=1&%3Cscript%3E=2",
        crate::support::form(&ask.pairs)
    );
    let reply = fixture.get(&repeated).await;
    let pairs = reply.callback(APP.redirect_uri);
    let description = value(&pairs, "error_description");
    assert_eq!(description, Some("'<script>' is given more than once"));
    assert_eq!(reply.text(), "");
    let page = fixture.get("/authorize?client_id=%3Cscript%3E").await;
    page.assert_error_page(400);
    assert!(!page.text().contains("<script"));
}
