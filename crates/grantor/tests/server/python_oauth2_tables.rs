//! The example of clients in the tables of python-oauth2.

use axum::Router;
use grantor::axum::ServerExt;
use http::StatusCode;
use rusqlite::Connection;

use crate::calls::{Answer, post};
use crate::examples::python_oauth2_tables::{Tables, server, tables};

const ABC: (&str, &str) = ("abc", "xyz");

async fn ask(app: &Router, client: (&str, &str)) -> Answer {
    let grant = [("grant_type", "client_credentials")];
    post(app, "/token", client, &grant).await
}

async fn is_active(app: &Router, token: &str) -> bool {
    let answer = post(app, "/introspect", ABC, &[("token", token)]).await;
    answer.json()["active"].as_bool().unwrap()
}

fn change(tables: &Tables, statements: &str) {
    let connection: &Connection = &tables.0.lock().unwrap();
    connection.execute_batch(statements).unwrap();
}

#[tokio::test]
async fn clients_of_the_tables_get_tokens_with_their_old_secrets() {
    let tables = tables().unwrap();
    let app: Router = server(tables.clone()).await.unwrap().routes();
    let answer = ask(&app, ABC).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.member("scope"), "read");
    assert!(is_active(&app, &answer.member("access_token")).await);
    for wrong in [("abc", "xyy"), ("nobody", "xyz")] {
        let refused = ask(&app, wrong).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refused.member("error"), "invalid_client");
    }
    // The table says what a client may use.
    change(
        &tables,
        "UPDATE client_grants SET name = 'authorization_code'",
    );
    let refused = ask(&app, ABC).await;
    assert_eq!(refused.member("error"), "unauthorized_client");
    // Without rows it may use all that this server has.
    change(&tables, "DELETE FROM client_grants");
    assert_eq!(ask(&app, ABC).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_client_that_is_removed_and_added_again_has_none_of_its_tokens() {
    let tables = tables().unwrap();
    let app: Router = server(tables.clone()).await.unwrap().routes();
    let token = ask(&app, ABC).await.member("access_token");
    assert!(is_active(&app, &token).await);
    change(
        &tables,
        "DELETE FROM clients; INSERT INTO clients (identifier, secret) VALUES ('abc', 'xyz');",
    );
    assert!(!is_active(&app, &token).await);
    let again = ask(&app, ABC).await.member("access_token");
    assert!(is_active(&app, &again).await);
}
