//! The pages of the built-in site.

use grantor_core::Issuer;
use grantor_server::Server;
use grantor_site::{AccountSite, Passwords};
use http::header::{self, HeaderName};
use http_body_util::Empty;

use crate::support::{APP, Ask, Browser, Fixture, Form, PASSWORD, Reply, SPA, cookie_name, send};

#[tokio::test]
async fn every_page_is_armed_against_other_pages() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(SPA).url()).await;
    browser
        .press(
            &login,
            &[("username", "alice"), ("password", "wrong")],
            None,
        )
        .await;
    let consent = browser.sign_in(&login).await;
    browser.press(&consent, &[], Some("deny")).await;
    browser.allow(&consent).await;
    browser.open("/authorize?client_id=nobody").await;
    browser.open("/authorize/continue").await;
    browser
        .open(&Ask::new(SPA).with("scope", "admin").url())
        .await;
    assert_eq!(browser.seen.len(), 9);
    for reply in &browser.seen {
        let csp = reply.header(header::CONTENT_SECURITY_POLICY);
        for directive in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(csp.contains(directive), "{csp}");
        }
        assert!(!csp.contains("script-src") && !csp.contains('*'), "{csp}");
        for (name, value) in [
            (header::X_FRAME_OPTIONS, "DENY"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CACHE_CONTROL, "no-store"),
        ] {
            assert_eq!(reply.header(name), value);
        }
        assert!(
            !reply
                .headers
                .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
        );
        // RFC 9700 section 4.12: 307 would send the password on.
        assert!(
            matches!(reply.status.as_u16(), 200 | 303 | 400 | 422),
            "{reply:?}"
        );
        let html = reply.text().to_ascii_lowercase();
        for script in [
            "<script",
            "javascript:",
            " onclick",
            " onload",
            "src=",
            "href=",
            "http://",
            "https://",
        ] {
            assert!(!html.contains(script), "{html}");
        }
    }
}

#[tokio::test]
async fn a_no_is_told_to_the_client() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(APP).url()).await;
    let consent = browser.sign_in(&login).await;
    let done = browser.press(&consent, &[], Some("deny")).await;
    done.assert_redirected_error(APP.redirect_uri, "access_denied");
    // The grant exists, ended, so that the same form can't allow it afterwards.
    let (_, entry) = fixture.record(*b"gr").await;
    assert!(String::from_utf8_lossy(&entry.value).contains("denied by the user"));
    assert!(fixture.records(*b"co").await.is_empty());
}

/// A page without what differs from one showing to the next.
fn plain(page: &Reply, username: &str) -> String {
    let form = Form::of(page.text());
    let mut html = page.text().to_owned();
    for name in ["interaction", "csrf"] {
        html = html.replace(form.input(name), "");
    }
    html.replace(&format!("value=\"{username}\""), "")
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(APP).url()).await;
    let long = "x".repeat(2000);
    let mut pages = Vec::new();
    for (name, password) in [
        ("alice", "wrong"),
        ("nobody", PASSWORD),
        ("alice", &long),
        ("nobody", &long),
    ] {
        let page = browser
            .press(&login, &[("username", name), ("password", password)], None)
            .await;
        assert_eq!(page.status, 422);
        assert!(!page.headers.contains_key(header::WWW_AUTHENTICATE));
        pages.push(plain(&page, name));
    }
    assert!(pages[0].contains("The user name or the password is wrong."));
    assert!(pages.iter().all(|page| *page == pages[0]));
    for (name, password) in [("", PASSWORD), ("alice", "")] {
        let page = browser
            .press(&login, &[("username", name), ("password", password)], None)
            .await;
        assert!(page.text().contains("Sign in"));
    }
    assert!(fixture.records(*b"se").await.is_empty());
    // And the page still works.
    assert!(
        browser
            .sign_in(&login)
            .await
            .assert_ok()
            .text()
            .contains("Allow")
    );
}

#[tokio::test]
async fn names_are_the_same_in_capitals_and_with_space_around() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(APP).url()).await;
    let consent = browser
        .press(
            &login,
            &[("username", " ALICE "), ("password", PASSWORD)],
            None,
        )
        .await;
    assert!(consent.assert_ok().text().contains("Allow"));
}

fn cookies(reply: &Reply) -> Vec<&str> {
    let all = reply.headers.get_all(header::SET_COOKIE);
    all.iter().map(|cookie| cookie.to_str().unwrap()).collect()
}

#[tokio::test]
async fn cookies_are_out_of_reach_for_scripts_and_other_sites() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(APP).url()).await;
    browser.sign_in(&login).await;
    let set: Vec<&str> = browser.seen.iter().flat_map(cookies).collect();
    assert_eq!(set.len(), 3, "{set:?}");
    let end = |cookie: &str| cookie.split_once(';').unwrap().1.to_owned();
    assert!(set[0].starts_with(&format!("{}=", cookie_name("browser"))));
    assert_eq!(end(set[0]), " Path=/; HttpOnly; SameSite=Lax; Secure");
    assert!(set[1].starts_with(&format!("{}=gs_", cookie_name("session"))));
    assert_eq!(
        end(set[1]),
        " Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=43200"
    );
    assert!(set[2].starts_with(&format!("{}=gb_", cookie_name("known"))));
    assert_eq!(
        end(set[2]),
        " Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=15552000"
    );
    for reply in &browser.seen {
        assert!(
            reply
                .headers
                .get_all(header::SET_COOKIE)
                .iter()
                .all(http::HeaderValue::is_sensitive)
        );
    }
}

#[tokio::test]
async fn plain_http_on_this_machine_has_cookies_that_browsers_keep_there() {
    let fixture = Fixture::new().await;
    fixture.forget_issuer().await;
    let issuer = Issuer::parse("http://localhost:8787").unwrap();
    let site = AccountSite::open(&fixture.stores, Passwords::danger_cheap(), &issuer).unwrap();
    let server = Server::builder(issuer, fixture.stores.clone())
        .site(site)
        .build()
        .await
        .unwrap();
    let request = http::Request::get(Ask::new(APP).url()).body(Empty::<bytes::Bytes>::new());
    let login = send(&server, request.unwrap()).await;
    let set = cookies(login.assert_ok());
    assert!(set[0].starts_with("grantor_browser_"));
    assert!(!set[0].contains("Secure"), "{set:?}");
}

#[tokio::test]
async fn a_login_makes_a_new_session() {
    let fixture = Fixture::new().await;
    let mut attacker = Browser::new(&fixture);
    let login = attacker.open(&Ask::new(SPA).url()).await;
    attacker.sign_in(&login).await.assert_ok();
    let session = cookie_name("session");
    for planted in ["planted", &attacker.cookies[&session].clone()] {
        let mut victim = Browser::new(&fixture);
        victim.cookies.insert(session.clone(), planted.to_owned());
        fixture.clock.advance(1);
        let login = victim
            .open(&Ask::new(SPA).with("prompt", "login").url())
            .await;
        victim.sign_in(&login).await.assert_ok();
        assert_ne!(victim.cookies[&session], planted);
    }
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(SPA).url()).await;
    browser.sign_in(&login).await.assert_ok();
    fixture.clock.advance(12 * 3600 - 1);
    assert!(
        browser
            .open(&Ask::new(SPA).url())
            .await
            .text()
            .contains("Allow")
    );
    fixture.clock.advance(1);
    assert!(
        browser
            .open(&Ask::new(SPA).url())
            .await
            .text()
            .contains("Sign in")
    );
}

#[tokio::test]
async fn errors_say_nothing_about_the_server() {
    let fixture = Fixture::new().await;
    let page = fixture.get("/authorize").await;
    page.assert_error_page(400);
    for name in ["server", "x-powered-by"] {
        assert!(!page.headers.contains_key(HeaderName::from_static(name)));
    }
}
