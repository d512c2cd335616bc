//! The example of clients in the tables of python-oauth2, in a MariaDB server.

use axum::Router;
use grantor::axum::ServerExt;
use grantor_testservers::MariaDb;
use http::StatusCode;
use mysql_async::Pool;
use mysql_async::prelude::Queryable;

use crate::calls::{Answer, post};
use crate::examples::python_oauth2_tables::{Tables, server};

const ABC: (&str, &str) = ("abc", "xyz");

/// The schema of python-oauth2, with a client.
const SCHEMA: [&str; 6] = [
    "CREATE TABLE `clients` (
       `id` INT NOT NULL AUTO_INCREMENT,
       `identifier` VARCHAR(32) NOT NULL,
       `secret` VARCHAR(32) NOT NULL,
       PRIMARY KEY (`id`))",
    "CREATE TABLE `client_grants` (
       `id` INT NOT NULL AUTO_INCREMENT,
       `name` VARCHAR(32) NOT NULL,
       `client_id` INT NOT NULL,
       PRIMARY KEY (`id`))",
    "CREATE TABLE `client_redirect_uris` (
       `id` INT NOT NULL AUTO_INCREMENT,
       `redirect_uri` VARCHAR(128) NOT NULL,
       `client_id` INT NOT NULL,
       PRIMARY KEY (`id`))",
    "INSERT INTO `clients` (`identifier`, `secret`) VALUES ('abc', 'xyz')",
    "INSERT INTO `client_grants` (`name`, `client_id`) VALUES ('client_credentials', 1)",
    "INSERT INTO `client_redirect_uris` (`redirect_uri`, `client_id`)
       VALUES ('http://localhost/callback', 1)",
];

/// The tables, and a server on them.
struct Stage {
    _database: MariaDb,
    tables: Pool,
    app: Router,
}

impl Stage {
    async fn new() -> Self {
        let database = MariaDb::start().unwrap();
        let tables = Pool::from_url(database.url()).unwrap();
        let app = server(Tables(tables.clone())).await.unwrap().routes();
        let stage = Self {
            _database: database,
            tables,
            app,
        };
        for statement in SCHEMA {
            stage.change(statement).await;
        }
        stage
    }

    async fn change(&self, statement: &str) {
        let mut connection = self.tables.get_conn().await.unwrap();
        connection.query_drop(statement).await.unwrap();
    }

    async fn ask(&self, client: (&str, &str)) -> Answer {
        let grant = [("grant_type", "client_credentials")];
        post(&self.app, "/token", client, &grant).await
    }

    async fn is_active(&self, token: &str) -> bool {
        let answer = post(&self.app, "/introspect", ABC, &[("token", token)]).await;
        answer.json()["active"].as_bool().unwrap()
    }
}

#[tokio::test]
async fn clients_of_the_tables_get_tokens_with_their_old_secrets() {
    let stage = Stage::new().await;
    let answer = stage.ask(ABC).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.member("scope"), "read");
    assert!(stage.is_active(&answer.member("access_token")).await);
    // Identifiers are compared byte for byte, though MySQL finds "abc" for "ABC", too.
    for wrong in [
        ("abc", "xyy"),
        ("nobody", "xyz"),
        ("ABC", "xyz"),
        ("abc ", "xyz"),
    ] {
        let refused = stage.ask(wrong).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{wrong:?}");
        assert_eq!(refused.member("error"), "invalid_client");
    }
    // The table says what a client may use.
    stage
        .change("UPDATE `client_grants` SET `name` = 'authorization_code'")
        .await;
    let refused = stage.ask(ABC).await;
    assert_eq!(refused.member("error"), "unauthorized_client");
    // Without rows it may use all that this server has.
    stage.change("DELETE FROM `client_grants`").await;
    assert_eq!(stage.ask(ABC).await.status, StatusCode::OK);
    // A client that is removed and added again has none of its tokens.
    let token = stage.ask(ABC).await.member("access_token");
    assert!(stage.is_active(&token).await);
    stage.change("DELETE FROM `clients`").await;
    stage.change(SCHEMA[3]).await;
    assert!(!stage.is_active(&token).await);
    let again = stage.ask(ABC).await.member("access_token");
    assert!(stage.is_active(&again).await);
}
