//! Tokens in files: as grants, as subjects, as assertions of clients.

use std::fs;

use grantor_client::{ClientCredential, Tokens, TokensBuilder, WorkloadToken, WorkloadTokenFormat};
use grantor_core::{TokenEndpointAuthMethod, token_type};

use crate::support::{ISSUER, World, bearer, request};

/// Tokens about the subject `app`, which nobody verifies here.
const FIRST: &str = "e30.eyJzdWIiOiJhcHAifQ.first";
const SECOND: &str = "e30.eyJzdWIiOiJhcHAifQ.second";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[tokio::test]
async fn a_projected_token_is_who_the_client_is_and_is_read_anew() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    fs::write(&path, format!("{FIRST}\n")).unwrap();
    let client = Tokens::client_credentials(ISSUER, "app", WorkloadToken::file(&path));
    let tokens = world.thread(client).build().unwrap();
    tokens.get().await.unwrap();
    fs::write(&path, format!("{SECOND}\n")).unwrap();
    tokens.renew().await.unwrap();
    let requests = world.server.requests(grantor_testkit::Endpoint::Token);
    let sent: Vec<_> = requests
        .iter()
        .map(|request| request.parameter("client_assertion").unwrap())
        .collect();
    assert_eq!(sent, [FIRST, SECOND]);
    assert_eq!(
        requests[0].parameter("client_assertion_type").unwrap(),
        JWT_BEARER
    );
    assert_eq!(requests[0].parameter("client_id").unwrap(), "app");
    assert_eq!(requests[0].parameter("client_secret"), None);
}

#[tokio::test]
async fn a_projected_token_is_the_grant() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token.json");
    fs::write(&path, r#"{"access_token": "platform", "other": 1}"#).unwrap();
    let token = WorkloadToken::file_in(&path, WorkloadTokenFormat::json("access_token"));
    let tokens = world.thread(Tokens::jwt_bearer(ISSUER, token).scope("read"));
    tokens.build().unwrap().get().await.unwrap();
    let sent = world.server.last_token_request().unwrap();
    assert_eq!(
        sent.grant_type().unwrap(),
        "urn:ietf:params:oauth:grant-type:jwt-bearer"
    );
    assert_eq!(sent.parameters("assertion"), ["platform"]);
    assert_eq!(sent.parameter("scope").unwrap(), "read");
    assert_eq!(sent.parameter("client_id"), None);
}

fn exchanged(world: &World, token: WorkloadToken) -> TokensBuilder {
    let exchange = Tokens::token_exchange(ISSUER, "", ClientCredential::None);
    world.thread(exchange.subject_of_workload(token))
}

#[tokio::test]
async fn a_projected_token_is_exchanged_for_the_programs_own_token() {
    let world = World::new();
    world.server.trust_token("platform");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    fs::write(&path, "platform").unwrap();
    let tokens = exchanged(&world, WorkloadToken::file(&path))
        .subject_type(token_type::ID_TOKEN)
        .audience("orders")
        .requested_token_type(token_type::ACCESS_TOKEN)
        .build()
        .unwrap();
    // It is one token for all requests, as that of a client is.
    let mut one = request();
    let _ = tokens.prepare(&mut one).await.unwrap();
    let mut other = request();
    let _ = tokens.prepare(&mut other).await.unwrap();
    assert_eq!(bearer(&one), bearer(&other));
    world.server.assert_token_requests(1);
    let sent = world.server.last_token_request().unwrap();
    for (name, value) in [
        ("subject_token", "platform"),
        ("subject_token_type", token_type::ID_TOKEN),
        ("requested_token_type", token_type::ACCESS_TOKEN),
        ("audience", "orders"),
    ] {
        assert_eq!(sent.parameters(name), [value], "{name}");
    }
    // A rejected one is replaced.
    world.server.revoke_access_tokens();
    assert_eq!(world.call(&tokens).await.status(), 200);
}

#[tokio::test]
async fn an_error_names_the_file_and_not_what_is_in_it() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let ask = async || {
        let token = WorkloadToken::file(&path);
        let error = exchanged(&world, token)
            .build()
            .unwrap()
            .get()
            .await
            .unwrap_err();
        assert!(!error.to_string().contains("s3cret"), "{error}");
        error
    };
    let missing = ask().await;
    assert!(
        missing.is_configuration() && missing.to_string().contains("token\""),
        "{missing}"
    );
    // Another program is writing it.
    fs::write(&path, " \n").unwrap();
    assert!(ask().await.is_transient());
    fs::write(&path, "s3cret\ns3cret").unwrap();
    assert!(ask().await.is_refused());
    fs::write(&path, [0xFF, 0xFE]).unwrap();
    assert!(ask().await.is_refused());
    fs::write(&path, "s3cret".repeat(50_000)).unwrap();
    assert!(ask().await.to_string().contains("longer than"));
    let json = WorkloadToken::file_in(&path, WorkloadTokenFormat::json("token"));
    fs::write(&path, r#"{"token": "s3cre"#).unwrap();
    let error = exchanged(&world, json.clone())
        .build()
        .unwrap()
        .get()
        .await
        .unwrap_err();
    assert!(error.is_transient(), "{error}");
    fs::write(&path, r#"{"other": "s3cret"}"#).unwrap();
    let error = exchanged(&world, json)
        .build()
        .unwrap()
        .get()
        .await
        .unwrap_err();
    assert!(
        error.is_configuration() && error.to_string().contains("\"token\""),
        "{error}"
    );
    assert!(!error.to_string().contains("s3cret"), "{error}");
    world.server.assert_token_requests(0);
}

#[tokio::test]
async fn a_source_of_the_programs_own_gives_the_token() {
    let world = World::new();
    world.server.trust_token("from an agent");
    let token = WorkloadToken::from_fn(|| Box::pin(async { Ok("from an agent".into()) }));
    exchanged(&world, token)
        .build()
        .unwrap()
        .get()
        .await
        .unwrap();
    let fails = WorkloadToken::from_fn(|| Box::pin(async { Err("the agent is away".into()) }));
    let error = exchanged(&world, fails)
        .build()
        .unwrap()
        .get()
        .await
        .unwrap_err();
    assert!(
        error.is_transient() && error.to_string().contains("away"),
        "{error}"
    );
}

#[test]
fn what_can_not_work_is_said_before_anything_is_sent() {
    let problem = |builder: TokensBuilder| builder.build().unwrap_err().to_string();
    let token = || WorkloadToken::file("token");
    let client = Tokens::client_credentials(ISSUER, "app", token());
    let named = client.auth_method(TokenEndpointAuthMethod::ClientSecretBasic);
    assert!(problem(named).contains("auth_method"));
    let unnamed = Tokens::client_credentials(ISSUER, "", token());
    assert!(problem(unnamed).contains("client_id"));
    let world = World::new();
    let two = exchanged(&world, token()).subject_from(|| None);
    assert!(problem(two).contains("leave other subjects"));
    let none = Tokens::client_credentials(ISSUER, "app", "s3cret").subject_of_workload(token());
    assert!(problem(none).contains("token_exchange"));
}
