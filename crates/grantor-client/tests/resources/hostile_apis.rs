//! APIs that lead their clients astray: to other servers, to this machine, to scopes without end.

use bytes::Bytes;
use grantor_client::{Observed, Tokens};
use grantor_http::Transport;
use grantor_testkit::{Endpoint, FakeServer, FakeTransport, Fault, ScriptedAnswer};
use http::{Request, Response};
use serde_json::json;

use crate::support::{ISSUER, World};
use crate::{
    MCP, Visits, agreeing, call, failed_call, good_call, metadata, registering, registering_at,
};

fn demand(scope: &str) -> Fault {
    let text = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
    Fault::Answer(ScriptedAnswer::new(403).header("www-authenticate", &text))
}

fn scopes(world: &World) -> Vec<Option<String>> {
    let requests = world.server.requests(Endpoint::Token);
    let scopes = requests.iter().map(|request| request.parameter("scope"));
    scopes.collect()
}

#[tokio::test(start_paused = true)]
async fn a_scope_that_the_server_refused_is_in_no_later_request() {
    let world = World::new();
    world.server.add_client("app", "s3cret");
    let builder = Tokens::for_resource(MCP).client_at(ISSUER, "app", "s3cret");
    let tokens = world.here(builder.scope("read")).build().unwrap();
    good_call(&world, &tokens).await;
    world.server.fail_next_at(Endpoint::Api, demand("admin"));
    let refusal = Fault::Refused("invalid_scope");
    world.server.fail_next_at(Endpoint::Token, refusal);
    assert_eq!(call(&world, &tokens).await.unwrap().status(), 403);
    // It is not requested again either.
    world.server.fail_next_at(Endpoint::Api, demand("admin"));
    assert_eq!(call(&world, &tokens).await.unwrap().status(), 403);
    world.advance(3600);
    good_call(&world, &tokens).await;
    let expected = ["read", "read admin", "read"].map(|scope| Some(scope.to_owned()));
    assert_eq!(scopes(&world), expected);
}

#[tokio::test(start_paused = true)]
async fn a_user_who_declined_a_scope_signs_in_without_it_later() {
    let (world, visits) = (World::new(), Visits::default());
    world.server.omit("refresh_token");
    let server = world.server.clone();
    let seen = visits.clone();
    let builder = registering(&world, &visits).authorize_by(crate::CALLBACK, move |url| {
        seen.0.lock().unwrap().push(url.clone());
        let wide = crate::parameter(&url, "scope").is_some_and(|scope| scope.contains("admin"));
        let redirect = match wide {
            true => server.deny(&url),
            false => server.approve(&url),
        };
        async move { Ok(redirect.to_string()) }
    });
    let tokens = builder.scope("read").build().unwrap();
    good_call(&world, &tokens).await;
    for _ in 0..2 {
        world.server.fail_next_at(Endpoint::Api, demand("admin"));
        assert_eq!(call(&world, &tokens).await.unwrap().status(), 403);
    }
    assert_eq!(visits.parameter("scope").as_deref(), Some("read admin"));
    assert_eq!(visits.count(), 2);
    world.advance(3600);
    good_call(&world, &tokens).await;
    assert_eq!(visits.parameter("scope").as_deref(), Some("read"));
}

#[tokio::test(start_paused = true)]
async fn scopes_that_grow_without_end_end() {
    let (world, visits) = (World::new(), Visits::default());
    let tokens = registering(&world, &visits).build().unwrap();
    good_call(&world, &tokens).await;
    for round in 0..30 {
        let scope = format!("{}{round}", "x".repeat(500));
        world.server.fail_next_at(Endpoint::Api, demand(&scope));
        assert!(call(&world, &tokens).await.is_ok());
    }
    let longest = visits
        .0
        .lock()
        .unwrap()
        .iter()
        .map(|url| url.as_str().len())
        .max();
    assert!(longest.unwrap() < 6000, "{longest:?}");
    assert!(visits.count() < 20, "{}", visits.count());
}

#[tokio::test(start_paused = true)]
async fn a_server_elsewhere_has_no_endpoints_on_this_machine() {
    for (name, url) in [
        ("registration_endpoint", "http://127.0.0.1:6379/"),
        ("token_endpoint", "http://localhost:9/token"),
        ("authorization_endpoint", "https://localhost./login"),
        ("pushed_authorization_request_endpoint", "http://[::1]:9/"),
        ("token_endpoint", "https://api.localhost/"),
        ("token_endpoint", "https://0.0.0.0/"),
        ("token_endpoint", "https://[::ffff:127.0.0.1]/"),
    ] {
        let (world, visits) = (World::new(), Visits::default());
        world.server.set_metadata_member(name, json!(url));
        let tokens = registering(&world, &visits).build().unwrap();
        let error = failed_call(&world, &tokens, "on this machine").await;
        assert!(error.to_string().contains(name), "{error}");
        assert!(error.is_configuration(), "{error}");
        let sent = (visits.count(), world.server.count(Endpoint::Registration));
        assert_eq!(sent, (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_list_of_servers_is_not_tried_to_its_end() {
    let (world, visits) = (World::new(), Visits::default());
    let servers: Vec<_> = (0..5000).map(|n| format!("https://s{n}.example")).collect();
    world
        .server
        .set_resource_metadata_member("authorization_servers", json!(servers));
    let tokens = registering(&world, &visits).build().unwrap();
    let error = failed_call(&world, &tokens, "finding an authorization server").await;
    assert!(
        error.to_string().len() < 5000,
        "{}",
        error.to_string().len()
    );
    assert!(error.to_string().contains("4990 more"), "{error}");
}

/// Sends each request to the server of its host, and that of the API to the first.
fn both(good: &FakeServer, evil: &FakeServer) -> impl Transport + 'static {
    let (good, evil) = (good.clone(), evil.clone());
    FakeTransport::new(move |request: Request<Bytes>| {
        let server = match request.uri().host() {
            Some("evil.example") => evil.clone(),
            _ => good.clone(),
        };
        async move { server.send(request).await }
    })
}

#[tokio::test(start_paused = true)]
async fn an_initial_access_token_goes_to_its_own_server_alone() {
    let (world, visits) = (World::new(), Visits::default());
    let evil = FakeServer::new("https://evil.example");
    let servers = json!(["https://evil.example", ISSUER]);
    world
        .server
        .set_resource_metadata_member("authorization_servers", servers);
    let builder = world
        .here(registering_at(&evil, &visits))
        .transport(both(&world.server, &evil))
        .initial_access_token(ISSUER, "initial");
    let tokens = builder.build().unwrap();
    tokens.get().await.unwrap();
    let registered = &evil.requests(Endpoint::Registration)[0];
    assert!(!registered.has_authorization());
}

/// What another origin that gets the tokens says of the resource's metadata is not listened to.
#[tokio::test(start_paused = true)]
async fn another_origin_says_nothing_of_the_resource() {
    let (world, visits) = (World::new(), Visits::default());
    let tokens = registering(&world, &visits)
        .allow_origin("https://other.example")
        .build()
        .unwrap();
    let mut request = Request::get("https://other.example/x").body(()).unwrap();
    let attempt = tokens.prepare(&mut request).await.unwrap();
    let location = "https://other.example/.well-known/oauth-protected-resource/evil";
    let text = format!("Bearer resource_metadata=\"{location}\", scope=\"evil\"");
    let answer = Response::builder()
        .status(401)
        .header("www-authenticate", text);
    let observed = attempt.observe(&answer.body(()).unwrap()).await;
    drop(observed);
    good_call(&world, &tokens).await;
    for request in world.server.requests(Endpoint::ResourceMetadata) {
        assert!(
            !request.request().uri().path().contains("evil"),
            "{request:?}"
        );
    }
    assert_eq!(visits.parameter("scope"), None);
}

#[tokio::test(start_paused = true)]
async fn the_query_of_the_url_is_in_no_message() {
    let (world, visits) = (World::new(), Visits::default());
    let builder = agreeing(
        Tokens::for_resource("https://api.example/mcp?key=s3cret"),
        &world.server,
        &visits,
    );
    let tokens = world.here(builder.register_as(metadata())).build().unwrap();
    assert!(!format!("{tokens:?}").contains("s3cret"));
    for (endpoint, fault) in [
        (Endpoint::ResourceMetadata, Fault::Status(503)),
        (Endpoint::ResourceMetadata, Fault::Status(404)),
        (Endpoint::Metadata, Fault::Status(404)),
    ] {
        world.advance(600);
        world.server.fail_always(endpoint, fault);
        let error = tokens.get().await.unwrap_err();
        assert!(
            error.to_string().contains("https://api.example/mcp"),
            "{error}"
        );
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        world.server.clear_faults();
    }
    let named =
        Tokens::for_resource("https://me:s3cret@api.example/mcp").client_at(ISSUER, "app", "x");
    let error = world.here(named).build().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
}

/// A 401 that names another server each time asks the user once, and then not before a while.
#[tokio::test(start_paused = true)]
async fn a_server_that_changes_each_time_asks_no_user_each_time() {
    let (world, visits) = (World::new(), Visits::default());
    let tokens = registering(&world, &visits).build().unwrap();
    good_call(&world, &tokens).await;
    for round in 0..20 {
        let servers = json!([format!("https://s{round}.example"), ISSUER]);
        world
            .server
            .set_resource_metadata_member("authorization_servers", servers);
        world.server.fail_always(Endpoint::Api, Fault::Status(401));
        let mut request = Request::post(MCP).body(()).unwrap();
        let mut attempt = tokens.prepare(&mut request).await.unwrap();
        let mut sends = 1;
        loop {
            let answer = world.server.api(&request);
            match attempt.observe(&answer).await {
                Observed::Done => break,
                Observed::Resend(resend) => {
                    sends += 1;
                    attempt = resend.prepare(&mut request).await.unwrap();
                }
            }
        }
        assert!(sends <= 2, "{sends}");
    }
    assert_eq!(visits.count(), 1);
    assert!(world.server.token_requests() <= 3);
}
