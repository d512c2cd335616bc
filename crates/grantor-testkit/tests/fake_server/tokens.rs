//! The token responses of the fake server.

use grantor_jose::{Algorithm, Key, jws};
use grantor_testkit::{FakeServer, GrantAnswer, answer};
use serde_json::{Value, json};

use crate::{CLIENT_CREDENTIALS, ask, call, post, seconds, server, with_clock};

#[tokio::test]
async fn every_lifetime_is_said_as_it_was_set() {
    let server = server();
    server.set_lifetime(Some(seconds(20)));
    server.set_refresh_in(Some(seconds(10)));
    server.set_refresh_lifetime(Some(seconds(90)));
    let (_, body) = ask(&server, &CLIENT_CREDENTIALS).await;
    assert_eq!(body["expires_in"], 20);
    assert_eq!(body["refresh_in"], 10);
    assert!(body.get("refresh_expires_in").is_none());
    let first = server.new_refresh_token();
    let (_, body) = crate::refresh(&server, &first).await;
    assert_eq!(body["refresh_expires_in"], 90);
    server.set_lifetime(None);
    let (_, body) = ask(&server, &CLIENT_CREDENTIALS).await;
    assert!(body.get("expires_in").is_none());
}

#[tokio::test]
async fn members_are_what_a_test_makes_of_them() {
    let server = server();
    for odd in [json!("3600"), Value::Null, json!(3599.5), json!(-1)] {
        server.set_extra("expires_in", odd.clone());
        let (_, body) = ask(&server, &CLIENT_CREDENTIALS).await;
        assert_eq!(body["expires_in"], odd);
    }
    server.set_extra("tenant", json!({ "id": 7 }));
    server.omit("token_type");
    server.on_grant("urn:example:own", |_| {
        let members = json!({ "tenant": { "id": 1 }, "own": true });
        GrantAnswer::Token(members.as_object().cloned().unwrap())
    });
    let (_, body) = ask(&server, &[("grant_type", "urn:example:own")]).await;
    assert_eq!(
        (&body["own"], &body["tenant"]["id"]),
        (&json!(true), &json!(7))
    );
    let (_, body) = ask(&server, &CLIENT_CREDENTIALS).await;
    assert_eq!(body["tenant"]["id"], 7);
    assert!(body.get("token_type").is_none());
}

#[tokio::test]
async fn a_token_that_a_test_chose_is_taken() {
    let server = server();
    server.set_extra("access_token", json!("chosen"));
    ask(&server, &CLIENT_CREDENTIALS).await;
    assert!(server.takes_access_token("chosen"));
}

#[tokio::test]
async fn answers_take_any_shape() {
    let server = server();
    server.answer_tokens_with(answer::form);
    let form = post(&server, "/token", &CLIENT_CREDENTIALS).await;
    assert_eq!(form.headers()["cache-control"], "no-store");
    assert_eq!(
        form.headers()["content-type"],
        "application/x-www-form-urlencoded"
    );
    let text = "access_token=access-1&expires_in=3600&token_type=Bearer";
    assert_eq!(form.body(), text);
    server.answer_tokens_with(|members| answer::json(201, &json!({ "data": members })));
    let (status, body) = ask(&server, &CLIENT_CREDENTIALS).await;
    assert_eq!(status, 201);
    assert_eq!(body["data"]["access_token"], "access-2");
    // A function may ask the server.
    let copy = server.clone();
    server.answer_tokens_with(move |_| answer::html(200, copy.token_requests().to_string()));
    let html = post(&server, "/token", &CLIENT_CREDENTIALS).await;
    assert_eq!(html.body(), "3");
}

#[tokio::test]
async fn tokens_end_by_the_clock() {
    let (server, clock) = with_clock();
    server.set_lifetime(Some(seconds(20)));
    let token = crate::access_token(&server, &CLIENT_CREDENTIALS).await;
    let api = call("https://api.example/", &token);
    clock.advance(seconds(19));
    assert_eq!(server.api(&api).status(), 200);
    clock.advance(seconds(1));
    assert_eq!(server.api(&api).status(), 401);
    assert!(!server.takes_access_token(&token));
}

#[tokio::test]
async fn a_jump_of_the_wall_clock_ends_nothing() {
    let (server, clock) = with_clock();
    let token = crate::access_token(&server, &CLIENT_CREDENTIALS).await;
    clock.jump_to(grantor_core::Timestamp::MAX);
    assert!(server.takes_access_token(&token));
}

async fn look_up(server: &FakeServer, token: &Value) -> Value {
    let form = [("token", token.as_str().unwrap())];
    let answer = post(server, "/introspect", &form).await;
    serde_json::from_slice(answer.body()).unwrap()
}

#[tokio::test]
async fn introspection_tells_what_is_known() {
    let (server, clock) = with_clock();
    server.add_user("ada", "pw");
    let form = [
        ("grant_type", "password"),
        ("username", "ada"),
        ("password", "pw"),
        ("scope", "read"),
        ("client_id", "app"),
    ];
    let (_, tokens) = ask(&server, &form).await;
    let known = look_up(&server, &tokens["access_token"]).await;
    assert_eq!(known["active"], true);
    assert_eq!(known["scope"], "read");
    assert_eq!(known["client_id"], "app");
    assert_eq!(known["sub"], "ada");
    assert_eq!(known["exp"], 1_790_003_600);
    assert_eq!(
        look_up(&server, &tokens["refresh_token"]).await["active"],
        true
    );
    clock.advance(seconds(3600));
    let ended = look_up(&server, &tokens["access_token"]).await;
    assert_eq!(ended, json!({ "active": false }));
}

#[tokio::test]
async fn a_renewed_and_an_exchanged_token_are_of_the_same_user() {
    let server = server();
    server.add_user("ada", "pw");
    let form = [
        ("grant_type", "password"),
        ("username", "ada"),
        ("password", "pw"),
        ("scope", "read"),
    ];
    let (_, tokens) = ask(&server, &form).await;
    let (_, renewed) = crate::refresh(&server, tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(renewed["scope"], "read");
    let known = look_up(&server, &renewed["access_token"]).await;
    assert_eq!(
        (&known["sub"], &known["scope"]),
        (&json!("ada"), &json!("read"))
    );
    let form = [
        (
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ),
        ("subject_token", renewed["access_token"].as_str().unwrap()),
        (
            "subject_token_type",
            "urn:ietf:params:oauth:token-type:access_token",
        ),
    ];
    let (_, exchanged) = ask(&server, &form).await;
    let known = look_up(&server, &exchanged["access_token"]).await;
    assert_eq!(known["sub"], "ada");
}

#[tokio::test]
async fn the_token_of_an_assertion_is_of_its_subject() {
    let server = server();
    let key = Key::generate(Algorithm::Es256).unwrap();
    server.verify_assertions_with(key.public().cloned().into_iter().collect());
    let claims = json!({ "iss": "me", "sub": "ada", "aud": "https://idp.example", "exp": 1 });
    let claims = claims.to_string();
    let assertion = jws::sign(&key, &jws::Header::new(), claims.as_bytes()).unwrap();
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("assertion", &*assertion),
    ];
    let (_, tokens) = ask(&server, &form).await;
    let known = look_up(&server, &tokens["access_token"]).await;
    assert_eq!(known["sub"], "ada");
}

#[tokio::test]
async fn revoking_an_access_token_ends_it_alone() {
    let server = server();
    let token = crate::access_token(&server, &CLIENT_CREDENTIALS).await;
    let other = crate::access_token(&server, &CLIENT_CREDENTIALS).await;
    post(&server, "/revoke", &[("token", &token)]).await;
    assert!(!server.takes_access_token(&token));
    assert!(server.takes_access_token(&other));
}

#[tokio::test]
async fn revoking_a_refresh_token_takes_its_access_tokens_along() {
    let server = server();
    let first = server.new_refresh_token();
    let (_, tokens) = crate::refresh(&server, &first).await;
    let other = crate::access_token(&server, &CLIENT_CREDENTIALS).await;
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    post(&server, "/revoke", &[("token", refresh_token)]).await;
    assert!(!server.takes_refresh_token(refresh_token));
    assert!(!server.takes_access_token(tokens["access_token"].as_str().unwrap()));
    assert!(server.takes_access_token(&other));
}

#[tokio::test]
async fn the_same_tokens_come_in_every_run() {
    let run = async || {
        let server = server();
        let mut tokens = vec![server.new_refresh_token()];
        for _ in 0..3 {
            tokens.push(crate::access_token(&server, &CLIENT_CREDENTIALS).await);
        }
        tokens
    };
    assert_eq!(run().await, run().await);
}
