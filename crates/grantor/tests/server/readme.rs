//! The README's server: called with a token, after its text was held to what is called here.

use axum::{Router, routing::get as route_get};
use grantor::axum::ServerExt;
use grantor::server::{self, NewClient};
use grantor::sqlite::SqliteStore;
use http::StatusCode;

use crate::calls::{get, post};

const README: &str = include_str!("../../../../README.md");
const APP: (&str, &str) = ("app", "the secret of the app");

/// The lines of the README's server, without what only its `main` has.
const LINES: [&str; 5] = [
    "let server = opened.await?.build().await?;",
    "let protected = server.protect(\"https://api.example.com\")?.scope(\"read\");",
    "let app = Router::new()",
    ".route(\"/things\", get(|| async { \"only with a token\" }).layer(protected))",
    ".merge(server.routes());",
];

async fn application() -> Result<(tempfile::TempDir, Router), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let get = route_get::<_, _, ()>;
    let store = SqliteStore::open(folder.path().join("grantor.db"))?;
    let opened = server::open("https://id.example.com", store, folder.path());
    let server = opened.await?.build().await?;
    let protected = server.protect("https://api.example.com")?.scope("read");
    #[rustfmt::skip]
    let app = Router::new()
        .route("/things", get(|| async { "only with a token" }).layer(protected))
        .merge(server.routes());
    let client = NewClient::confidential(APP.0)
        .with_grant_types(["client_credentials"])
        .with_scope("read write".parse()?)
        .with_secret(APP.1);
    server.clients().unwrap().add(client).await?;
    Ok((folder, app))
}

#[test]
fn the_readme_has_the_lines_that_run_here() {
    let (_, example) = README.split_once("## Issue tokens").unwrap();
    let (_, example) = example.split_once("```rust,no_run\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let here = include_str!("readme.rs");
    let (_, here) = here.split_once("async fn application").unwrap();
    for line in LINES {
        for text in [example, here] {
            assert!(text.lines().any(|own| own.trim() == line), "{line}");
        }
    }
    let code = example.lines().filter(|line| !line.trim().is_empty());
    let (imports, rest): (Vec<&str>, Vec<&str>) = code.partition(|line| line.starts_with("use "));
    assert!(rest.len() <= 15, "{} lines", rest.len());
    assert_eq!(imports.len(), 2);
}

#[tokio::test]
async fn its_tokens_open_its_api_with_and_without_naming_the_resource() {
    let (_folder, app) = application().await.unwrap();
    assert_eq!(
        get(&app, "/things", None).await.status,
        StatusCode::UNAUTHORIZED
    );
    let grant = ("grant_type", "client_credentials");
    for more in [&[][..], &[("resource", "https://api.example.com")]] {
        let answer = post(&app, "/token", APP, &[&[grant], more].concat()).await;
        let token = answer.member("access_token");
        let answer = get(&app, "/things", Some(&token)).await;
        assert_eq!(
            (answer.status, &*answer.text),
            (StatusCode::OK, "only with a token")
        );
    }
    let other = [grant, ("resource", "https://other.example.com")];
    let refused = post(&app, "/token", APP, &other).await;
    assert_eq!(refused.member("error"), "invalid_target");
    let narrow = post(&app, "/token", APP, &[grant, ("scope", "write")]).await;
    let answer = get(&app, "/things", Some(&narrow.member("access_token"))).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_server_that_opens_again_has_its_clients_and_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let open = async || {
        let store = SqliteStore::open(folder.path().join("grantor.db")).unwrap();
        let opened = server::open("https://id.example.com", store, folder.path()).await;
        opened.unwrap().build().await.unwrap()
    };
    let client = NewClient::confidential(APP.0)
        .with_grant_types(["client_credentials"])
        .with_secret(APP.1);
    open().await.clients().unwrap().add(client).await.unwrap();
    let app: Router = open().await.routes();
    let grant = [("grant_type", "client_credentials")];
    post(&app, "/token", APP, &grant)
        .await
        .member("access_token");
}

#[tokio::test]
async fn what_is_wrong_with_an_issuer_is_said() {
    let store = grantor::store::MemoryStore::new();
    let key = grantor::store::MasterKey::from_bytes([7; 32]);
    let error = server::open("http://id.example.com", store, key)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("https"), "{error}");
}
