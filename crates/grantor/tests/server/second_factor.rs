//! The example of a login with a second factor.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use grantor::axum::ServerExt;
use grantor::core::Timestamp;
use grantor::http::system;
use http::{Method, Request, StatusCode, header};

use crate::calls::{Answer, form, send};
use crate::examples::second_factor::{REQUEST, code, server, step};

const SECRET: &[u8] = b"12345678901234567890";

/// A browser that keeps cookies and follows redirects of the server to itself.
struct Browser {
    app: Router,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    async fn new() -> Self {
        Self {
            app: server().await.unwrap().routes(),
            cookies: BTreeMap::new(),
        }
    }

    async fn go(&mut self, mut method: Method, url: &str, mut body: String) -> Answer {
        let mut url = url.to_owned();
        loop {
            let cookies = self.cookies.iter().map(|(n, v)| format!("{n}={v}"));
            let cookies: Vec<String> = cookies.collect();
            let request = Request::builder()
                .method(&method)
                .uri(url.replace("http://127.0.0.1:3000", ""))
                .header(header::COOKIE, cookies.join("; "))
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(body));
            let answer = send(&self.app, request.unwrap()).await;
            for cookie in answer.headers.get_all(header::SET_COOKIE) {
                let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = cookie.split_once('=').unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            if !answer.status.is_redirection() || answer.location().contains("127.0.0.1:4000") {
                return answer;
            }
            (url, method, body) = (answer.location(), Method::GET, String::new());
        }
    }

    async fn open(&mut self) -> Answer {
        self.go(Method::GET, REQUEST, String::new()).await
    }

    /// Sends the form of a page with these inputs.
    async fn press(&mut self, page: &Answer, inputs: &[(&str, &str)]) -> Answer {
        let (_, action) = page.text.split_once("action=\"").unwrap();
        let action = action.split('"').next().unwrap();
        let hidden = page
            .text
            .split("type=\"hidden\" name=\"")
            .skip(1)
            .map(|rest| {
                let (name, rest) = rest.split_once("\" value=\"").unwrap();
                (name, rest.split('"').next().unwrap())
            });
        let pairs: Vec<(&str, &str)> = hidden.chain(inputs.iter().copied()).collect();
        self.go(Method::POST, action, form(&pairs)).await
    }

    async fn password(&mut self, page: &Answer, password: &str) -> Answer {
        self.press(page, &[("name", "ada"), ("password", password)])
            .await
    }
}

fn asks_for(page: &Answer, input: &str) -> bool {
    page.text.contains(&format!("name=\"{input}\""))
}

/// RFC 6238 appendix B, the last six digits.
#[test]
fn codes_are_those_of_the_rfc() {
    for (time, expected) in [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_234_567_890, "005924"),
        (20_000_000_000, "353130"),
    ] {
        assert_eq!(code(SECRET, step(Timestamp::from_secs(time))), expected);
    }
}

#[tokio::test]
async fn both_factors_sign_in_and_neither_alone() {
    let mut browser = Browser::new().await;
    let page = browser.open().await;
    let again = browser.password(&page, "wrong horse").await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    let second = browser.password(&again, "correct horse").await;
    assert!(asks_for(&second, "code"), "{second:?}");
    assert!(
        asks_for(&browser.open().await, "password"),
        "the first factor alone signed in"
    );
    let now = step(system().now());
    let consent = browser
        .press(&second, &[("code", &code(SECRET, now))])
        .await;
    assert!(asks_for(&consent, "answer"), "{consent:?}");
    let done = browser.press(&consent, &[("answer", "yes")]).await;
    assert!(done.location().contains("code="), "{done:?}");
    assert!(
        asks_for(&browser.open().await, "answer"),
        "the session is gone"
    );
}

#[tokio::test]
async fn a_code_is_good_once_and_guesses_lock_the_account() {
    let mut browser = Browser::new().await;
    let page = browser.open().await;
    let second = browser.password(&page, "correct horse").await;
    let now = code(SECRET, step(system().now()));
    let consent = browser.press(&second, &[("code", &now)]).await;
    assert!(asks_for(&consent, "answer"));

    let mut other = Browser {
        app: browser.app.clone(),
        cookies: BTreeMap::new(),
    };
    let page = other.open().await;
    let second = other.password(&page, "correct horse").await;
    let replayed = other.press(&second, &[("code", &now)]).await;
    assert!(asks_for(&replayed, "password"), "{replayed:?}");
    for _ in 0..4 {
        other.press(&second, &[("code", "not a code")]).await;
    }
    let next = code(SECRET, step(system().now()) + 1);
    let locked = other.press(&second, &[("code", &next)]).await;
    assert!(asks_for(&locked, "password"), "{locked:?}");
}
