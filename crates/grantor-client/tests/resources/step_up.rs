//! An API that asks for more than the token has (RFC 6750 section 3.1, RFC 9470).

use grantor_client::Policy;
use grantor_testkit::{Endpoint, Fault, ScriptedAnswer};
use http::StatusCode;
use serde_json::json;

use crate::support::World;
use crate::{Visits, call, good_call, registering};

fn challenge(status: u16, text: &str) -> Fault {
    Fault::Answer(ScriptedAnswer::new(status).header("www-authenticate", text))
}

#[tokio::test(start_paused = true)]
async fn the_first_scope_is_that_of_the_challenge_or_else_of_the_metadata() {
    for (challenge, listed, own, expected) in [
        (Some("a b"), json!(["c"]), None, Some("a b")),
        (None, json!(["c", "d"]), None, Some("c d")),
        (None, json!(null), None, None),
        (Some("a"), json!(["c"]), Some("x"), Some("x")),
    ] {
        let (world, visits) = (World::new(), Visits::default());
        if let Some(scope) = challenge {
            world
                .server
                .set_api_challenge(&format!("Bearer scope=\"{scope}\""));
        }
        world
            .server
            .set_resource_metadata_member("scopes_supported", listed);
        let mut builder = registering(&world, &visits);
        if let Some(scope) = own {
            builder = builder.scope(scope);
        }
        good_call(&world, &builder.build().unwrap()).await;
        assert_eq!(visits.parameter("scope").as_deref(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_is_asked_for_where_the_server_lists_its_scope() {
    for (listed, expected) in [
        (json!(["offline_access"]), "a offline_access"),
        (json!(["a"]), "a"),
    ] {
        let (world, visits) = (World::new(), Visits::default());
        world.server.set_api_challenge("Bearer scope=\"a\"");
        world.server.set_metadata_member("scopes_supported", listed);
        let tokens = registering(&world, &visits).build().unwrap();
        good_call(&world, &tokens).await;
        assert_eq!(visits.parameter("scope").as_deref(), Some(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn a_wider_scope_is_requested_with_all_that_was_requested_before() {
    let (world, visits) = (World::new(), Visits::default());
    let tokens = registering(&world, &visits).build().unwrap();
    for (needed, requested) in [
        ("read", "read"),
        ("write", "read write"),
        ("read", "read write"),
    ] {
        world.server.set_api_scope(needed);
        good_call(&world, &tokens).await;
        assert_eq!(visits.parameter("scope").as_deref(), Some(requested));
    }
    // The first sign-in was without a scope.
    assert_eq!(visits.count(), 3);
    // A refresh keeps all of it.
    world.advance(3600);
    world.server.set_api_scope("read write");
    good_call(&world, &tokens).await;
    assert_eq!(visits.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_was_requested_in_vain_is_not_requested_again() {
    for status in [401, 403] {
        let (world, visits) = (World::new(), Visits::default());
        let tokens = registering(&world, &visits).build().unwrap();
        good_call(&world, &tokens).await;
        let never = challenge(
            status,
            "Bearer error=\"insufficient_scope\", scope=\"admin\"",
        );
        world.server.fail_always(Endpoint::Api, never);
        for _ in 0..3 {
            assert_eq!(call(&world, &tokens).await.unwrap().status(), status);
        }
        assert_eq!(visits.count(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_demand_each_time_ends_after_three_sendings() {
    let (world, visits) = (World::new(), Visits::default());
    let tokens = registering(&world, &visits).build().unwrap();
    good_call(&world, &tokens).await;
    for scope in ["a", "b", "c", "d"] {
        let text = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
        world
            .server
            .fail_next_at(Endpoint::Api, challenge(403, &text));
    }
    assert_eq!(call(&world, &tokens).await.unwrap().status(), 403);
    assert_eq!(visits.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_user_signs_in_anew_as_the_api_wants() {
    let (world, visits) = (World::new(), Visits::default());
    let tokens = registering(&world, &visits).build().unwrap();
    good_call(&world, &tokens).await;
    let text =
        "Bearer error=\"insufficient_user_authentication\", acr_values=\"gold\", max_age=\"60\"";
    world
        .server
        .fail_next_at(Endpoint::Api, challenge(401, text));
    good_call(&world, &tokens).await;
    assert_eq!(visits.count(), 2);
    assert_eq!(visits.parameter("acr_values").as_deref(), Some("gold"));
    assert_eq!(visits.parameter("max_age").as_deref(), Some("60"));
}

#[tokio::test(start_paused = true)]
async fn a_demand_that_no_sign_in_meets_ends() {
    let (world, visits) = (World::new(), Visits::default());
    let tokens = registering(&world, &visits).build().unwrap();
    good_call(&world, &tokens).await;
    let never = challenge(401, "Bearer error=\"insufficient_user_authentication\"");
    world.server.fail_always(Endpoint::Api, never);
    for _ in 0..5 {
        assert_eq!(call(&world, &tokens).await.unwrap().status(), 401);
    }
    assert_eq!(visits.count(), 2, "one for the demand, and none soon after");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_demands_sign_one_user_in() {
    let (world, visits) = (World::new(), Visits::default());
    let tokens = registering(&world, &visits).build().unwrap();
    good_call(&world, &tokens).await;
    world.server.set_api_scope("read");
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (world, tokens) = (world.clone(), tokens.clone());
        all.spawn(async move { call(&world, &tokens).await.unwrap().status() });
    }
    for status in all.join_all().await {
        assert_eq!(status, 200);
    }
    assert_eq!(visits.count(), 2);
    // Nothing is left of the demands: the refresh token renews.
    world.advance(3600);
    good_call(&world, &tokens).await;
    assert_eq!(visits.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn other_answers_ask_nobody() {
    let (world, visits) = (World::new(), Visits::default());
    let mut policy = Policy::default();
    policy.rejection_statuses = vec![StatusCode::UNAUTHORIZED];
    let tokens = registering(&world, &visits).policy(policy).build().unwrap();
    good_call(&world, &tokens).await;
    for (status, text) in [
        (403, "Bearer"),
        (403, "Bearer error=\"insufficient_scope\""),
        (403, "Basic error=\"insufficient_scope\", scope=\"x\""),
        (404, "Bearer error=\"insufficient_scope\", scope=\"x\""),
        (500, ""),
    ] {
        world
            .server
            .fail_next_at(Endpoint::Api, challenge(status, text));
        assert_eq!(call(&world, &tokens).await.unwrap().status(), status);
    }
    assert_eq!(visits.count(), 1);
}
