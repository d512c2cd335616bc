//! What a client of python-oauth2's README example sends and gets, against the same in grantor.
//!
//! The differences that an application notices: 303 in place of 302, `state` and `iss` with errors, an
//! error page for a user whose client is unknown, and JSON for a client that is. Forms go to their action
//! with all their hidden inputs.

use axum::Router;
use grantor::axum::ServerExt;
use grantor::core::Params;
use http::{StatusCode, header};

use crate::browser::Browser;
use crate::calls::{Answer, post};
use crate::examples::python_oauth2::server;

const ABC: (&str, &str) = ("abc", "xyz");
const MONTH: u64 = 2_592_000;

async fn app() -> Router {
    server().await.unwrap().routes()
}

/// The answer to a request for a response type, once this button was pressed.
async fn pressed(app: &Router, response_type: &str, button: &str) -> Answer {
    let mut browser = Browser::new(app.clone(), "http://127.0.0.1:8080");
    let url = format!("/authorize?response_type={response_type}&client_id=abc&state=S");
    let page = browser.open(&url).await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    let kind = page.headers[header::CONTENT_TYPE].to_str().unwrap();
    assert!(kind.starts_with("text/html"), "{kind}");
    for input in ["confirm", "deny"] {
        assert!(page.text.contains(&format!("name=\"{input}\"")));
    }
    browser.press(&page, &[(button, button)]).await
}

/// The parameters after this separator of a redirect to the client.
#[track_caller]
fn callback(answer: &Answer, separator: char) -> Params<'static> {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    let location = answer.location();
    let (uri, params) = location.split_once(separator).unwrap();
    assert_eq!(uri, "http://localhost/callback");
    let mut read = Params::new();
    for (name, value) in Params::parse(params.as_bytes()).unwrap().iter() {
        read.push(name.to_owned(), value.to_owned());
    }
    read
}

#[track_caller]
fn assert_uuid(text: &str) {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12], "{text}");
    let of_uuid = |b: u8| b == b'-' || b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    assert!(text.bytes().all(of_uuid) && text.as_bytes()[14] == b'4');
}

async fn redeem(app: &Router, code: &str) -> Answer {
    let ask = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", "http://localhost/callback"),
    ];
    post(app, "/token", ABC, &ask).await
}

async fn refresh(app: &Router, token: &str) -> Answer {
    let ask = [("grant_type", "refresh_token"), ("refresh_token", token)];
    post(app, "/token", ABC, &ask).await
}

#[track_caller]
fn assert_not_kept(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(answer.headers[header::PRAGMA], "no-cache");
}

#[tokio::test]
async fn the_golden_run_gives_what_it_gave() {
    let app = app().await;
    let confirmed = callback(&pressed(&app, "code", "confirm").await, '?');
    assert_eq!(confirmed.get("state"), Some("S"));
    let code = confirmed.get("code").unwrap();

    let tokens = redeem(&app, code).await;
    assert_not_kept(&tokens);
    let json = tokens.json();
    assert_uuid(&tokens.member("access_token"));
    assert_eq!(json["token_type"], "Bearer");
    assert_eq!(json["expires_in"], MONTH);
    let names: Vec<&str> = json
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(names.len(), 4, "{names:?}");
    let refresh_token = tokens.member("refresh_token");

    // The refresh token stays the same, and is not in the answer: twice.
    for _ in 0..2 {
        let refreshed = refresh(&app, &refresh_token).await;
        assert_not_kept(&refreshed);
        let json = refreshed.json();
        assert_uuid(&refreshed.member("access_token"));
        assert_ne!(json["access_token"], tokens.json()["access_token"]);
        assert_eq!(json["token_type"], "Bearer");
        assert_eq!(json["expires_in"], MONTH);
        assert_eq!(json.as_object().unwrap().len(), 3, "{json}");
    }
}

#[tokio::test]
async fn a_user_who_denies_is_an_error_for_the_client() {
    let app = app().await;
    let denied = callback(&pressed(&app, "code", "deny").await, '?');
    assert_eq!(denied.get("error"), Some("access_denied"));
    assert_eq!((denied.get("state"), denied.get("code")), (Some("S"), None));
    let denied = callback(&pressed(&app, "token", "deny").await, '#');
    assert_eq!(denied.get("error"), Some("access_denied"));
}

#[tokio::test]
async fn the_implicit_grant_gives_a_token_in_the_fragment() {
    let app = app().await;
    let confirmed = callback(&pressed(&app, "token", "confirm").await, '#');
    assert_uuid(confirmed.get("access_token").unwrap());
    let token_type = confirmed.get("token_type").unwrap();
    assert!(token_type.eq_ignore_ascii_case("bearer"));
    assert_eq!(confirmed.get("state"), Some("S"));
    assert_eq!(confirmed.get("refresh_token"), None);
}

#[tokio::test]
async fn a_client_that_nobody_knows_gets_nothing() {
    let app = app().await;
    let mut browser = Browser::new(app.clone(), "http://127.0.0.1:8080");
    let unknown = "/authorize?response_type=code&client_id=nobody&state=S";
    let page = browser.open(unknown).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    let ask = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    for client in [("nobody", "xyz"), ("abc", "wrong")] {
        let answer = post(&app, "/token", client, &ask).await;
        assert_eq!(answer.member("error"), "invalid_client");
    }
}

/// What that server let through.
#[tokio::test]
async fn a_code_is_good_once() {
    let app = app().await;
    let confirmed = callback(&pressed(&app, "code", "confirm").await, '?');
    let code = confirmed.get("code").unwrap();
    let tokens = redeem(&app, code).await;
    let again = redeem(&app, code).await;
    assert_eq!(again.member("error"), "invalid_grant");
    let ended = refresh(&app, &tokens.member("refresh_token")).await;
    assert_eq!(ended.member("error"), "invalid_grant");
}

/// The page that compares both programs shows the one that these tests run.
#[test]
fn the_page_shows_the_program_of_these_tests() {
    let page = include_str!("../../../../docs/coming-from/python-oauth2.md");
    let shown = |source: &str, from: &str, to: &str| {
        let (_, rest) = source.split_once(from).unwrap();
        let (part, _) = rest.split_once(to).unwrap();
        assert!(page.contains(part), "{part}");
    };
    let program = include_str!("../../examples/python_oauth2.rs");
    shown(program, "/// Identifies the user", "/// The server, with");
    shown(program, "let server = opened\n", "    Ok(server)");
    let tables = include_str!("../../examples/python_oauth2_tables.rs");
    shown(
        tables,
        "/// The tables `clients`",
        "/// A server that looks",
    );
}
