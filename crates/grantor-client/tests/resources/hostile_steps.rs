//! Steps of a sign-in for an API that go wrong: odd answers, lost metadata, callbacks that panic.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use grantor_client::Tokens;
use grantor_testkit::{Endpoint, Fault, ScriptedAnswer};
use serde_json::json;

use crate::support::{ISSUER, World};
use crate::{CALLBACK, MCP, Visits, call, failed_call, good_call, metadata, registering};

fn registered(body: &serde_json::Value) -> ScriptedAnswer {
    let answer = ScriptedAnswer::new(201).header("content-type", "application/json");
    answer.body(body.to_string())
}

/// One challenge that leads nowhere does not end the tokens until the program is started anew.
#[tokio::test(start_paused = true)]
async fn a_place_of_metadata_that_is_gone_is_forgotten() {
    let (world, visits) = (World::new(), Visits::default());
    world.server.omit("refresh_token");
    let good = "https://elsewhere.example/.well-known/oauth-protected-resource/x";
    world
        .server
        .set_resource_metadata_member("resource", json!(MCP));
    let challenge = |url: &str| {
        let text = format!("Bearer resource_metadata=\"{url}\"");
        world.server.set_api_challenge(&text);
    };
    challenge(good);
    let tokens = registering(&world, &visits).build().unwrap();
    good_call(&world, &tokens).await;
    for bad in ["https://idp.example/nowhere", "http://127.0.0.1:9/x"] {
        challenge(bad);
        let nothing = Fault::Status(404);
        world
            .server
            .fail_always(Endpoint::ResourceMetadata, nothing);
        world.server.revoke_access_tokens();
        for _ in 0..2 {
            assert_ne!(
                call(&world, &tokens)
                    .await
                    .map(|it| it.status().as_u16())
                    .ok(),
                Some(200)
            );
            world.advance(3600);
        }
        challenge(good);
        world.server.clear_faults();
        let before = visits.count();
        good_call(&world, &tokens).await;
        assert_eq!(visits.count(), before + 1);
        let asked = world
            .server
            .requests(Endpoint::ResourceMetadata)
            .pop()
            .unwrap();
        assert_eq!(asked.request().uri().to_string(), good);
    }
}

#[tokio::test(start_paused = true)]
async fn a_registration_of_odd_types_is_refused_or_read() {
    for (body, said) in [
        (json!({}), "client_id"),
        (json!({"client_id": 7}), "client_id"),
        (json!({"client_id": ""}), "client_id"),
        (json!({"client_id": ["client-1"]}), "client_id"),
        (
            json!({"client_id": "c", "client_secret": 7}),
            "client_secret",
        ),
        (
            json!({"client_id": "c", "redirect_uris": "x"}),
            "redirect_uris",
        ),
        (json!([{"client_id": "c"}]), "JSON"),
    ] {
        let (world, visits) = (World::new(), Visits::default());
        let answer = registered(&body);
        world
            .server
            .fail_next_at(Endpoint::Registration, Fault::Answer(answer));
        let tokens = registering(&world, &visits).build().unwrap();
        let step = format!("registering a client at {ISSUER}: ");
        let error = failed_call(&world, &tokens, &step).await;
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(visits.count(), 0);
    }
    for odd in [
        json!({"client_id": "client-1", "client_secret": null, "client_secret_expires_at": 0}),
        json!({"client_id": "client-1", "client_secret_expires_at": i64::MAX, "contacts": null}),
        json!({"client_id": "client-1", "token_endpoint_auth_method": "of_tomorrow", "x": [{}]}),
    ] {
        let (world, visits) = (World::new(), Visits::default());
        world.server.add_public_client("client-1");
        let answer = registered(&odd);
        world
            .server
            .fail_next_at(Endpoint::Registration, Fault::Answer(answer));
        let tokens = registering(&world, &visits).build().unwrap();
        good_call(&world, &tokens).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_callback_that_panics_leaves_the_tokens_as_they_were() {
    let world = World::new();
    let visits = Arc::new(AtomicUsize::new(0));
    let (server, count) = (world.server.clone(), Arc::clone(&visits));
    let builder = Tokens::for_resource(MCP).register_as(metadata());
    let builder = builder.authorize_by(CALLBACK, move |url| {
        let is_first = count.fetch_add(1, Ordering::Relaxed) == 0;
        assert!(!is_first, "the callback fails");
        let redirect = server.approve(&url).to_string();
        async move { Ok(redirect) }
    });
    let tokens = world.here(builder).build().unwrap();
    assert!(call(&world, &tokens).await.is_err());
    world.advance(600);
    good_call(&world, &tokens).await;
    assert_eq!(visits.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_leaves_the_sign_in_to_the_others() {
    let (world, visits) = (World::new(), Visits::default());
    let (sender, go_on) = tokio::sync::watch::channel(false);
    let (server, seen) = (world.server.clone(), visits.clone());
    let builder = Tokens::for_resource(MCP).register_as(metadata());
    let builder = builder.authorize_by(CALLBACK, move |url| {
        seen.0.lock().unwrap().push(url.clone());
        let (server, mut go_on) = (server.clone(), go_on.clone());
        async move {
            go_on.wait_for(|go_on| *go_on).await?;
            Ok(server.approve(&url).to_string())
        }
    });
    let tokens = world.here(builder).build().unwrap();
    let first = tokens.clone();
    let gone = tokio::spawn(async move { first.get().await });
    crate::support::settle().await;
    gone.abort();
    sender.send_replace(true);
    assert!(tokens.get().await.is_ok());
    assert_eq!(visits.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_redirect_that_is_none_is_an_error() {
    let long = format!("{CALLBACK}?code={}&state=x", "c".repeat(1_000_000));
    for redirect in [
        "",
        "?",
        "javascript:alert(1)",
        "code=a&code=b",
        "%",
        "\u{0}",
        &*long,
    ] {
        let world = World::new();
        let text = redirect.to_owned();
        let builder = Tokens::for_resource(MCP).register_as(metadata());
        let builder = builder.authorize_by(CALLBACK, move |_| {
            let text = text.clone();
            async move { Ok(text) }
        });
        let tokens = world.here(builder).build().unwrap();
        let error = failed_call(&world, &tokens, "reading the redirect from").await;
        assert!(error.to_string().len() < 500, "{}", error.to_string().len());
        assert_eq!(world.server.token_requests(), 0);
    }
}
