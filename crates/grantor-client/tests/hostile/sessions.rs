//! Sessions whose requests say more than the usual, or less time than a token takes.

use std::time::Duration;

use crate::support::World;
use crate::support::web::{Answer, Web};
use grantor_client::BearerMethod;
use grantor_testkit::{Endpoint, Fault};

#[tokio::test]
async fn a_form_that_was_taken_and_redirected_is_no_error() {
    let web = Web::start(|request| {
        if request.starts_with("POST") {
            Answer::redirect(303, "/done")
        } else {
            Answer::text(200, "done")
        }
    })
    .await;
    let world = World::new();
    let builder = world.here(world.client()).bearer_method(BearerMethod::Body);
    let tokens = builder.build().unwrap();
    let api = tokens.session(&web.url("/")).unwrap();
    let sent = api.post("things").form(&[("a", "1")]).send().await;
    assert_eq!(sent.unwrap().status(), 303);
}

#[tokio::test]
async fn a_form_that_says_its_length_is_sent_whole_with_the_token() {
    let web = Web::start(|request| Answer::text(200, request)).await;
    let world = World::new();
    let builder = world.here(world.client()).bearer_method(BearerMethod::Body);
    let tokens = builder.build().unwrap();
    let api = tokens.session(&web.url("/")).unwrap();
    let sent = api
        .post("things")
        .form(&[("a", "1")])
        .header("content-length", "3");
    let sent = sent.send().await.unwrap().text().await.unwrap();
    assert!(sent.contains("access_token="), "{sent}");
}

#[test]
fn a_blocking_form_that_says_its_length_is_sent_whole_with_the_token() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let web = runtime.block_on(Web::start(|request| Answer::text(200, request)));
    let world = World::new();
    let builder = world
        .thread(world.client())
        .bearer_method(BearerMethod::Body);
    let tokens = builder.build().unwrap();
    let api = tokens.blocking_session(&web.url("/")).unwrap();
    let sent = api
        .post("things")
        .form([("a", "1")])
        .header("content-length", "3");
    let sent = sent.send().unwrap().body_mut().read_to_string().unwrap();
    assert!(sent.contains("access_token="), "{sent}");
}

#[test]
fn an_agent_for_https_alone_shows_no_token_in_its_error() {
    let world = World::new();
    let builder = world
        .thread(world.client())
        .bearer_method(BearerMethod::Query);
    let tokens = builder.build().unwrap();
    let agent = ureq::Agent::config_builder()
        .https_only(true)
        .build()
        .new_agent();
    let api = tokens.blocking_session("http://127.0.0.1:9/").unwrap();
    let error = api.with_agent(agent).get("x").send().unwrap_err();
    assert!(
        !format!("{error} {error:?}").contains("access-1"),
        "{error:?}"
    );
}

#[tokio::test]
async fn the_time_of_a_request_bounds_the_second_try_too() {
    let web = Web::start(|_| Answer::text(401, "")).await;
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    let api = tokens.session(&web.url("/")).unwrap();
    tokens.get().await.unwrap();
    world.advance(60);
    world.server.fail_always(Endpoint::Token, Fault::Never);
    let began = std::time::Instant::now();
    let sent = api
        .get("x")
        .timeout(Duration::from_millis(300))
        .send()
        .await;
    assert_eq!(sent.unwrap().status(), 401);
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn the_time_of_a_blocking_request_bounds_the_wait_for_its_token() {
    let world = World::new();
    let tokens = world.thread(world.client()).build().unwrap();
    world.server.fail_always(Endpoint::Token, Fault::Never);
    let api = tokens.blocking_session("http://127.0.0.1:9/").unwrap();
    let began = std::time::Instant::now();
    let sent = api.get("x").timeout(Duration::from_millis(300)).send();
    assert!(sent.is_err());
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
}
