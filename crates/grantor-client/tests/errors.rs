//! The errors of token endpoints that answer something else, and those of doors.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::error::Error as _;
use std::time::Duration;

use grantor_client::{Authenticate, BearerMethod, Policy, SendError, Server, Session, Tokens};
use grantor_core::{
    BasicEncoding, IntrospectionRequest, Quirks, RequestEncoding, RevocationRequest,
};
use grantor_http::{Timeouts, TransportError};
use grantor_testkit::{Endpoint, FakeTransport, Fault, ScriptedAnswer};
use support::web::{Answer, Web};
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

/// A server whose port is closed.
async fn unreachable_server() -> Server {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    Server::at_token_endpoint(format!("http://{address}/token"))
}

#[tokio::test]
async fn a_connection_that_failed_says_why() {
    let policy = || {
        let mut policy = Policy::default();
        policy.retry.attempts = 1;
        policy
    };
    let tokens =
        Tokens::client_credentials(unreachable_server().await, "app", "s3cret").policy(policy());
    let error = tokens.build().unwrap().get().await.unwrap_err();
    assert!(
        error.is_transient() && error.to_string().contains("refused"),
        "{error}"
    );
    let untrusted = FakeTransport::new(|_| {
        let error = TransportError::configuration("the certificate of idp.example is not trusted");
        std::future::ready(Err(error))
    });
    let server = Server::at_token_endpoint("https://idp.example/token");
    let tokens = Tokens::client_credentials(server, "app", "s3cret").transport(untrusted);
    let error = tokens.build().unwrap().get().await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert!(error.to_string().contains("is not trusted"), "{error}");
}

#[tokio::test]
async fn a_client_of_the_applications_follows_no_redirect_to_another_server() {
    let other = Web::start(|_| Answer::text(200, "{}")).await;
    let elsewhere = other.url("/token");
    let web = Web::start(move |request| {
        assert!(request.contains("user-agent: mine\r\n"), "{request}");
        Answer::redirect(307, &elsewhere)
    });
    let web = web.await;
    let server = Server::at_token_endpoint(web.url("/token"));
    let client = grantor_http::client_builder(&Timeouts::default()).unwrap();
    let client = client
        .user_agent("mine")
        .redirect(reqwest::redirect::Policy::limited(3));
    let tokens = Tokens::client_credentials(server, "app", "s3cret").http_client(client);
    let error = tokens.build().unwrap().get().await.unwrap_err();
    assert!(error.to_string().contains("307"), "{error}");
    assert_eq!((web.requests(), other.requests()), (1, 0));
}

#[test]
fn certificates_that_can_not_be_read_are_a_problem_of_the_configuration() {
    let tokens = Tokens::client_credentials(ISSUER, "app", "s3cret").ca_certificates("no PEM");
    let error = tokens.build().unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert!(error.to_string().contains("\"ca_certificates\""), "{error}");
}

async fn things(api: &Session) -> Result<Vec<String>, SendError> {
    Ok(api.get("things").send().await?.json().await?)
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_an_error_of_reqwest() {
    let world = World::new();
    let web = Web::start(|_| Answer::text(200, "<html>")).await;
    let builder = world.here(world.client());
    let tokens = builder.bearer_method(BearerMethod::Query).build().unwrap();
    let api = tokens.session(&web.url("/")).unwrap();
    let error = things(&api).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("access-1"), "{shown}");
    assert!(error.source().unwrap().is::<reqwest::Error>());
    let decode = matches!(&error, SendError::Request(error) if error.is_decode());
    assert!(decode, "{error:?}");
    tokens.forget().await.unwrap();
    world.server.fail_next(Fault::Refused("invalid_client"));
    let error = things(&api).await.unwrap_err();
    assert!(error.source().unwrap().is::<grantor_client::Error>());
    let token = matches!(&error, SendError::Token(error) if error.is_configuration());
    assert!(token, "{error:?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_url_or_a_redirect_is_no_error_of_the_token() {
    let world = World::new();
    let web = Web::start(|_| Answer::redirect(302, "/again")).await;
    let tokens = world.here(world.client()).build().unwrap();
    let api = tokens.session(&web.url("/")).unwrap();
    for path in ["http://[", "mailto:a@b"] {
        let error = api.get(path).send().await.unwrap_err();
        assert!(matches!(error, SendError::InvalidUrl(_)), "{error:?}");
        assert!(error.to_string().contains("URL"), "{error}");
    }
    assert_eq!(web.requests(), 0);
    let error = api.get("again").send().await.unwrap_err();
    assert!(matches!(error, SendError::TooManyRedirects), "{error:?}");
    assert_eq!(web.requests(), 11);
}

#[tokio::test]
async fn an_api_that_nobody_answers_at_is_an_error_of_reqwest() {
    let world = World::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let tokens = world.here(world.client()).allow_origin(&base);
    let tokens = tokens.build().unwrap();
    let client = grantor_http::client_builder(&Timeouts::default()).unwrap();
    let request = client.build().unwrap().get(&base).authenticate(&tokens);
    for sent in [
        tokens.session(&base).unwrap().get("").send().await,
        request.send().await,
    ] {
        let error = sent.unwrap_err();
        let connect = matches!(&error, SendError::Request(error) if error.is_connect());
        assert!(connect, "{error:?}");
    }
}
