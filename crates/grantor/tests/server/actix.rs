//! The example of a server in an actix-web application, over a loopback socket.

use std::net::TcpListener;

use actix_web::{App, HttpServer};
use grantor::actix::ServerExt;
use grantor::client::{Authenticate, Tokens};
use grantor::server::{self, NewClient};
use grantor::store::{MasterKey, MemoryStore};

use crate::examples::actix::routes;

const DOCS: &str = include_str!("../../../../docs/server.md");

#[tokio::test]
async fn grantors_client_calls_the_api_of_an_actix_application() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let key = MasterKey::from_bytes([7; 32]);
    let opened = server::open(&origin, MemoryStore::new(), key)
        .await
        .unwrap();
    let server = opened.build().await.unwrap();
    let app = NewClient::confidential("app")
        .with_grant_types(["client_credentials"])
        .with_scope("read write".parse().unwrap())
        .with_secret("the secret of the app");
    server.clients().unwrap().add(app).await.unwrap();
    let api = format!("{origin}/api");
    let protected = server.protect(&api).unwrap().scope("read");
    let application = move || App::new().configure(routes(&server, &protected));
    let listening = HttpServer::new(application).workers(1).disable_signals();
    tokio::spawn(listening.listen(listener).unwrap().run());

    let tokens = |scope: &str| {
        let builder = Tokens::client_credentials(&origin, "app", "the secret of the app");
        let tokens = builder.scope(scope).build().unwrap();
        tokens.with_origin(&origin).unwrap()
    };
    let http = reqwest::Client::new();
    let things = format!("{api}/things");
    assert_eq!(http.get(&things).send().await.unwrap().status(), 401);
    let (read, write) = (tokens("read"), tokens("read write"));
    let answer = http.get(&things).authenticate(&read).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "the things of app");
    let refused = http.post(&things).authenticate(&read).send().await.unwrap();
    assert_eq!(refused.status(), 403);
    let added = http
        .post(&things)
        .authenticate(&write)
        .send()
        .await
        .unwrap();
    assert_eq!(added.text().await.unwrap(), "added");
}

#[test]
fn the_guide_has_the_lines_that_run_here() {
    let (_, example) = DOCS.split_once("use actix_web::").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let here = include_str!("../../examples/actix.rs");
    for line in [
        ".wrap(protected.clone().middleware())",
        ".route(\"/things\", web::get().to(things))",
        "let server = opened.build().await?;",
    ] {
        for text in [example, here] {
            let mut lines = text.lines().map(|own| own.trim().trim_end_matches(';'));
            assert!(lines.any(|own| own == line.trim_end_matches(';')), "{line}");
        }
    }
}
