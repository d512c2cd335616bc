//! What a token endpoint that answers something else comes to.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::time::Duration;

use grantor_client::{Server, Tokens};
use grantor_core::{
    BasicEncoding, IntrospectionRequest, Quirks, RequestEncoding, RevocationRequest,
};
use grantor_testkit::{Endpoint, Fault, ScriptedAnswer};
use support::{ISSUER, World};

#[tokio::test(start_paused = true)]
async fn what_is_no_token_is_an_error_without_its_body() {
    for (status, body) in [
        (200, "<html>hunter2</html>"),
        (200, "hunter2"),
        (200, r#"{"token_type":"Bearer","hint":"hunter2"}"#),
        (400, r#"{"access_token":"hunter2","expires_in":3600}"#),
        (404, "hunter2"),
        (302, "hunter2"),
    ] {
        let world = World::new();
        let tokens = world.here(world.client()).build().unwrap();
        let answer = ScriptedAnswer::new(status).body(body);
        world
            .server
            .fail_always(Endpoint::Token, Fault::Answer(answer));
        let error = tokens.get().await.unwrap_err();
        assert!(!error.needs_login(), "{status} {body}: {error}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("token endpoint"), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_with_status_200_is_an_error() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    let answer = ScriptedAnswer::new(200).body(r#"{"error":"invalid_scope","access_token":"t"}"#);
    world.server.fail_next(Fault::Answer(answer));
    let error = tokens.get().await.unwrap_err();
    assert!(error.is_configuration());
    assert!(error.to_string().contains("invalid_scope"));
}

#[tokio::test(start_paused = true)]
async fn a_token_of_another_type_is_not_sent_as_bearer() {
    let world = World::new();
    world.server.set_extra("token_type", "mac".into());
    let tokens = world.here(world.client()).build().unwrap();
    let error = tokens.get().await.unwrap_err();
    assert!(error.to_string().contains("Bearer"), "{error}");
}

/// The `Authorization` header of the token request of a client with a secret that encoding changes.
async fn basic(encoding: BasicEncoding) -> String {
    let world = World::new();
    let mut quirks = Quirks::NONE;
    quirks.basic = encoding;
    let server = Server::issuer(ISSUER).quirks(quirks);
    let tokens = world.here(Tokens::client_credentials(server, "app", "a+b %"));
    let _ = tokens.build().unwrap().get().await;
    let sent = world.server.last_token_request().unwrap();
    let header = sent.headers()["authorization"].to_str().unwrap().to_owned();
    let decoded = {
        use base64::Engine;
        let text = header.strip_prefix("Basic ").unwrap();
        base64::engine::general_purpose::STANDARD
            .decode(text)
            .unwrap()
    };
    String::from_utf8(decoded).unwrap()
}

#[tokio::test(start_paused = true)]
async fn basic_is_form_encoded_unless_the_server_wants_it_raw() {
    assert_eq!(basic(BasicEncoding::FormEncoded).await, "app:a%2Bb+%25");
    assert_eq!(basic(BasicEncoding::Raw).await, "app:a+b %");
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_may_be_asked_by_get() {
    let world = World::new();
    let mut quirks = Quirks::NONE;
    quirks.request = RequestEncoding::DangerGet;
    let server = Server::issuer(ISSUER).quirks(quirks);
    let tokens = world.here(Tokens::client_credentials(server, "app", "s3cret"));
    let _ = tokens.build().unwrap().get().await;
    let sent = world.server.last_token_request().unwrap();
    assert_eq!(sent.request().method(), http::Method::GET);
    assert!(
        sent.url()
            .unwrap()
            .query()
            .unwrap()
            .contains("grant_type=client_credentials")
    );
    assert!(sent.request().body().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_question_that_is_not_answered_says_which_endpoint_it_was_and_whose_fault() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    let ask = async |endpoint, fault| {
        world.server.fail_next_at(endpoint, fault);
        match endpoint {
            Endpoint::Revocation => tokens
                .revoke(&RevocationRequest::new("token"))
                .await
                .unwrap_err(),
            _ => tokens
                .introspect(&IntrospectionRequest::new("token"))
                .await
                .unwrap_err(),
        }
    };
    for (endpoint, name) in [
        (Endpoint::Introspection, "introspection endpoint"),
        (Endpoint::Revocation, "revocation endpoint"),
    ] {
        let refused = ask(endpoint, Fault::Refused("invalid_client")).await;
        assert!(refused.is_configuration(), "{refused}");
        let busy = ask(endpoint, Fault::Unavailable(7)).await;
        assert!(busy.is_transient(), "{busy}");
        assert_eq!(busy.retry_after(), Some(Duration::from_secs(7)));
        // Until then this endpoint is not called again.
        let early = ask(endpoint, Fault::Status(404)).await;
        assert!(
            early.is_transient() && early.retry_after().is_some(),
            "{early}"
        );
        world.advance(7);
        let missing = ask(endpoint, Fault::Status(404)).await;
        assert!(!missing.is_transient(), "{missing}");
        for error in [refused, busy, early, missing] {
            assert!(error.to_string().contains(name), "{error}");
        }
    }
    let page = ask(Endpoint::Introspection, Fault::Html).await;
    assert!(
        page.to_string().contains("introspection endpoint"),
        "{page}"
    );
}
