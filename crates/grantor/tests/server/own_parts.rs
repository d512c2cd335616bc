//! The examples of a grant type, a table of clients and a token format of the application's.

use axum::Router;
use grantor::axum::ServerExt;
use http::StatusCode;

use crate::calls::{Answer, post};
use crate::examples::{own_clients, own_grant, own_tokens};

const READER: (&str, &str) = ("reader", "the secret of the reader");
const PARTNER: (&str, &str) = ("partner", "a secret that the partner chose");
const APP: (&str, &str) = ("app", "the secret of the app");

async fn active(app: &Router, client: (&str, &str), token: &str) -> bool {
    let answer = post(app, "/introspect", client, &[("token", token)]).await;
    answer.json()["active"].as_bool().unwrap()
}

#[test]
fn a_grant_type_is_under_40_lines() {
    let source = include_str!("../../examples/own_grant.rs");
    let (_, own) = source
        .split_once("#[derive(Debug)]\nstruct Badge;")
        .unwrap();
    let (own, _) = own.split_once("/// A server with this grant type").unwrap();
    let lines = own.lines().filter(|line| !line.trim().is_empty());
    assert!(lines.count() < 40);
}

#[tokio::test]
async fn a_grant_type_has_refresh_tokens_and_leaves_the_others_there() {
    let app: Router = own_grant::server().await.unwrap().routes();
    let badge = |number: &'static str| [("grant_type", "urn:example:badge"), ("badge", number)];
    let refused = post(&app, "/token", READER, &badge("1")).await;
    assert_eq!(refused.member("error"), "invalid_grant");
    let first = post(&app, "/token", READER, &badge("4711")).await;
    let refresh = first.member("refresh_token");
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &*refresh),
    ];
    let second: Answer = post(&app, "/token", READER, &refresh).await;
    let token = second.member("access_token");
    let seen = post(&app, "/introspect", READER, &[("token", &token)]).await;
    assert_eq!(
        (seen.member("sub"), seen.member("scope")),
        ("visitor".to_owned(), "doors".to_owned())
    );
    // The refresh token may be revoked, and the access tokens with it.
    let last = refresh[1].1;
    post(&app, "/revoke", READER, &[("token", last)]).await;
    assert!(!active(&app, READER, &token).await);
}

#[tokio::test]
async fn a_table_of_clients_verifies_its_own_hashes() {
    let app: Router = own_clients::server().await.unwrap().routes();
    let grant = [("grant_type", "client_credentials")];
    let token = post(&app, "/token", PARTNER, &grant)
        .await
        .member("access_token");
    assert!(active(&app, PARTNER, &token).await);
    for wrong in [("partner", "another secret"), ("nobody", PARTNER.1)] {
        let refused = post(&app, "/token", wrong, &grant).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refused.member("error"), "invalid_client");
    }
}

#[tokio::test]
async fn a_token_format_is_written_read_and_revoked() {
    let app: Router = own_tokens::server().await.unwrap().routes();
    let grant = [("grant_type", "client_credentials")];
    let issue = async || {
        post(&app, "/token", APP, &grant)
            .await
            .member("access_token")
    };
    let (token, other) = (issue().await, issue().await);
    assert!(token.starts_with("acme."), "{token}");
    assert!(!token.contains("client_id") && token != other);
    for token in [&token, &other] {
        assert!(active(&app, APP, token).await);
    }
    post(&app, "/revoke", APP, &[("token", &token)]).await;
    assert!(!active(&app, APP, &token).await);
    assert!(active(&app, APP, &other).await);
    // A changed text is no token.
    let cut = &other[..other.len() - 4];
    for changed in [format!("{cut}AAAA"), cut.to_owned(), "acme.".to_owned()] {
        assert!(!active(&app, APP, &changed).await, "{changed}");
    }
}
