//! Servers whose answers are nested without end, say a thing twice, never come, or lead elsewhere, at every
//! endpoint that a client asks.

use grantor_client::{Error, Tokens, TokensBuilder};
use grantor_core::{ClientMetadata, IntrospectionRequest, UserHint};
use grantor_testkit::{Endpoint, Fault, ScriptedAnswer};

use crate::support::{API, ISSUER, World};

const CALLBACK: &str = "https://app.example/callback";

fn login(world: &World) -> TokensBuilder {
    world.here(Tokens::login(ISSUER, "app").scope("openid"))
}

/// The endpoints, each asked by what needs it. The endpoint answers as `fault` says.
async fn ask(endpoint: Endpoint, fault: &Fault) -> Error {
    let world = World::new();
    world.server.set_clock(&world.clock);
    let flow = login(&world).code_flow(CALLBACK).unwrap();
    let client = world.here(world.client()).build().unwrap();
    let is_late = [Endpoint::KeySet, Endpoint::UserInfo].contains(&endpoint);
    if !is_late {
        world.server.fail_always(endpoint, fault.clone());
    }
    match endpoint {
        Endpoint::Metadata | Endpoint::Token => client.get().await.unwrap_err(),
        Endpoint::PushedAuthorization => flow.push_requests().start().await.unwrap_err(),
        Endpoint::DeviceAuthorization => {
            let devices = login(&world).device_flow().unwrap();
            devices.start().await.err().unwrap()
        }
        Endpoint::BackchannelAuthentication => {
            let asked = login(&world).backchannel_flow().unwrap();
            let hint = UserHint::Login("ann".to_owned());
            asked.start(hint).await.err().unwrap()
        }
        Endpoint::Registration => {
            let registrar = world.here(Tokens::login(ISSUER, "")).registrar().unwrap();
            let metadata = ClientMetadata::default();
            registrar.register(&metadata).await.unwrap_err()
        }
        Endpoint::Introspection => {
            let question = IntrospectionRequest::new("token".to_owned());
            client.introspect(&question).await.unwrap_err()
        }
        Endpoint::ResourceMetadata => {
            let resource = Tokens::for_resource(format!("{API}/mcp"));
            let resource = resource.client_at(ISSUER, "app", "s3cret");
            let tokens = resource.transport(world.server.clone()).build().unwrap();
            tokens.get().await.unwrap_err()
        }
        Endpoint::KeySet | Endpoint::UserInfo => {
            let started = flow.start().await.unwrap();
            let redirect = world.server.approve(&started.url);
            if endpoint == Endpoint::KeySet {
                world.server.fail_always(endpoint, fault.clone());
                let ended = flow.finish(started.pending, redirect.as_str());
                return ended.await.unwrap_err();
            }
            let user = flow.finish(started.pending, redirect.as_str());
            let user = user.await.unwrap();
            world.server.fail_always(endpoint, fault.clone());
            let asked = flow.user_info(&user.tokens, "user-1");
            asked.await.unwrap_err()
        }
        _ => unreachable!("{endpoint:?}"),
    }
}

const ALL: [Endpoint; 10] = [
    Endpoint::Metadata,
    Endpoint::Token,
    Endpoint::PushedAuthorization,
    Endpoint::DeviceAuthorization,
    Endpoint::BackchannelAuthentication,
    Endpoint::Registration,
    Endpoint::Introspection,
    Endpoint::ResourceMetadata,
    Endpoint::KeySet,
    Endpoint::UserInfo,
];

fn json(body: String) -> Fault {
    let answer = ScriptedAnswer::new(200).header("content-type", "application/json");
    Fault::Answer(answer.body(body))
}

/// RFC 8259 section 9: a reader may set limits on the depth.
#[tokio::test(start_paused = true)]
async fn an_answer_that_is_nested_without_end_is_refused() {
    for open in ["[", "{\"a\":", "{\"keys\":[", "[{\"a\":"] {
        let body = open.repeat(100_000 / open.len());
        for endpoint in ALL {
            let error = ask(endpoint, &json(body.clone())).await;
            let message = error.to_string();
            assert!(message.len() < 1000, "{endpoint:?} {message}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_is_given_up() {
    for endpoint in ALL {
        let began = tokio::time::Instant::now();
        let error = ask(endpoint, &Fault::Never).await;
        assert!(error.is_transient(), "{endpoint:?} {error:?}");
        let waited = began.elapsed().as_secs();
        assert!(waited <= 60, "{endpoint:?}: {waited} s");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_too_long_is_refused() {
    for endpoint in ALL {
        let error = ask(endpoint, &Fault::TooLarge).await;
        assert!(error.to_string().len() < 1000, "{endpoint:?} {error}");
    }
}

/// Nothing of the client's goes where an endpoint redirects to.
#[tokio::test(start_paused = true)]
async fn a_redirect_of_an_endpoint_is_no_answer() {
    for status in [301, 302, 303, 307, 308] {
        let there = ScriptedAnswer::new(status).header("location", "https://evil.example/token");
        let fault = Fault::Answer(there);
        for endpoint in ALL {
            let error = ask(endpoint, &fault).await;
            assert!(!error.needs_login(), "{endpoint:?} {error:?}");
        }
    }
}

/// Which of the two counts differs between readers (RFC 8259 section 4).
#[tokio::test(start_paused = true)]
async fn what_is_said_twice_is_not_believed() {
    let twice = |name: &str, one: &str, other: &str, rest: &str| {
        json(format!(
            "{{\"{name}\":\"{one}\",\"{name}\":\"{other}\"{rest}}}"
        ))
    };
    let metadata = ",\"token_endpoint\":\"https://idp.example/token\"";
    let evil = "https://evil.example/token";
    for (endpoint, fault) in [
        (
            Endpoint::Metadata,
            twice("issuer", "https://evil.example", ISSUER, metadata),
        ),
        (
            Endpoint::Metadata,
            twice("token_endpoint", &format!("{ISSUER}/token"), evil, ""),
        ),
        (
            Endpoint::ResourceMetadata,
            twice(
                "resource",
                "https://evil.example",
                &format!("{API}/mcp"),
                "",
            ),
        ),
        (
            Endpoint::KeySet,
            json("{\"keys\":[],\"keys\":[]}".to_owned()),
        ),
        (Endpoint::UserInfo, twice("sub", "user-1", "user-2", "")),
        (Endpoint::UserInfo, twice("sub", "user-2", "user-1", "")),
        (
            Endpoint::Token,
            twice("access_token", "a", "b", ",\"token_type\":\"Bearer\""),
        ),
        (
            Endpoint::Introspection,
            json("{\"active\":false,\"active\":true}".to_owned()),
        ),
        (
            Endpoint::PushedAuthorization,
            twice("request_uri", "urn:a", "urn:b", ",\"expires_in\":60"),
        ),
        (Endpoint::Registration, twice("client_id", "a", "b", "")),
    ] {
        ask(endpoint, &fault).await;
    }
}
