//! Tokens for a resource without a user who signs in: the client's own, and those for an assertion.

use std::sync::{Arc, Mutex};

use grantor_client::{ClientCredential, SubjectToken, Tokens};
use grantor_core::{Secret, token_type};
use grantor_testkit::{Endpoint, FakeServer, Fault};

use crate::support::{ISSUER, World};
use crate::{MCP, call, failed_call, good_call};

#[tokio::test(start_paused = true)]
async fn a_client_has_tokens_of_its_own() {
    let world = World::new();
    world.server.add_client("app", "s3cret");
    let builder = Tokens::for_resource(MCP).client_at(ISSUER, "app", "s3cret");
    let tokens = world.here(builder).build().unwrap();
    world.server.set_api_scope("read");
    world.server.set_api_challenge("Bearer scope=\"list\"");
    good_call(&world, &tokens).await;
    let requests = world.server.requests(Endpoint::Token);
    let scopes: Vec<_> = requests
        .iter()
        .map(|it| it.parameter("scope").unwrap())
        .collect();
    assert_eq!(scopes, ["list", "list read"]);
    for request in requests {
        assert_eq!(request.grant_type().as_deref(), Some("client_credentials"));
        assert_eq!(request.parameters("resource"), [MCP]);
    }
    world.advance(3600);
    good_call(&world, &tokens).await;
    assert_eq!(world.server.count(Endpoint::ResourceMetadata), 2);
}

#[tokio::test(start_paused = true)]
async fn an_assertion_is_made_for_the_server_and_the_resource() {
    let world = World::new();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let builder = Tokens::for_resource(MCP).assertion_by(move |request| {
        seen.lock()
            .unwrap()
            .push((request.issuer, request.resource));
        async { Ok(Secret::from("a.workload.jwt")) }
    });
    let tokens = world.here(builder).build().unwrap();
    good_call(&world, &tokens).await;
    assert_eq!(
        *asked.lock().unwrap(),
        [(ISSUER.to_owned(), MCP.to_owned())]
    );
    let request = &world.server.requests(Endpoint::Token)[0];
    let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    assert_eq!(request.grant_type().as_deref(), Some(grant));
    assert_eq!(
        request.parameter("assertion").as_deref(),
        Some("a.workload.jwt")
    );
    assert_eq!(request.parameter("client_id"), None);
}

#[tokio::test(start_paused = true)]
async fn a_refused_assertion_is_not_sent_again() {
    let world = World::new();
    let public = ClientCredential::None;
    let builder = Tokens::for_resource(MCP)
        .client_at(ISSUER, "workload", public)
        .assertion_by(|_| async { Ok(Secret::from("a.workload.jwt")) });
    let tokens = world.here(builder).build().unwrap();
    world
        .server
        .fail_always(Endpoint::Token, Fault::Refused("unauthorized_client"));
    let said = format!("requesting a token at {ISSUER}");
    failed_call(&world, &tokens, &said).await;
    assert_eq!(world.server.token_requests(), 1);
    let request = &world.server.requests(Endpoint::Token)[0];
    assert_eq!(request.client_id().as_deref(), Some("workload"));
}

#[tokio::test(start_paused = true)]
async fn an_assertion_that_can_not_be_had_is_an_error_at_its_step() {
    let world = World::new();
    let builder = Tokens::for_resource(MCP).assertion_by(|_| async { Err("no file".into()) });
    let tokens = world.here(builder).build().unwrap();
    let error = call(&world, &tokens).await.unwrap_err();
    let said = error.to_string();
    assert!(
        said.starts_with("getting an assertion for a token: "),
        "{said}"
    );
    assert!(said.contains("no file"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn an_enterprise_gives_the_assertion_for_its_users_sign_in() {
    let world = World::new();
    let enterprise = FakeServer::new("https://sso.example");
    enterprise.trust_token("an.id.token");
    enterprise.set_extra("token_type", "N_A".into());
    let subject = SubjectToken::new("an.id.token", token_type::ID_TOKEN);
    let identity_provider = Tokens::token_exchange("https://sso.example", "app", "s3cret")
        .requested_token_type(token_type::ID_JAG)
        .subject_from(move || Some(subject.clone()))
        .transport(enterprise.clone())
        .environment(grantor_testkit::environment(&world.clock))
        .spawn_on(tokio::runtime::Handle::current())
        .build()
        .unwrap();
    let builder = Tokens::for_resource(MCP)
        .client_at(ISSUER, "app", "another s3cret")
        .managed_by(identity_provider);
    let tokens = world.here(builder).build().unwrap();
    for exchanges in 1..=2 {
        good_call(&world, &tokens).await;
        let exchange = enterprise.requests(Endpoint::Token).pop().unwrap();
        assert_eq!(enterprise.token_requests(), exchanges);
        assert_eq!(exchange.parameter("audience").as_deref(), Some(ISSUER));
        assert_eq!(exchange.parameters("resource"), [MCP]);
        let wanted = exchange.parameter("requested_token_type");
        assert_eq!(wanted.as_deref(), Some(token_type::ID_JAG));
        let request = world.server.requests(Endpoint::Token).pop().unwrap();
        let assertion = format!("access-{exchanges}");
        assert_eq!(request.parameter("assertion"), Some(assertion));
        world.advance(3600);
    }
}
