//! The example of an application that signs its users in with OpenID Connect.

use axum::Router;
use axum::body::Body;
use grantor::client::{CodeFlow, Tokens};
use grantor_testkit::FakeServer;
use http::{HeaderMap, Request, header};
use reqwest::Url;

use crate::calls::{Answer, send};
use crate::examples::sign_in_axum::app;

const ISSUER: &str = "https://id.example.com";

fn flow(server: &FakeServer) -> CodeFlow {
    let login = Tokens::login(ISSUER, "app").client_secret("s3cret");
    let login = login.scope("openid profile").transport(server.clone());
    login.code_flow("https://app.example/callback").unwrap()
}

async fn visit(app: &Router, path: &str, cookie: Option<&str>) -> Answer {
    let mut request = Request::get(path);
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    send(app, request.body(Body::empty()).unwrap()).await
}

fn location(headers: &HeaderMap) -> &str {
    headers[header::LOCATION].to_str().unwrap()
}

fn cookie(headers: &HeaderMap) -> &str {
    let cookie = headers[header::SET_COOKIE].to_str().unwrap();
    cookie.split(';').next().unwrap()
}

#[tokio::test]
async fn a_user_signs_in_and_out() {
    let server = FakeServer::new(ISSUER);
    let app = app(flow(&server));
    let begun = visit(&app, "/login", None).await;
    let back = server.approve(&Url::parse(location(&begun.headers)).unwrap());
    let path = format!("{}?{}", back.path(), back.query().unwrap());
    // Another browser has no part in it.
    let stranger = visit(&app, &path, None).await;
    assert!(!stranger.headers.contains_key(header::SET_COOKIE));
    let signed_in = visit(&app, &path, Some(cookie(&begun.headers))).await;
    assert_eq!(location(&signed_in.headers), "/");
    assert_ne!(cookie(&signed_in.headers), cookie(&begun.headers));
    let out = visit(&app, "/logout", Some(cookie(&signed_in.headers))).await;
    assert!(
        location(&out.headers).starts_with("https://id.example.com/end_session?id_token_hint=")
    );
    let again = visit(&app, "/logout", Some(cookie(&signed_in.headers))).await;
    assert_eq!(location(&again.headers), "/");
}
