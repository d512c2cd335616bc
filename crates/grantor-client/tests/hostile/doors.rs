//! The credentials of a request that a door sends a second time, or that a hook changed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::web::{Answer, Web};
use crate::support::{ISSUER, World, bearer, request};
use grantor_client::{Authenticate, BearerMethod, SubjectToken, Tokens};
use http::{HeaderValue, Request, Uri};

type Seen = Arc<Mutex<Vec<String>>>;

/// An API that rejects the second request, and what it was sent.
async fn rejecting_once() -> (Web, Seen) {
    let seen = Seen::default();
    let log = Arc::clone(&seen);
    let web = Web::start(move |request| {
        let mut log = log.lock().unwrap();
        log.push(request.to_ascii_lowercase());
        Answer::text(if log.len() == 2 { 401 } else { 200 }, "")
    });
    (web.await, seen)
}

#[tokio::test]
async fn a_password_from_a_request_does_not_reach_the_api_on_the_second_try() {
    let world = World::new();
    world.server.add_user("ada", "pw");
    let (web, seen) = rejecting_once().await;
    let tokens = Tokens::password_from_request(ISSUER, "app").bearer_method(BearerMethod::Query);
    let api = world
        .here(tokens)
        .build()
        .unwrap()
        .session(&web.url("/"))
        .unwrap();
    for _ in 0..2 {
        let sent = api
            .get("x")
            .header("authorization", "Basic YWRhOnB3")
            .send();
        sent.await.unwrap();
    }
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 3);
    for request in &*seen {
        assert!(!request.contains("authorization: basic"), "{request}");
    }
}

#[tokio::test]
async fn what_a_hook_added_is_there_on_the_second_try_too() {
    let world = World::new();
    let (web, seen) = rejecting_once().await;
    let builder = world.here(world.client()).on_api_request(|request| {
        let tenant = HeaderValue::from_static("acme");
        request.headers.insert("x-tenant", tenant);
    });
    let api = builder.build().unwrap().session(&web.url("/")).unwrap();
    for _ in 0..2 {
        assert_eq!(api.get("x").send().await.unwrap().status(), 200);
    }
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 3);
    for request in &*seen {
        assert!(request.contains("x-tenant: acme"), "{request}");
    }
}

#[test]
fn what_a_hook_added_is_there_on_the_second_try_of_a_blocking_session() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = World::new();
    let (web, seen) = runtime.block_on(rejecting_once());
    let builder = world.thread(world.client()).on_api_request(|request| {
        let tenant = HeaderValue::from_static("acme");
        request.headers.insert("x-tenant", tenant);
    });
    let tokens = builder.build().unwrap();
    let api = tokens.blocking_session(&web.url("/")).unwrap();
    for _ in 0..2 {
        assert_eq!(api.get("x").send().unwrap().status(), 200);
    }
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 3);
    for request in &*seen {
        assert!(request.contains("x-tenant: acme"), "{request}");
    }
}

#[tokio::test]
async fn a_hook_that_names_another_origin_does_not_lead_the_token_to_the_old_one() {
    let world = World::new();
    let seen = Seen::default();
    let log = Arc::clone(&seen);
    let evil = Web::start(move |request| {
        log.lock().unwrap().push(request.to_ascii_lowercase());
        Answer::text(200, "")
    });
    let evil = evil.await;
    let tokens = world
        .here(world.client())
        .on_api_request(|request| {
            let path = request
                .uri
                .path_and_query()
                .map_or("/", |path| path.as_str());
            *request.uri = format!("https://api.example{path}").parse::<Uri>().unwrap();
        })
        .build()
        .unwrap();
    let client = grantor_http::client_builder(&grantor_http::Timeouts::default());
    let client = client.unwrap().build().unwrap();
    // Nobody named this origin.
    let _answer = client
        .get(evil.url("/x"))
        .authenticate(&tokens)
        .send()
        .await;
    for request in &*seen.lock().unwrap() {
        assert!(!request.contains("authorization: bearer"), "{request}");
    }
}

#[tokio::test]
async fn a_hook_may_change_the_path_over_reqwest_as_everywhere() {
    let world = World::new();
    let web = Web::start(|request| Answer::text(200, request)).await;
    let builder = world.here(world.client()).on_api_request(|request| {
        let mut parts = request.uri.clone().into_parts();
        parts.path_and_query = Some("/changed".parse().unwrap());
        *request.uri = Uri::from_parts(parts).unwrap();
    });
    let api = builder.build().unwrap().session(&web.url("/")).unwrap();
    let text = api.get("old").send().await.unwrap().text().await.unwrap();
    assert!(text.starts_with("GET /changed"), "{text}");
}

fn exchange(world: &World) -> Tokens {
    for subject in ["alice", "bob"] {
        world.server.trust_token(subject);
    }
    let builder = Tokens::token_exchange(ISSUER, "app", "s3cret");
    world.here(builder).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_subject_of_a_request_goes_before_that_of_the_handle() {
    let world = World::new();
    let tokens = exchange(&world);
    let alice = tokens
        .for_subject(SubjectToken::access_token("alice"))
        .unwrap();
    alice.get().await.unwrap();
    let mut of_bob = request();
    let extensions = of_bob.extensions_mut();
    extensions.insert(SubjectToken::access_token("bob"));
    // With any hook for requests to APIs, it is bob's; without one, alice's goes out for bob.
    let _attempt = alice.prepare(&mut of_bob).await;
    let sent = world.server.last_token_request().unwrap();
    assert_eq!(sent.parameter("subject_token").as_deref(), Some("bob"));
}

#[tokio::test(start_paused = true)]
async fn forget_forgets_the_tokens_of_subjects_that_a_handle_keeps() {
    let world = World::new();
    let tokens = exchange(&world);
    let alice = tokens
        .for_subject(SubjectToken::access_token("alice"))
        .unwrap();
    alice.get().await.unwrap();
    alice.forget().await.unwrap();
    alice.get().await.unwrap();
    assert_eq!(world.server.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_subject_that_has_ended_is_not_exchanged_for_every_request() {
    let world = World::new();
    let tokens = exchange(&world);
    let ended = SubjectToken::access_token("alice").expires_at(world.now());
    let alice = tokens.for_subject(ended).unwrap();
    for _ in 0..20 {
        let _ = alice.get().await;
    }
    assert!(
        world.server.token_requests() <= 1,
        "{}",
        world.server.token_requests()
    );
}

#[tokio::test(start_paused = true)]
async fn the_second_try_goes_to_named_origins_only_however_many_there_are() {
    let world = World::new();
    let mut builder = world.here(world.client());
    for n in 0..70 {
        builder = builder.allow_origin(format!("https://h{n}.example"));
    }
    let tokens = builder.build().unwrap();
    let mut request = Request::get("https://h69.example/").body(()).unwrap();
    let attempt = tokens.prepare(&mut request).await.unwrap();
    let mut elsewhere = Request::get("https://evil.example/").body(()).unwrap();
    let rejected = http::Response::builder().status(401).body(()).unwrap();
    let resend = attempt.observe(&rejected).await.into_resend().unwrap();
    let again = resend.prepare(&mut elsewhere).await;
    assert!(again.is_err(), "evil.example got {}", bearer(&elsewhere));
}

#[test]
fn a_blocking_session_is_not_held_by_a_rejection_that_never_ends() {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for (n, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut chunk = [0; 4096];
            let _ = stream.read(&mut chunk);
            let answer: &[u8] = if n == 1 {
                b"HTTP/1.1 401 x\r\ncontent-length: 100\r\n\r\nx"
            } else {
                b"HTTP/1.1 200 x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            };
            stream.write_all(answer).unwrap();
            if n == 1 {
                held.push(stream);
            }
        }
    });
    let world = World::new();
    let tokens = world.thread(world.client()).build().unwrap();
    let api = tokens
        .blocking_session(&format!("http://{address}/"))
        .unwrap();
    assert_eq!(api.get("x").send().unwrap().status(), 200);
    let (done, answer) = std::sync::mpsc::channel();
    std::thread::spawn(move || done.send(api.get("x").send().map(|answer| answer.status())));
    let answer = answer.recv_timeout(Duration::from_secs(8));
    assert!(
        answer.is_ok(),
        "the session still reads the body of the 401"
    );
}
