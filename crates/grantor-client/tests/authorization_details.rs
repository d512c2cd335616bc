//! Detailed authorizations (RFC 9396): in every request, read back from the answer, part of which token it is.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use grantor_client::{Tokens, TokensBuilder};
use grantor_core::AuthorizationDetails;
use grantor_testkit::{Endpoint, Fault};
use serde_json::{Value, json};
use support::{ISSUER, World};

const CALLBACK: &str = "https://app.example/callback";

fn payment(amount: u32) -> Value {
    json!([{"type": "payment", "amount": amount}])
}

fn login(world: &World) -> TokensBuilder {
    let builder = Tokens::login(ISSUER, "app").authorization_details(payment(10));
    world.here(builder)
}

fn sent(world: &World, endpoint: Endpoint) -> Option<Value> {
    let requests = world.server.requests(endpoint);
    let text = requests.last()?.parameter("authorization_details")?;
    serde_json::from_str(&text).ok()
}

#[tokio::test(start_paused = true)]
async fn every_request_asks_for_them_and_the_answer_says_what_was_granted() {
    let world = World::new();
    let client = world.client().authorization_details(payment(10));
    let tokens = world.here(client).build().unwrap();
    let token = tokens.get().await.unwrap();
    assert_eq!(sent(&world, Endpoint::Token), Some(payment(10)));
    let granted = token.authorization_details().unwrap();
    assert_eq!(granted.types().collect::<Vec<_>>(), ["payment"]);
    // The server may grant less, and say so.
    world.server.set_extra("authorization_details", payment(5));
    let token = tokens.renew().await.unwrap();
    assert_eq!(
        token.authorization_details().unwrap().to_value(),
        payment(5)
    );
    world
        .server
        .set_extra("authorization_details", json!("all"));
    assert_eq!(tokens.renew().await.unwrap().authorization_details(), None);
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_asks_for_them_and_so_does_each_renewal() {
    for pushed in [false, true] {
        let world = World::new();
        let flow = login(&world).code_flow(CALLBACK).unwrap();
        let flow = if pushed { flow.push_requests() } else { flow };
        let started = flow.start().await.unwrap();
        let mut pairs = started.url.query_pairs();
        let in_url = pairs.find(|(name, _)| name == "authorization_details");
        match pushed {
            true => {
                assert_eq!(in_url, None);
                assert_eq!(
                    sent(&world, Endpoint::PushedAuthorization),
                    Some(payment(10))
                );
            }
            false => {
                let details = AuthorizationDetails::parse(&in_url.unwrap().1).unwrap();
                assert_eq!(details.to_value(), payment(10));
            }
        }
        let redirect = world.server.approve(&started.url);
        let signed_in = flow
            .finish(started.pending, redirect.as_str())
            .await
            .unwrap();
        assert_eq!(sent(&world, Endpoint::Token), Some(payment(10)));
        assert_eq!(signed_in.extra["authorization_details"], payment(10));
        world.advance(4000);
        assert_eq!(world.call(&signed_in.tokens).await.status(), 200);
        assert_eq!(world.server.token_requests_of("refresh_token"), 1);
        assert_eq!(sent(&world, Endpoint::Token), Some(payment(10)));
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_with_other_details_are_other_tokens_of_one_login() {
    let world = World::new();
    let flow = login(&world).code_flow(CALLBACK).unwrap();
    let started = flow.start().await.unwrap();
    let redirect = world.server.approve(&started.url);
    let all = flow
        .finish(started.pending, redirect.as_str())
        .await
        .unwrap()
        .tokens;
    let less = all.with_authorization_details(payment(1)).unwrap();
    let (first, second) = (all.get().await.unwrap(), less.get().await.unwrap());
    assert_ne!(first.secret, second.secret);
    assert_eq!(
        second.authorization_details().unwrap().to_value(),
        payment(1)
    );
    assert_eq!(all.get().await.unwrap().secret, first.secret);
    let again = less.with_authorization_details(payment(1)).unwrap();
    assert_eq!(again.get().await.unwrap().secret, second.secret);
    world.server.assert_no_refresh_token_was_reused();
    assert!(
        all.with_authorization_details(json!({"type": "payment"}))
            .is_err()
    );
}

#[tokio::test(start_paused = true)]
async fn a_device_asks_for_them_too() {
    let world = World::new();
    let flow = login(&world).device_flow().unwrap();
    flow.start().await.unwrap();
    assert_eq!(
        sent(&world, Endpoint::DeviceAuthorization),
        Some(payment(10))
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_no_detail_is_an_error_before_anything_is_sent() {
    let world = World::new();
    for bad in [
        json!({}),
        json!([1]),
        json!([{"amount": 1}]),
        json!("[]"),
        json!(null),
    ] {
        let client = world.client().authorization_details(bad);
        let error = world.here(client).build().unwrap_err();
        assert!(error.is_configuration(), "{error:?}");
        assert!(
            error.to_string().contains("authorization_details"),
            "{error}"
        );
    }
    let twice = world.client().authorization_details(payment(1));
    let twice = twice.parameter("authorization_details", "[]");
    assert!(world.here(twice).build().is_err());
    world
        .server
        .fail_next(Fault::Refused("invalid_authorization_details"));
    let client = world.client().authorization_details(payment(10));
    let error = world.here(client).build().unwrap().get().await.unwrap_err();
    assert!(error.is_configuration(), "{error:?}");
}
