//! A provider, and one sign-in at it.

use grantor_client::{CodeFlow, Error, SignedIn, Tokens, TokensBuilder};
use grantor_jose::{Key, base64url};
use grantor_testkit::answer;
use serde_json::{Map, Value};

use crate::support::{ISSUER, World};

pub(crate) const CALLBACK: &str = "https://app.example/callback";

/// A provider whose tokens end by the clock of the client.
pub(crate) fn world() -> World {
    let world = World::new();
    world.server.set_clock(&world.clock);
    world
}

pub(crate) fn builder() -> TokensBuilder {
    Tokens::login(ISSUER, "app").scope("openid profile")
}

pub(crate) fn flow(world: &World) -> CodeFlow {
    world.here(builder()).code_flow(CALLBACK).unwrap()
}

/// A user signs in.
pub(crate) async fn sign_in(world: &World, flow: &CodeFlow) -> Result<SignedIn, Error> {
    let started = flow.start().await?;
    let redirect = world.server.approve(&started.url);
    flow.finish(started.pending, redirect.as_str()).await
}

/// The message with which a sign-in is refused, after which there is no login.
pub(crate) async fn refusal(world: &World, flow: &CodeFlow) -> String {
    let error = sign_in(world, flow).await.unwrap_err();
    assert!(error.is_refused(), "{error:?}");
    error.to_string()
}

/// A change that gives a claim another value.
pub(crate) fn set(
    name: &'static str,
    value: Value,
) -> impl Fn(&mut Map<String, Value>) + Send + Sync + 'static {
    move |claims| {
        claims.insert(name.to_owned(), value.clone());
    }
}

/// A change that leaves a claim out.
pub(crate) fn unset(
    name: &'static str,
) -> impl Fn(&mut Map<String, Value>) + Send + Sync + 'static {
    move |claims| {
        claims.remove(name);
    }
}

/// The ID token of each answer becomes what `make` makes of its claims.
pub(crate) fn reissue(
    world: &World,
    make: impl Fn(&Map<String, Value>) -> String + Send + Sync + 'static,
) {
    world.server.answer_tokens_with(move |members| {
        let mut members = members.clone();
        if let Some(Value::String(token)) = members.get("id_token") {
            let payload = token.split('.').nth(1).unwrap();
            let claims = serde_json::from_slice(&base64url::decode(payload).unwrap()).unwrap();
            members.insert("id_token".to_owned(), make(&claims).into());
        }
        answer::json(200, &Value::Object(members))
    });
}

/// A token whose header is written by hand.
pub(crate) fn signed_by_hand(key: &Key, header: &Value, claims: &Map<String, Value>) -> String {
    let encode = |value: String| base64url::encode(value);
    let payload = serde_json::to_string(claims).unwrap();
    let input = format!("{}.{}", encode(header.to_string()), encode(payload));
    let signature = key.sign_bytes(input.as_bytes()).unwrap();
    format!("{input}.{}", base64url::encode(signature.as_bytes()))
}
