//! Where tokens go and where they don't, by `prepare` and by a session.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use grantor_client::{BearerMethod, Session, SubjectToken, Tokens};
use http::{Request, Response};
use support::web::{Answer, Web};
use support::{ISSUER, World, bearer, request};

#[tokio::test(start_paused = true)]
async fn tokens_go_only_where_they_may() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    for uri in [
        "https://other.example/",
        "http://api.example/",
        "https://api.example:8443/",
        "/things",
    ] {
        let mut request = Request::get(uri).body(()).unwrap();
        let error = tokens.prepare(&mut request).await.unwrap_err();
        assert!(error.is_configuration(), "{uri}");
        assert!(request.headers().is_empty(), "{uri}");
    }
    assert_eq!(world.server.token_requests(), 0);
    let wider = tokens.with_origin("https://other.example").unwrap();
    let mut request = Request::get("https://other.example/x").body(()).unwrap();
    let _attempt = wider.prepare(&mut request).await.unwrap();
    assert_eq!(bearer(&request), "access-1");
    assert!(tokens.with_origin("http://other.example").is_err());
}

#[tokio::test(start_paused = true)]
async fn the_token_in_a_header_is_not_shown() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    // One that waited for its token, and one that did not.
    for _ in 0..2 {
        let mut request = request();
        let _attempt = tokens.prepare(&mut request).await.unwrap();
        assert!(request.headers()["authorization"].is_sensitive());
        assert!(!format!("{request:?}").contains("access-1"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_header_of_the_callers_own_wins() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    let mut own = request();
    let value = http::HeaderValue::from_static("Bearer mine");
    own.headers_mut().insert("authorization", value);
    let attempt = tokens.prepare(&mut own).await.unwrap();
    assert_eq!(bearer(&own), "mine");
    let response = Response::builder().status(401).body(()).unwrap();
    assert!(attempt.observe(&response).await.is_done());
    assert_eq!(world.server.token_requests(), 0);
}

fn session(world: &World, web: &Web) -> Session {
    let tokens = world.here(world.client()).build().unwrap();
    tokens.session(&web.url("/v1/")).unwrap()
}

#[tokio::test]
async fn every_request_carries_the_token() {
    let world = World::new();
    let web = Web::start(|request| Answer::text(200, request)).await;
    let api = session(&world, &web);
    let answer = api
        .get("things?page=1")
        .header("x-a", "1")
        .send()
        .await
        .unwrap();
    let seen = answer.text().await.unwrap();
    assert!(seen.starts_with("GET /v1/things?page=1 HTTP/1.1"), "{seen}");
    assert!(seen.contains("authorization: Bearer access-1"), "{seen}");
    assert!(seen.contains("x-a: 1"), "{seen}");
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let request = api.request(method.parse().unwrap(), "/x").body("b");
        let seen = request.send().await.unwrap().text().await.unwrap();
        assert!(seen.starts_with(&format!("{method} /x ")), "{seen}");
        assert!(seen.contains("Bearer access-1"), "{seen}");
    }
    assert!(api.get("https://other.example/").send().await.is_err());
}

#[tokio::test]
async fn a_rejected_request_is_sent_again_with_its_body() {
    let world = World::new();
    let web = Web::start(|request| {
        let status = if request.contains("access-2") {
            200
        } else {
            401
        };
        Answer::text(status, request)
    });
    let web = web.await;
    let api = session(&world, &web);
    world.call(api.tokens()).await;
    world.advance(60);
    let answer = api.post("x").body("hello").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let seen = answer.text().await.unwrap();
    assert!(seen.ends_with("hello"), "{seen}");
    assert_eq!(web.requests(), 2);
}

#[tokio::test]
async fn the_second_rejection_is_the_answer() {
    let world = World::new();
    let web = Web::start(|request| Answer::text(401, request)).await;
    let api = session(&world, &web);
    world.call(api.tokens()).await;
    world.advance(60);
    assert_eq!(api.get("x").send().await.unwrap().status(), 401);
    assert_eq!(web.requests(), 2);
    assert_eq!(api.get("x").send().await.unwrap().status(), 401);
    assert_eq!(web.requests(), 3);
    assert_eq!(world.server.token_requests(), 2);
}

#[tokio::test]
async fn redirects_keep_the_token_within_the_origin_and_lose_it_outside() {
    let world = World::new();
    let other = Web::start(|request| Answer::text(200, request)).await;
    let elsewhere = other.url("/file");
    let web = Web::start(move |request| {
        if request.starts_with("GET /v1/near") {
            Answer::redirect(302, "/v1/here")
        } else if request.starts_with("GET /v1/far") || request.starts_with("PUT /v1/far") {
            Answer::redirect(307, &elsewhere)
        } else if request.starts_with("GET /v1/loop") {
            Answer::redirect(302, "/v1/loop")
        } else if request.starts_with("GET /v1/insecure") {
            Answer::redirect(302, "http://other.example/")
        } else {
            Answer::text(200, request)
        }
    });
    let web = web.await;
    let api = session(&world, &web);
    let near = api.get("near").send().await.unwrap().text().await.unwrap();
    assert!(near.contains("GET /v1/here"), "{near}");
    assert!(near.contains("Bearer access-1"), "{near}");
    let far = api
        .get("far")
        .header("x-key", "mine")
        .header("accept", "a/b");
    let far = far.send().await.unwrap().text().await.unwrap();
    assert!(far.contains("GET /file"), "{far}");
    assert!(far.contains("accept: a/b"), "{far}");
    assert!(!far.contains("access-1") && !far.contains("mine"), "{far}");
    let put = api.put("far").body("secret").send().await.unwrap();
    assert_eq!(put.status(), 307, "a body goes nowhere by itself");
    let own = api.get("far").header("authorization", "Bearer mine");
    let own = own.send().await.unwrap().text().await.unwrap();
    assert!(!own.contains("mine"), "{own}");
    assert_eq!(api.get("insecure").send().await.unwrap().status(), 302);
    assert!(api.get("loop").send().await.is_err());
}

#[tokio::test]
async fn a_redirect_to_the_result_is_read_and_another_one_of_a_post_is_the_callers() {
    let world = World::new();
    let web = Web::start(|request| match request.split(' ').nth(1).unwrap() {
        "/v1/done" => Answer::redirect(303, "/v1/here"),
        "/v1/moved" => Answer::redirect(302, "/v1/here"),
        _ => Answer::text(200, request),
    });
    let web = web.await;
    let api = session(&world, &web);
    for method in ["POST", "PUT", "DELETE"] {
        let request = |path| {
            let request = api.request(method.parse().unwrap(), path);
            request.header("content-type", "text/plain").body("hello")
        };
        let done = request("done").send().await.unwrap().text().await.unwrap();
        assert!(done.starts_with("GET /v1/here HTTP/1.1"), "{done}");
        assert!(done.contains("Bearer access-1"), "{done}");
        assert!(
            !done.contains("content-") && !done.contains("hello"),
            "{done}"
        );
        let moved = request("moved").send().await.unwrap();
        assert_eq!(moved.status(), 302, "{method}");
    }
}

#[tokio::test]
async fn paths_are_below_the_base_whether_it_ends_with_a_slash_or_not() {
    let world = World::new();
    let web = Web::start(|request| Answer::text(200, request)).await;
    let tokens = world.thread(world.client()).build().unwrap();
    for base in ["/v1", "/v1/"] {
        let api = tokens.session(&web.url(base)).unwrap();
        let answer = api.get("things?a=b").send().await.unwrap();
        let seen = answer.text().await.unwrap();
        assert!(
            seen.starts_with("GET /v1/things?a=b HTTP/1.1"),
            "{base}: {seen}"
        );
        let answer = api.get("/root").send().await.unwrap();
        let seen = answer.text().await.unwrap();
        assert!(seen.starts_with("GET /root HTTP/1.1"), "{base}: {seen}");
    }
}

#[tokio::test]
async fn a_token_in_the_query_is_not_taken_along_by_a_redirect() {
    let world = World::new();
    let other = Web::start(|request| Answer::text(200, request)).await;
    let elsewhere = other.url("/file");
    let web = Web::start(move |request| {
        let query = request.split([' ', '?']).nth(2).unwrap();
        Answer::redirect(302, &format!("{elsewhere}?{query}"))
    });
    let web = web.await;
    let tokens = world
        .here(world.client())
        .bearer_method(BearerMethod::Query);
    let api = tokens.build().unwrap().session(&web.url("/")).unwrap();
    let far = api.get("far?a=b").send().await.unwrap();
    let far = far.text().await.unwrap();
    assert!(far.starts_with("GET /file?a=b HTTP/1.1"), "{far}");
}

#[tokio::test(start_paused = true)]
async fn the_second_try_goes_to_the_same_origin() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    let attempt = tokens.prepare(&mut request()).await.unwrap();
    let mut other = Request::get("https://other.example/").body(()).unwrap();
    let rejected = Response::builder().status(401).body(()).unwrap();
    let resend = attempt.observe(&rejected).await.into_resend().unwrap();
    let error = resend.prepare(&mut other).await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert!(other.headers().is_empty());
}

#[tokio::test]
async fn sessions_of_subjects_send_over_one_connection_each_with_its_own_token() {
    let world = World::new();
    let web = Web::start(|request| Answer::text(200, request)).await;
    let builder = Tokens::token_exchange(ISSUER, "app", "s3cret");
    let tokens = world.thread(builder).build().unwrap();
    let api = tokens.session(&web.url("/v1/")).unwrap();
    for (subject, token) in [("alice", "access-1"), ("bob", "access-2")] {
        world.server.trust_token(subject);
        let api = api
            .for_subject(SubjectToken::access_token(subject))
            .unwrap();
        let seen = api.get("x").send().await.unwrap().text().await.unwrap();
        assert!(seen.contains(&format!("Bearer {token}\r\n")), "{seen}");
    }
    assert_eq!(web.connections(), 1);
    let error = session(&world, &web).for_subject(SubjectToken::access_token("alice"));
    assert!(error.unwrap_err().is_configuration());
}

#[tokio::test(start_paused = true)]
async fn a_token_in_the_query_is_written_as_a_query_and_the_caller_is_heard() {
    let world = World::new();
    world.server.set_extra("access_token", "a+b/c=&d".into());
    let tokens = world.here(world.client()).build().unwrap();
    let tokens = tokens.with_bearer_method(BearerMethod::Query);
    let mut sent = request();
    let own = http::HeaderValue::from_static("max-age=5");
    sent.headers_mut().insert("cache-control", own);
    let _attempt = tokens.prepare(&mut sent).await.unwrap();
    let query = sent.uri().query();
    assert_eq!(query, Some("access_token=a%2Bb%2Fc%3D%26d"));
    assert_eq!(sent.headers()["cache-control"], "max-age=5");
    let mut sent = request();
    let own = http::HeaderValue::from_static("Bearer mine");
    sent.headers_mut().insert("authorization", own);
    let _attempt = tokens.prepare(&mut sent).await.unwrap();
    assert_eq!(sent.uri().query(), None);
}
