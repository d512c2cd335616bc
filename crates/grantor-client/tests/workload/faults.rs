//! Services of a platform that are slow, or answer without end, over sockets.

use std::sync::Arc;
use std::time::Duration;

use grantor_client::{
    ClientCredential, Error, GoogleMetadata, Policy, TokenUrl, Tokens, TokensBuilder, WorkloadToken,
};
use grantor_core::exchange::Retry;

use crate::cloud::variables;
use crate::support::web::{Answer, Web};

/// Over the client of grantor's own, as in a program.
fn at(web: &Web) -> TokensBuilder {
    let host = web.url("").replacen("http://", "", 1);
    let host = [("GCE_METADATA_HOST", &*host)];
    let token = WorkloadToken::from(GoogleMetadata::access_token()).variables(variables(&host));
    Tokens::from_workload(token)
}

async fn failure(builder: TokensBuilder) -> Error {
    builder.build().unwrap().get().await.unwrap_err()
}

#[tokio::test]
async fn an_answer_without_end_is_not_read() {
    let web = Web::start(|_| Answer::text(200, &"x".repeat(300_000))).await;
    let error = failure(at(&web)).await;
    assert!(error.to_string().contains("longer than"), "{error}");
}

#[tokio::test]
async fn a_service_that_never_answers_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap());
    let mut policy = Policy::default();
    policy.request_timeout = Duration::from_millis(100);
    policy.retry = Retry::never();
    let error = failure(Tokens::from_workload(TokenUrl::new(url)).policy(policy)).await;
    assert!(error.is_transient(), "{error}");
}

#[tokio::test]
async fn headers_and_the_way_of_the_url_are_kept() {
    let seen = Arc::new(std::sync::Mutex::new(String::new()));
    let saw = Arc::clone(&seen);
    let web = Web::start(move |request| {
        *saw.lock().unwrap() = request.to_owned();
        Answer::text(200, "  platform\n")
    })
    .await;
    let url = TokenUrl::new(web.url("/token?resource=a%20b")).header("X-Secret", "s3cret");
    let tokens = Tokens::from_workload(url).allow_origin("https://api.example");
    let token = tokens.build().unwrap().get().await.unwrap();
    assert_eq!(token.secret.expose(), "platform");
    let seen = seen.lock().unwrap().clone();
    assert!(
        seen.starts_with("GET /token?resource=a%20b HTTP/1.1"),
        "{seen}"
    );
    assert!(seen.contains("x-secret: s3cret"), "{seen}");
}

#[tokio::test]
async fn nobody_there_is_an_error_without_the_secret_of_the_url() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = TokenUrl::new(format!("http://{address}/token?code=s3cret"));
    let url = url.header("authorization", "s3cret");
    let exchange = Tokens::token_exchange("https://idp.example", "", ClientCredential::None);
    let error = failure(exchange.subject_of_workload(url)).await;
    assert!(error.is_transient(), "{error}");
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    for url in ["", "/relative", "ftp:x y"] {
        let error = failure(Tokens::from_workload(TokenUrl::new(url))).await;
        assert!(error.is_configuration(), "{url}: {error}");
    }
}
