//! Which client a program is at the server of a resource.

use grantor_client::{ClientCredential, Tokens};
use grantor_core::TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretPost};
use grantor_testkit::Endpoint;
use serde_json::json;

use crate::support::{ISSUER, World};
use crate::{CALLBACK, MCP, Visits, agreeing, failed_call, good_call, metadata, registering};

const DOCUMENT: &str = "https://app.example/client.json";

#[tokio::test(start_paused = true)]
async fn a_document_is_the_client_where_the_server_takes_it() {
    for takes in [true, false] {
        let (world, visits) = (World::new(), Visits::default());
        world
            .server
            .set_metadata_member("client_id_metadata_document_supported", json!(takes));
        let builder = registering(&world, &visits).client_document(DOCUMENT);
        good_call(&world, &builder.build().unwrap()).await;
        let expected = if takes { DOCUMENT } else { "client-1" };
        assert_eq!(visits.parameter("client_id").as_deref(), Some(expected));
        assert_eq!(
            world.server.count(Endpoint::Registration),
            usize::from(!takes)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_known_client_comes_first_and_goes_to_its_own_server_alone() {
    let (world, visits) = (World::new(), Visits::default());
    world.server.add_client("app", "s3cret");
    let builder = || agreeing(Tokens::for_resource(MCP), &world.server, &visits);
    let known = builder()
        .client_at(ISSUER, "app", "s3cret")
        .register_as(metadata());
    let tokens = world.here(known).build().unwrap();
    good_call(&world, &tokens).await;
    assert_eq!(visits.parameter("client_id").as_deref(), Some("app"));
    assert_eq!(world.server.count(Endpoint::Registration), 0);
    let elsewhere = builder().client_at("https://other.example", "app", "s3cret");
    let tokens = world.here(elsewhere).build().unwrap();
    failed_call(&world, &tokens, "names a client of another server").await;
    assert_eq!((visits.count(), world.server.token_requests()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_new_client_has_a_secret_where_the_server_wants_one() {
    for method in [ClientSecretBasic, ClientSecretPost] {
        let (world, visits) = (World::new(), Visits::default());
        world.server.set_auth_methods(std::slice::from_ref(&method));
        let tokens = registering(&world, &visits).build().unwrap();
        good_call(&world, &tokens).await;
        let request = &world.server.requests(Endpoint::Token)[0];
        assert_eq!(request.auth_method(), Some(method));
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_program_says_of_the_client_is_kept() {
    let (world, visits) = (World::new(), Visits::default());
    let mut metadata = metadata();
    metadata.application_type = Some(grantor_core::ApplicationType::Native);
    metadata.grant_types = vec!["authorization_code".to_owned()];
    metadata.software_id = Some("app".to_owned());
    let builder = registering(&world, &visits).register_as(metadata);
    good_call(&world, &builder.build().unwrap()).await;
    let said = world.server.requests(Endpoint::Registration)[0]
        .json()
        .unwrap();
    assert_eq!(said["grant_types"], json!(["authorization_code"]));
    assert_eq!(said["software_id"], "app");
}

#[tokio::test(start_paused = true)]
async fn a_token_says_who_may_register() {
    let (world, visits) = (World::new(), Visits::default());
    world.server.set_initial_access_token("initial");
    let builder = registering(&world, &visits);
    let said = format!("registering a client at {ISSUER}");
    failed_call(&world, &builder.clone().build().unwrap(), &said).await;
    let tokens = builder
        .initial_access_token(ISSUER, "initial")
        .build()
        .unwrap();
    good_call(&world, &tokens).await;
}

#[tokio::test(start_paused = true)]
async fn a_web_application_registers_as_one() {
    let (world, visits) = (World::new(), Visits::default());
    let server = world.server.clone();
    let builder = registering(&world, &visits).authorize_by("https://app.example/cb", move |url| {
        let redirect = server.approve(&url).to_string();
        async move { Ok(redirect) }
    });
    good_call(&world, &builder.build().unwrap()).await;
    let said = world.server.requests(Endpoint::Registration)[0]
        .json()
        .unwrap();
    assert_eq!(said["application_type"], "web");
}

#[tokio::test(start_paused = true)]
async fn what_can_not_work_is_named_before_anything_is_sent() {
    let nobody = |_| async { Err("nobody".into()) };
    let of = || Tokens::for_resource(MCP);
    for (builder, said) in [
        (of(), "nothing says how to get tokens"),
        (
            of().authorize_by(CALLBACK, nobody),
            "nothing says who the client is",
        ),
        (
            of().authorize_by("ftp://x", nobody).register_as(metadata()),
            "\"redirect_uri\": ",
        ),
        (
            of().client_document("http://app.example/c")
                .authorize_by(CALLBACK, nobody),
            "\"client_document\": a client identifier that is a URL is https",
        ),
        (
            of().client_at(ISSUER, "", ClientCredential::None),
            "\"client_id\" is empty",
        ),
        (
            of().client_at(ISSUER, "app", "s").client_secret("s"),
            "a client secret is of no use to \"for_resource\"",
        ),
        (
            of().client_at(ISSUER, "app", "s")
                .resource("https://other.example"),
            "a resource is of no use to \"for_resource\"",
        ),
        (
            of().register_as(metadata())
                .authorize_by(CALLBACK, nobody)
                .assertion_by(|_| async { Err("nobody".into()) }),
            "both are given",
        ),
        (Tokens::for_resource("mcp"), "not a URL"),
        (
            Tokens::for_resource("http://mcp.example/").client_at(ISSUER, "app", "s"),
            "tokens may not go to http://mcp.example",
        ),
        (
            Tokens::client_credentials(ISSUER, "app", "s").push_requests(),
            "is of no use without \"for_resource\"",
        ),
    ] {
        let error = builder.build().unwrap_err();
        assert!(error.is_configuration());
        assert!(error.to_string().contains(said), "{error}");
    }
}
