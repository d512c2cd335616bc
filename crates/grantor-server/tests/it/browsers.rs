//! Requests of browsers: cookies of others, forms of other sites, parameters given twice.

use bytes::Bytes;
use grantor_core::Issuer;
use grantor_server::Server;
use grantor_site::{AccountSite, Passwords};
use http::{HeaderValue, Request, header};
use http_body_util::{Empty, Full};

use crate::support::{
    APP, Ask, Browser, Fixture, Form, PASSWORD, Reply, SPA, cookie_name, form, form_request, send,
};

#[tokio::test]
async fn a_cookie_of_a_sibling_that_is_not_ascii_stops_nobody() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::new(&fixture);
    browser.cookies.insert("theme".into(), "dünkel".into());
    let login = browser.open(&Ask::new(SPA).url()).await;
    let consent = browser.sign_in(login.assert_ok()).await;
    browser.allow(&consent).await.code(SPA.redirect_uri);
    // Nor do bytes that are no text at all.
    let cookies = [b"theme=\xff\xfe; ".to_vec(), cookies_of(&browser)].concat();
    let request = Request::get(Ask::new(SPA).url())
        .header(header::COOKIE, HeaderValue::from_bytes(&cookies).unwrap())
        .body(Empty::<Bytes>::new());
    let page = fixture.send(request.unwrap()).await;
    assert!(page.assert_ok().text().contains("Allow"));
}

fn cookies_of(browser: &Browser<'_>) -> Vec<u8> {
    let pairs = browser.cookies.iter();
    let own = pairs.filter(|(name, _)| name.starts_with("__Host-"));
    let texts: Vec<String> = own.map(|(name, value)| format!("{name}={value}")).collect();
    texts.join("; ").into_bytes()
}

#[tokio::test]
async fn issuers_on_one_host_do_not_sign_each_other_out() {
    let fixture = Fixture::new().await;
    let mut cookies: Vec<String> = Vec::new();
    for path in ["one", "two"] {
        let issuer = Issuer::parse(&format!("https://id.example/{path}")).unwrap();
        let site = AccountSite::open(&fixture.stores, Passwords::danger_cheap(), &issuer).unwrap();
        fixture.forget_issuer().await;
        let server = Server::builder(issuer, fixture.stores.clone()).site(site);
        let server = server.build().await.unwrap();
        let url = format!("/{path}{}", Ask::new(APP).url());
        let login = send(
            &server,
            Request::get(url).body(Empty::<Bytes>::new()).unwrap(),
        )
        .await;
        cookies.extend(set_by(login.assert_ok()));
        let form = Form::of(login.text());
        let mut pairs = form.inputs.clone();
        for (name, value) in &mut pairs {
            match name.as_str() {
                "username" => *value = "alice".to_owned(),
                "password" => *value = PASSWORD.to_owned(),
                _ => {}
            }
        }
        let mut request = form_request(&form.action, &crate::support::form(&pairs));
        let header_value = cookies.join("; ").parse().unwrap();
        request.headers_mut().insert(header::COOKIE, header_value);
        cookies.extend(set_by(&send(&server, request).await));
    }
    let mut names: Vec<&str> = cookies
        .iter()
        .map(|c| c.split('=').next().unwrap())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 6, "{names:?}");
}

/// The cookies that an answer sets, as they are sent back.
fn set_by(reply: &Reply) -> Vec<String> {
    let set = reply.headers.get_all(header::SET_COOKIE).iter();
    let pair = |cookie: &HeaderValue| {
        let text = cookie.to_str().unwrap();
        text.split(';').next().unwrap().to_owned()
    };
    set.map(pair).collect()
}

/// Returns the request that a browser sends for a form of another site: without cookies.
fn cross_site(action: &str, pairs: &[(String, String)]) -> Request<Full<Bytes>> {
    form_request(action, &form(pairs))
}

#[tokio::test]
async fn a_form_of_another_site_leaves_open_pages_as_they_are() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(SPA).url()).await;
    let consent = browser.sign_in(&login).await;
    let before = browser.cookies.clone();
    for (action, pairs) in [
        ("/authorize", Ask::new(APP).pairs),
        ("/authorize/continue", Form::of(consent.text()).inputs),
    ] {
        let reply = fixture.send(cross_site(action, &pairs)).await;
        assert_eq!(reply.status, 303, "{reply:?}");
        assert!(!reply.headers.contains_key(header::SET_COOKIE));
        // The redirect is followed with the cookies, and goes on where the form was.
        let page = browser.open(reply.header(header::LOCATION)).await;
        assert!(page.assert_ok().text().contains("Allow"));
        assert_eq!(browser.cookies, before);
    }
    assert!(fixture.records(*b"gr").await.is_empty());
    browser.allow(&consent).await.code(SPA.redirect_uri);
}

#[tokio::test]
async fn a_request_of_another_site_is_checked_before_it_goes_on() {
    let fixture = Fixture::new().await;
    for (name, value, code) in [
        ("request_uri", "urn:x", "request_uri_not_supported"),
        ("request", "x.y.z", "request_not_supported"),
        ("response_mode", "form_post", "invalid_request"),
        ("prompt", "none login", "invalid_request"),
        ("max_age", "x", "invalid_request"),
        ("scope", "admin", "invalid_scope"),
    ] {
        let ask = Ask::new(APP).with(name, value);
        let reply = fixture.send(cross_site("/authorize", &ask.pairs)).await;
        reply.assert_redirected_error(APP.redirect_uri, code);
    }
}

#[tokio::test]
async fn a_request_by_post_begins_like_one_by_get() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::new(&fixture);
    let login = browser.post("/authorize", &Ask::new(SPA).pairs).await;
    let consent = browser.sign_in(login.assert_ok()).await;
    assert!(browser.cookies.contains_key(&cookie_name("browser")));
    browser.allow(&consent).await.code(SPA.redirect_uri);
}

#[tokio::test]
async fn the_client_hears_of_a_parameter_that_is_given_twice() {
    let fixture = Fixture::new().await;
    for (name, value) in [
        ("scope", "write"),
        ("response_type", "code"),
        ("code_challenge", "x"),
        ("nonsense", "1"),
    ] {
        let ask = Ask::new(APP).and(name, value).and(name, value);
        let reply = fixture.get(&ask.url()).await;
        reply.assert_redirected_error(APP.redirect_uri, "invalid_request");
        let mut browser = Browser::new(&fixture);
        let posted = browser.post("/authorize", &ask.pairs).await;
        posted.assert_redirected_error(APP.redirect_uri, "invalid_request");
    }
    // A state that is given twice is nobody's.
    let reply = fixture
        .get(&Ask::new(APP).and("state", "other").url())
        .await;
    let pairs = reply.callback(APP.redirect_uri);
    assert_eq!(
        crate::support::value(&pairs, "error"),
        Some("invalid_request")
    );
    assert_eq!(crate::support::value(&pairs, "state"), None);
}
