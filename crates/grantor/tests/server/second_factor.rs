//! The example of a login with a second factor.

use grantor::axum::ServerExt;
use grantor::core::Timestamp;
use grantor::http::system;
use http::StatusCode;

use crate::browser::Browser;
use crate::calls::Answer;
use crate::examples::second_factor::{REQUEST, code, server, step};

const SECRET: &[u8] = b"12345678901234567890";

async fn browser() -> Browser {
    Browser::new(server().await.unwrap().routes(), "http://127.0.0.1:3000")
}

async fn password(browser: &mut Browser, page: &Answer, password: &str) -> Answer {
    let inputs = [("name", "ada"), ("password", password)];
    browser.press(page, &inputs).await
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
    let mut browser = browser().await;
    let page = browser.open(REQUEST).await;
    let again = password(&mut browser, &page, "wrong horse").await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    let second = password(&mut browser, &again, "correct horse").await;
    assert!(asks_for(&second, "code"), "{second:?}");
    assert!(
        asks_for(&browser.open(REQUEST).await, "password"),
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
        asks_for(&browser.open(REQUEST).await, "answer"),
        "the session is gone"
    );
}

#[tokio::test]
async fn a_code_is_good_once_and_guesses_lock_the_account() {
    let mut browser = browser().await;
    let page = browser.open(REQUEST).await;
    let second = password(&mut browser, &page, "correct horse").await;
    let now = code(SECRET, step(system().now()));
    let consent = browser.press(&second, &[("code", &now)]).await;
    assert!(asks_for(&consent, "answer"));

    let mut other = browser.other();
    let page = other.open(REQUEST).await;
    let second = password(&mut other, &page, "correct horse").await;
    let replayed = other.press(&second, &[("code", &now)]).await;
    assert!(asks_for(&replayed, "password"), "{replayed:?}");
    for _ in 0..4 {
        other.press(&second, &[("code", "not a code")]).await;
    }
    let next = code(SECRET, step(system().now()) + 1);
    let locked = other.press(&second, &[("code", &next)]).await;
    assert!(asks_for(&locked, "password"), "{locked:?}");
}
