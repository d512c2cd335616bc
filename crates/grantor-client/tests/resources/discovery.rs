//! Where the metadata of a resource is looked for, and which server of it is taken.

use grantor_client::{Dpop, Tokens};
use grantor_testkit::{Endpoint, Fault};
use serde_json::json;

use crate::support::{ISSUER, World};
use crate::{MCP, Visits, agreeing, call, failed_call, good_call, metadata, registering};

fn paths(world: &World) -> Vec<String> {
    let requests = world.server.requests(Endpoint::ResourceMetadata);
    let paths = requests
        .iter()
        .map(|it| it.request().uri().path().to_owned());
    paths.collect()
}

#[tokio::test(start_paused = true)]
async fn the_challenge_says_where_it_is() {
    let (world, visits) = (World::new(), Visits::default());
    let location = "https://elsewhere.example/.well-known/oauth-protected-resource/x";
    let challenge = format!("Bearer resource_metadata=\"{location}\"");
    world.server.set_api_challenge(&challenge);
    world
        .server
        .set_resource_metadata_member("resource", json!(MCP));
    let tokens = registering(&world, &visits).build().unwrap();
    good_call(&world, &tokens).await;
    assert_eq!(paths(&world), ["/.well-known/oauth-protected-resource/x"]);
}

#[tokio::test(start_paused = true)]
async fn without_it_the_path_comes_before_the_root() {
    let (world, visits) = (World::new(), Visits::default());
    world
        .server
        .fail_next_at(Endpoint::ResourceMetadata, Fault::Status(404));
    let tokens = registering(&world, &visits).build().unwrap();
    good_call(&world, &tokens).await;
    assert_eq!(
        paths(&world),
        [
            "/.well-known/oauth-protected-resource/mcp",
            "/.well-known/oauth-protected-resource"
        ]
    );
    // The resource is what its metadata calls it.
    let root = "https://api.example";
    assert_eq!(visits.parameter("resource").as_deref(), Some(root));
    let request = &world.server.requests(Endpoint::Token)[0];
    assert_eq!(request.parameters("resource"), [root]);
}

#[tokio::test(start_paused = true)]
async fn metadata_of_another_resource_is_refused() {
    for resource in ["https://evil.example/mcp", "https://api.example/mcp/other"] {
        let (world, visits) = (World::new(), Visits::default());
        world
            .server
            .set_resource_metadata_member("resource", json!(resource));
        let tokens = registering(&world, &visits).build().unwrap();
        failed_call(&world, &tokens, "names another \"resource\"").await;
        assert_eq!(
            (visits.count(), world.server.count(Endpoint::Registration)),
            (0, 0)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_challenge_leads_to_no_service_of_this_machine() {
    let (world, visits) = (World::new(), Visits::default());
    let challenge = "Bearer resource_metadata=\"http://127.0.0.1:9/x\"";
    world.server.set_api_challenge(challenge);
    let tokens = registering(&world, &visits).build().unwrap();
    failed_call(
        &world,
        &tokens,
        "on this machine though the resource is not",
    )
    .await;
    assert_eq!(paths(&world), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn servers_are_tried_in_order() {
    let (world, visits) = (World::new(), Visits::default());
    let servers = json!([
        "https://gone.example",
        "not an issuer",
        ISSUER,
        "https://third.example"
    ]);
    world
        .server
        .set_resource_metadata_member("authorization_servers", servers);
    let tokens = registering(&world, &visits).build().unwrap();
    good_call(&world, &tokens).await;
    assert_eq!(visits.last().host_str(), Some("idp.example"));
}

#[tokio::test(start_paused = true)]
async fn each_server_that_can_not_be_used_says_why() {
    let (world, visits) = (World::new(), Visits::default());
    world
        .server
        .set_metadata_member("registration_endpoint", json!(null));
    let servers = json!(["https://gone.example", ISSUER]);
    world
        .server
        .set_resource_metadata_member("authorization_servers", servers);
    let tokens = registering(&world, &visits).build().unwrap();
    let error = failed_call(&world, &tokens, "takes neither registrations nor").await;
    assert!(
        error
            .to_string()
            .contains("https://gone.example: the issuer has no metadata")
    );
    assert!(error.is_configuration());
    let (world, visits) = (World::new(), Visits::default());
    world
        .server
        .set_resource_metadata_member("authorization_servers", json!([]));
    let tokens = registering(&world, &visits).build().unwrap();
    failed_call(&world, &tokens, "names none that can be used").await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_advertise_s256_must_be_named_so() {
    let (world, visits) = (World::new(), Visits::default());
    world
        .server
        .set_metadata_member("code_challenge_methods_supported", json!(null));
    let builder = registering(&world, &visits);
    let tokens = builder.clone().build().unwrap();
    failed_call(&world, &tokens, "danger_unadvertised_s256").await;
    let tokens = builder.danger_unadvertised_s256().build().unwrap();
    good_call(&world, &tokens).await;
}

#[tokio::test(start_paused = true)]
async fn a_resource_without_metadata_must_be_named_so() {
    let (world, visits) = (World::new(), Visits::default());
    let url = world.server.api_url().to_string();
    world
        .server
        .fail_always(Endpoint::ResourceMetadata, Fault::Status(404));
    let builder = agreeing(Tokens::for_resource(&url), &world.server, &visits);
    let builder = world.here(builder.register_as(metadata()));
    let tokens = builder.clone().build().unwrap();
    let error = tokens.get().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("danger_without_resource_metadata"),
        "{error}"
    );
    let tokens = builder.danger_without_resource_metadata().build().unwrap();
    assert!(tokens.get().await.is_ok());
    assert_eq!(visits.parameter("resource"), Some(url));
}

#[tokio::test(start_paused = true)]
async fn metadata_can_be_looked_at_beforehand() {
    let world = World::new();
    let builder = world.here(Tokens::for_resource(MCP));
    let found = builder.discover_resource().await.unwrap();
    assert_eq!(found.authorization_servers[0].as_str(), ISSUER);
    let other = world.here(world.client()).discover_resource().await;
    assert!(other.unwrap_err().to_string().contains("for_resource"));
}

#[tokio::test(start_paused = true)]
async fn a_resource_that_wants_bound_tokens_says_so_before_a_user_is_asked() {
    let (world, visits) = (World::new(), Visits::default());
    let name = "dpop_bound_access_tokens_required";
    world.server.set_resource_metadata_member(name, json!(true));
    let tokens = registering(&world, &visits).build().unwrap();
    failed_call(&world, &tokens, "build its tokens with \"dpop\"").await;
    assert_eq!(visits.count(), 0);
    let bound = registering(&world, &visits).dpop(Dpop::generated());
    good_call(&world, &bound.build().unwrap()).await;
}

#[tokio::test(start_paused = true)]
async fn a_resource_that_is_busy_is_asked_later() {
    let (world, visits) = (World::new(), Visits::default());
    world
        .server
        .fail_next_at(Endpoint::ResourceMetadata, Fault::Unavailable(7));
    let tokens = registering(&world, &visits).build().unwrap();
    let error = call(&world, &tokens).await.unwrap_err();
    assert!(error.is_transient());
    assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(7)));
    world.advance(8);
    good_call(&world, &tokens).await;
}
