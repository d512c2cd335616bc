//! Sign-ins that end elsewhere than they began: with other settings, with other tokens, after a restart.

use std::sync::Arc;
use std::time::Duration;

use grantor_client::{PendingAuthorization, Tokens};
use grantor_store::{MasterKey, MemoryStore};
use grantor_testkit::Endpoint;
use serde_json::json;

use crate::provider::{CALLBACK, builder, flow, sign_in, world};
use crate::support::{ISSUER, World};

/// What a browser may do to a request that is not pushed.
fn without(url: &url::Url, names: &[&str]) -> url::Url {
    let mut changed = url.clone();
    let kept = url.query_pairs().into_owned();
    let kept: Vec<_> = kept.filter(|(name, _)| !names.contains(&&**name)).collect();
    changed.query_pairs_mut().clear().extend_pairs(kept);
    changed
}

/// An application asks for a strong sign-in on one page, and the page of the callback knows nothing of it.
#[tokio::test(start_paused = true)]
async fn what_a_sign_in_began_with_holds_at_its_end() {
    let world = world();
    let callback = flow(&world);
    world.server.change_id_tokens(|claims| {
        claims.remove("auth_time");
    });
    for (strong, said) in [
        (callback.clone().require_acr(["gold"]), "\"acr\""),
        (callback.clone().max_age(Duration::ZERO), "\"auth_time\""),
    ] {
        let started = strong.start().await.unwrap();
        let url = without(&started.url, &["acr_values", "max_age"]);
        let redirect = world.server.approve(&url);
        let kept = serde_json::to_string(&started.pending).unwrap();
        let pending: PendingAuthorization = serde_json::from_str(&kept).unwrap();
        let outcome = callback.finish(pending, redirect.as_str()).await;
        let error = outcome.unwrap_err();
        assert!(
            error.is_refused() && error.to_string().contains(said),
            "{error}"
        );
    }
    // The flow of the callback may demand more.
    let started = callback.start().await.unwrap();
    let redirect = world.server.approve(&started.url);
    let strong = callback.require_acr(["gold"]);
    let outcome = strong.finish(started.pending, redirect.as_str()).await;
    assert!(outcome.unwrap_err().to_string().contains("\"acr\""));
}

#[tokio::test(start_paused = true)]
async fn an_id_token_that_was_asked_for_is_validated_whatever_the_scope_is_now() {
    let world = world();
    let started = flow(&world).start().await.unwrap();
    let redirect = world.server.approve(&started.url);
    world.server.change_id_tokens(|claims| {
        claims.insert("nonce".to_owned(), json!("of another sign-in"));
    });
    let plain = world.here(Tokens::login(ISSUER, "app").scope("profile"));
    let plain = plain.code_flow(CALLBACK).unwrap();
    let outcome = plain.finish(started.pending, redirect.as_str()).await;
    let error = outcome.unwrap_err();
    assert!(error.to_string().contains("\"nonce\""), "{error}");
}

#[tokio::test(start_paused = true)]
async fn tokens_of_another_issuer_do_not_go_to_this_ones_user_info() {
    let world = world();
    let other = World {
        clock: world.clock.clone(),
        server: grantor_testkit::FakeServer::new("https://other.example"),
    };
    let elsewhere = Tokens::login("https://other.example", "app").scope("openid");
    let elsewhere = other.here(elsewhere).code_flow(CALLBACK).unwrap();
    other.server.set_clock(&world.clock);
    let signed_in = sign_in(&other, &elsewhere).await.unwrap();
    let outcome = flow(&world).user_info(&signed_in.tokens, "user-1").await;
    let error = outcome.unwrap_err();
    assert!(error.is_configuration(), "{error:?}");
    assert!(
        error.to_string().contains("https://other.example"),
        "{error}"
    );
    assert_eq!(world.server.count(Endpoint::UserInfo), 0);
}

/// The user of a login is known after a restart, and to handles with another scope.
#[tokio::test(start_paused = true)]
async fn a_login_remembers_its_user() {
    for restart in [true, false] {
        let world = world();
        let store = Arc::new(MemoryStore::new());
        let kept = || {
            let builder = world.here(builder()).single_process().login_label("ann");
            let store = Arc::clone(&store);
            builder.store(store, &MasterKey::from_bytes([7; 32]))
        };
        let flow = kept().code_flow(CALLBACK).unwrap();
        let signed_in = sign_in(&world, &flow).await.unwrap();
        let first = signed_in.extra["id_token"].clone();
        world.advance(3601);
        let tokens = match restart {
            true => {
                signed_in.tokens.close().await;
                kept().build().unwrap()
            }
            false => signed_in.tokens.with_scope("openid").unwrap(),
        };
        world.server.change_id_tokens(|claims| {
            claims.insert("sub".to_owned(), json!("user-2"));
        });
        let error = tokens.get().await.unwrap_err();
        assert!(
            error.is_refused() && error.to_string().contains("\"sub\""),
            "{error}"
        );
        world.server.allow_repeats();
        world.server.omit("id_token");
        world.advance(3601);
        let renewed = tokens.get().await.unwrap();
        assert_eq!(renewed.extra["id_token"], first, "restart: {restart}");
    }
}
