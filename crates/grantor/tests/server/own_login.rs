//! The example of an application with a login of its own.

use http::{Method, StatusCode, header};

use crate::browser::Browser;
use crate::calls::{Answer, form, post};
use crate::examples::own_login::{REQUEST, application};

const ORIGIN: &str = "http://127.0.0.1:3000";

/// The page's input for where to go on.
#[track_caller]
fn next(page: &Answer) -> String {
    let (_, rest) = page.text.split_once("name=\"next\" value=\"").unwrap();
    let next = rest.split('"').next().unwrap();
    next.replace("&amp;", "&")
}

async fn sign_in(browser: &mut Browser, next: &str, password: &str) -> Answer {
    let pairs = [("name", "ada"), ("password", password), ("next", next)];
    browser.go(Method::POST, "/login", form(&pairs)).await
}

#[tokio::test]
async fn a_user_signs_in_at_the_application_and_goes_on_with_the_request() {
    let (app, server) = application().await.unwrap();
    let mut browser = Browser::new(app.clone(), ORIGIN);
    let page = browser.open(REQUEST).await;
    assert!(page.text.contains("name=\"password\""), "{page:?}");
    let next = next(&page);
    let wrong = sign_in(&mut browser, &next, "wrong").await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    let consent = sign_in(&mut browser, &next, "correct horse").await;
    assert!(
        consent.text.contains("ada, allow app to read?"),
        "{consent:?}"
    );
    let done = browser.press(&consent, &[("answer", "yes")]).await;
    let location = done.location();
    let (_, rest) = location.split_once("code=").unwrap();
    let code = rest.split('&').next().unwrap();
    let ask = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", "http://127.0.0.1:4000/cb"),
        (
            "code_verifier",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        ),
    ];
    let pairs = [&ask[..], &[("client_id", "app")]].concat();
    let request = http::Request::post("/token")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(form(&pairs)));
    let tokens = crate::calls::send(&app, request.unwrap()).await;
    let token = tokens.member("access_token");
    let seen = server.introspect(&token).await.unwrap();
    assert_eq!(seen.sub.as_deref(), Some("ada"));
    assert_eq!(seen.extra["department"], "engineering");
    // The session of the application is there for the next client too.
    let again = browser.open(REQUEST).await;
    assert!(again.text.contains("ada, allow app"), "{again:?}");
    let denied = browser.press(&again, &[("answer", "no")]).await;
    assert!(denied.location().contains("error=access_denied"));
}

#[tokio::test]
async fn the_login_page_sends_nobody_elsewhere() {
    let (app, _) = application().await.unwrap();
    let mut browser = Browser::new(app.clone(), ORIGIN);
    for next in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
    ] {
        let mut url = grantor::core::Params::new();
        url.push("next", next);
        let page = browser.open(&format!("/login?{}", url.to_form())).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{next}");
        let refused = sign_in(&mut browser, next, "correct horse").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{next}");
    }
    // Nor is a stranger anybody.
    let refused = post(&app, "/token", ("app", "x"), &[("grant_type", "x")]).await;
    assert_ne!(refused.status, StatusCode::OK);
}
