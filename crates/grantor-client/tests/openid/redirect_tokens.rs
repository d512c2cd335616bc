//! Tokens that a redirect brings: the implicit and the hybrid flow (OpenID Connect Core sections 3.2 and 3.3).

use std::sync::Arc;

use grantor_client::{CodeFlow, Dpop, Error, PendingAuthorization, SignedIn, Tokens};
use grantor_core::{ResponseMode, ResponseType};
use grantor_store::{MasterKey, MemoryStore};
use serde_json::{Map, Value, json};

use crate::provider::{CALLBACK, builder, flow, sign_in, world};
use crate::support::{ISSUER, World};

const HYBRID: [&str; 3] = ["code id_token", "code token", "code id_token token"];
const WITH_ID_TOKEN: [&str; 4] = [
    "code id_token",
    "code id_token token",
    "id_token",
    "id_token token",
];

fn of_type(flow: &CodeFlow, response_type: &str) -> CodeFlow {
    let flow = flow.clone().danger_redirect_tokens();
    flow.response_type(ResponseType::parse(response_type))
}

/// A sign-in whose ID tokens were changed.
async fn changed(
    response_type: &str,
    change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static,
) -> (World, Result<SignedIn, Error>) {
    let world = world();
    world.server.change_id_tokens(change);
    let outcome = sign_in(&world, &of_type(&flow(&world), response_type)).await;
    (world, outcome)
}

/// The message with which it is refused, before any code is redeemed.
async fn refused(
    response_type: &str,
    change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static,
) -> String {
    let (world, outcome) = changed(response_type, change).await;
    let error = outcome.unwrap_err();
    assert!(error.is_refused(), "{response_type}: {error:?}");
    assert_eq!(world.server.token_requests(), 0, "{response_type}");
    error.to_string()
}

#[tokio::test(start_paused = true)]
async fn a_hybrid_sign_in_ends_with_the_tokens_of_the_code() {
    for response_type in HYBRID {
        let world = world();
        let flow = of_type(&flow(&world), response_type);
        let started = flow.start().await.unwrap();
        let query = started.url.query().unwrap();
        for part in ["nonce=", "code_challenge="] {
            assert!(query.contains(part), "{response_type}: {query}");
        }
        let redirect = world.server.approve(&started.url);
        assert_eq!(redirect.query(), None, "{redirect}");
        let signed_in = flow
            .finish(started.pending, redirect.as_str())
            .await
            .unwrap();
        assert_eq!(signed_in.id_token.unwrap().subject(), "user-1");
        // The access token of the redirect is not the one that is used.
        let in_fragment = redirect.fragment().unwrap();
        let used = signed_in.tokens.get().await.unwrap();
        assert!(!in_fragment.contains(used.secret.expose()));
        world.advance(4000);
        assert_eq!(world.call(&signed_in.tokens).await.status(), 200);
        assert_eq!(world.server.token_requests_of("refresh_token"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_implicit_sign_in_has_a_token_until_it_ends() {
    let world = world();
    let flow = of_type(&flow(&world), "id_token token");
    let started = flow.start().await.unwrap();
    assert!(!started.url.query().unwrap().contains("code_challenge"));
    let redirect = world.server.approve(&started.url);
    let signed_in = flow
        .finish(started.pending, redirect.as_str())
        .await
        .unwrap();
    let id_token = signed_in.id_token.as_ref().unwrap();
    let user = flow.user_info(&signed_in.tokens, id_token.subject()).await;
    assert_eq!(user.unwrap().text("name"), Some("A User"));
    assert_eq!(world.call(&signed_in.tokens).await.status(), 200);
    assert_eq!(
        signed_in.extra["id_token"],
        signed_in.tokens.get().await.unwrap().extra["id_token"]
    );
    world.advance(3600);
    let error = signed_in.tokens.get().await.unwrap_err();
    assert!(error.needs_login(), "{error:?}");
    world.server.assert_no_token_requests();
}

/// Plain OAuth (RFC 6749 section 4.2), with the callback in a form of its own.
#[tokio::test(start_paused = true)]
async fn an_access_token_alone_is_taken_from_the_fragment() {
    let world = world();
    let plain = world.here(Tokens::login(ISSUER, "app").scope("read"));
    let flow = of_type(&plain.code_flow(CALLBACK).unwrap(), "token");
    let started = flow.start().await.unwrap();
    let redirect = world.server.approve(&started.url);
    let fragment = format!("#{}", redirect.fragment().unwrap());
    let signed_in = flow.finish(started.pending, &fragment).await.unwrap();
    assert!(signed_in.id_token.is_none());
    let token = signed_in.tokens.get().await.unwrap();
    assert_eq!(token.scope.unwrap().as_str(), "read");
    assert_eq!(world.call(&signed_in.tokens).await.status(), 200);
    // An error in the fragment is an error.
    let started = flow.start().await.unwrap();
    let refused = world.server.deny(&started.url);
    let error = flow
        .finish(started.pending, refused.as_str())
        .await
        .unwrap_err();
    assert!(error.needs_login(), "{error:?}");
}

/// Who signed in, and nothing else.
#[tokio::test(start_paused = true)]
async fn an_id_token_alone_brings_no_tokens() {
    let world = world();
    let flow = flow(&world).response_type(ResponseType::parse("id_token"));
    let signed_in = sign_in(&world, &flow).await.unwrap();
    assert_eq!(signed_in.id_token.unwrap().subject(), "user-1");
    assert!(signed_in.tokens.get().await.unwrap_err().needs_login());
    world.server.assert_no_token_requests();
}

#[tokio::test(start_paused = true)]
async fn a_token_of_a_redirect_is_stored_as_that_of_a_login() {
    let world = world();
    let store = Arc::new(MemoryStore::new());
    let kept = || {
        let builder = world.here(builder()).single_process().login_label("ann");
        builder.store(Arc::clone(&store) as _, &MasterKey::from_bytes([7; 32]))
    };
    let flow = of_type(&kept().code_flow(CALLBACK).unwrap(), "id_token token");
    let signed_in = sign_in(&world, &flow).await.unwrap();
    let first = signed_in.tokens.get().await.unwrap();
    signed_in.tokens.close().await;
    let again = kept().build().unwrap().get().await.unwrap();
    assert_eq!(again.secret, first.secret);
}

/// OpenID Connect Core section 3.2.2.9: beside an access token.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_missing_athash() {
    for response_type in ["id_token token", "code id_token token"] {
        let message = refused(response_type, |claims| {
            claims.remove("at_hash");
        });
        let message = message.await;
        assert!(message.contains("\"at_hash\" is missing"), "{message}");
    }
}

/// OpenID Connect Core section 3.3.2.11: beside a code.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_missing_chash() {
    for response_type in ["code id_token", "code id_token token"] {
        let message = refused(response_type, |claims| {
            claims.remove("c_hash");
        });
        let message = message.await;
        assert!(message.contains("\"c_hash\" is missing"), "{message}");
    }
}

/// OpenID Connect Core sections 3.2.2.11 and 3.3.2.12, and FAPI 1.0 part 2 section 5.2.2.1 for the `state`.
#[tokio::test(start_paused = true)]
async fn the_hashes_are_those_of_what_came_along() {
    for (response_type, name) in [
        ("id_token token", "at_hash"),
        ("code id_token", "c_hash"),
        ("code id_token", "s_hash"),
        ("id_token", "s_hash"),
    ] {
        let message = refused(response_type, move |claims| {
            claims.insert(name.to_owned(), json!("AAAAAAAAAAAAAAAAAAAAAA"));
        });
        let message = message.await;
        assert!(message.contains(&format!("\"{name}\"")), "{message}");
    }
    // A state need not be hashed.
    let outcome = changed("id_token", |claims| {
        claims.remove("s_hash");
    });
    assert!(outcome.await.1.is_ok());
}

/// OpenID Connect Core sections 3.2.2.11 and 3.3.2.12: what holds for every ID token holds here.
#[tokio::test(start_paused = true)]
async fn an_id_token_of_a_redirect_keeps_every_rule() {
    for response_type in WITH_ID_TOKEN {
        for (name, value) in [
            ("nonce", json!("another")),
            ("nonce", json!(null)),
            ("iss", json!("https://other.example")),
            ("aud", json!("another")),
            ("aud", json!(["app", "another"])),
            ("exp", json!(1)),
            ("iat", json!(null)),
            ("sub", json!(null)),
        ] {
            let message = refused(response_type, move |claims| match &value {
                Value::Null => drop(claims.remove(name)),
                value => drop(claims.insert(name.to_owned(), value.clone())),
            });
            let message = message.await;
            let named = name == "exp" || message.contains(&format!("\"{name}\""));
            assert!(named, "{response_type} {name}: {message}");
        }
    }
}

/// OpenID Connect Core section 3.3.3.6: both ID tokens are about one user.
#[tokio::test(start_paused = true)]
async fn the_id_token_of_the_code_is_that_of_the_redirect() {
    for (name, value) in [("sub", "user-2"), ("iss", "https://other.example")] {
        let (world, outcome) = changed("code id_token", move |claims| {
            if !claims.contains_key("c_hash") {
                claims.insert(name.to_owned(), json!(value));
            }
        })
        .await;
        let error = outcome.unwrap_err();
        assert!(
            error.is_refused() && error.to_string().contains(&format!("\"{name}\"")),
            "{error}"
        );
        assert_eq!(world.server.token_requests(), 1);
    }
}

/// A code or a token that was put in place of the right one.
#[tokio::test(start_paused = true)]
async fn what_was_exchanged_in_the_browser_is_noticed() {
    let world = world();
    for (response_type, from, to) in [
        ("code id_token", "code=", "code=x"),
        ("id_token token", "access_token=", "access_token=x"),
    ] {
        let flow = of_type(&flow(&world), response_type);
        let started = flow.start().await.unwrap();
        let redirect = world.server.approve(&started.url);
        let forged = redirect.as_str().replacen(from, to, 1);
        let error = flow.finish(started.pending, &forged).await.unwrap_err();
        assert!(error.to_string().contains("_hash"), "{error}");
    }
    world.server.assert_no_token_requests();
}

/// Something that was asked for is not there, or stands in the query, where all see it.
#[tokio::test(start_paused = true)]
async fn an_answer_is_complete_and_in_its_place() {
    let world = world();
    let flow = of_type(&flow(&world), "code id_token token");
    for name in ["code", "id_token", "access_token", "token_type"] {
        let started = flow.start().await.unwrap();
        let redirect = world.server.approve(&started.url);
        let pairs = redirect.fragment().unwrap().split('&');
        let prefix = format!("{name}=");
        let kept: Vec<_> = pairs.filter(|pair| !pair.starts_with(&prefix)).collect();
        let fragment = format!("#{}", kept.join("&"));
        let error = flow.finish(started.pending, &fragment).await.unwrap_err();
        assert!(
            error.to_string().contains(&format!("\"{name}\"")),
            "{error}"
        );
    }
    let started = flow.start().await.unwrap();
    let redirect = world.server.approve(&started.url);
    let in_query = redirect.as_str().replace('#', "?");
    assert!(flow.finish(started.pending, &in_query).await.is_err());
    world.server.assert_no_token_requests();
}

/// RFC 9207 section 4: an ID token says whose answer it is, and an answer without one has to.
#[tokio::test(start_paused = true)]
async fn an_answer_says_whose_it_is() {
    let world = world();
    for (response_type, is_named) in [
        ("code id_token", true),
        ("id_token token", true),
        ("code token", false),
    ] {
        let flow = of_type(&flow(&world), response_type);
        let started = flow.start().await.unwrap();
        let redirect = world.server.approve(&started.url);
        let (unnamed, _) = redirect.as_str().split_once("&iss=").unwrap();
        let outcome = flow.finish(started.pending, unnamed).await;
        assert_eq!(outcome.is_ok(), is_named, "{response_type}");
        // Two issuers are one too many.
        let started = flow.start().await.unwrap();
        let redirect = world.server.approve(&started.url);
        let (unnamed, _) = redirect.as_str().split_once("&iss=").unwrap();
        let other = format!("{unnamed}&iss=https://other.example");
        let error = flow.finish(started.pending, &other).await.unwrap_err();
        assert!(error.to_string().contains("\"iss\""), "{error}");
        // An error has no ID token.
        let started = flow.start().await.unwrap();
        let refused = world.server.deny(&started.url);
        let (unnamed, _) = refused.as_str().split_once("&iss=").unwrap();
        let error = flow.finish(started.pending, unnamed).await.unwrap_err();
        assert!(error.to_string().contains("\"iss\""), "{error}");
    }
}

/// The callback may be another copy of the flow, which knows nothing of it.
#[tokio::test(start_paused = true)]
async fn what_was_asked_for_is_remembered() {
    let world = world();
    let callback = flow(&world);
    let flow = of_type(&callback, "code id_token").response_mode(ResponseMode::FormPost);
    let started = flow.start().await.unwrap();
    let form = world.server.approve_by_form(&started.url);
    let kept = serde_json::to_string(&started.pending).unwrap();
    let pending: PendingAuthorization = serde_json::from_str(&kept).unwrap();
    assert!(callback.finish(pending.clone(), &form).await.is_ok());
    let code_alone: Vec<_> = form
        .split('&')
        .filter(|pair| !pair.starts_with("id_token"))
        .collect();
    let error = callback
        .finish(pending, &code_alone.join("&"))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("\"id_token\""), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_can_not_work_is_an_error_before_anybody_is_sent_away() {
    let world = world();
    let openid = flow(&world);
    let plain = world.here(Tokens::login(ISSUER, "app").scope("read"));
    let plain = plain.code_flow(CALLBACK).unwrap();
    let bound = world
        .here(builder().dpop(Dpop::generated()))
        .code_flow(CALLBACK)
        .unwrap();
    let asked = |flow: &CodeFlow, text: &str| flow.clone().response_type(ResponseType::parse(text));
    for (flow, said) in [
        (asked(&openid, "id_token token"), "danger_redirect_tokens"),
        (asked(&openid, "code token"), "danger_redirect_tokens"),
        (asked(&openid, "none"), "\"none\""),
        (asked(&openid, "code device"), "device"),
        (asked(&openid, ""), "\"\""),
        (of_type(&openid, "token"), "\"openid\""),
        (of_type(&plain, "id_token token"), "\"openid\""),
        (of_type(&bound, "id_token token"), "DPoP"),
        (
            asked(&openid, "id_token").response_mode(ResponseMode::Query),
            "\"query\"",
        ),
        (
            asked(&openid, "id_token").response_mode(ResponseMode::QueryJwt),
            "query.jwt",
        ),
        (
            openid
                .clone()
                .response_mode(ResponseMode::parse("web_message")),
            "web_message",
        ),
        (
            openid.clone().parameter("response_mode", "fragment"),
            "response_mode",
        ),
    ] {
        let error = flow.start().await.unwrap_err();
        assert!(
            error.is_configuration() && error.to_string().contains(said),
            "{error}"
        );
    }
}
