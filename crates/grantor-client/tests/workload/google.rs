//! The metadata server of Google.

use bytes::Bytes;
use grantor_client::{ClientCredential, GoogleMetadata, Tokens};
use http::{Request, Response};

use crate::cloud::{Cloud, header, query, text};
use crate::support::{ISSUER, World, bearer, request};

const BASE: &str = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/";

fn flavored(answer: Response<Bytes>) -> Response<Bytes> {
    let mut answer = answer;
    let google = http::HeaderValue::from_static("Google");
    answer.headers_mut().insert("metadata-flavor", google);
    answer
}

/// As the server is: without the header of the request it refuses.
fn service(request: &Request<Bytes>) -> Response<Bytes> {
    if header(request, "metadata-flavor") != "Google" {
        return crate::cloud::status(403);
    }
    let path = request.uri().path();
    flavored(match path {
        path if path.ends_with("/default/token") => {
            text(r#"{"access_token": "ya29.machine", "expires_in": 3599, "token_type": "Bearer"}"#)
        }
        path if path.ends_with("/default/identity") => {
            text(&format!("id.token.{}\n", query(request)["audience"].len()))
        }
        _ => crate::cloud::status(404),
    })
}

#[tokio::test]
async fn the_access_token_of_the_machine_is_used_and_renewed() {
    let world = World::new();
    let wanted = GoogleMetadata::access_token().scopes("a,b");
    let (tokens, sent) = Cloud::default()
        .with(BASE, service)
        .tokens(&world, Tokens::from_workload(wanted));
    let tokens = tokens.build().unwrap();
    let mut call = request();
    let _ = tokens.prepare(&mut call).await.unwrap();
    assert_eq!(bearer(&call), "ya29.machine");
    assert_eq!(query(&sent.sent()[0])["scopes"], "a,b");
    let end = tokens.get().await.unwrap().expires_at.unwrap();
    assert_eq!(end.since(world.now()).as_secs(), 3599);
    world.advance(3600);
    tokens.get().await.unwrap();
    assert_eq!(sent.sent().len(), 2);
}

#[tokio::test]
async fn an_id_token_is_exchanged_or_used() {
    let world = World::new();
    world.server.trust_token("id.token.19");
    let cloud = Cloud::default().with(BASE, service);
    let token = GoogleMetadata::id_token("https://idp.example");
    let exchange = Tokens::token_exchange(ISSUER, "", ClientCredential::None);
    let (tokens, sent) = cloud.tokens(&world, exchange.subject_of_workload(token));
    tokens.build().unwrap().get().await.unwrap();
    assert_eq!(query(&sent.sent()[0])["format"], "full");
}

#[tokio::test]
async fn what_is_not_the_metadata_server_gives_no_token() {
    let world = World::new();
    let ask = async |cloud: Cloud, token: GoogleMetadata| {
        let (tokens, _) = cloud.tokens(&world, Tokens::from_workload(token));
        tokens.build().unwrap().get().await.unwrap_err()
    };
    let token = GoogleMetadata::access_token;
    // Whoever has the address answers with the page of a login.
    let portal = Cloud::default().with(BASE, |_| text("<html>"));
    let error = ask(portal, token()).await;
    assert!(
        error.is_refused() && error.to_string().contains("Metadata-Flavor"),
        "{error}"
    );
    let garbled = Cloud::default().with(BASE, |_| flavored(text("{}")));
    assert!(ask(garbled, token()).await.is_refused());
    let error = ask(Cloud::default().with(BASE, service), token().account("x@y")).await;
    assert!(
        error.is_configuration() && error.to_string().contains("404"),
        "{error}"
    );
    let busy = Cloud::default().with(BASE, |_| crate::cloud::status(503));
    assert!(ask(busy, token()).await.is_transient());
}
