//! The behaviours that every HTTP client must show.

use std::sync::Arc;

use grantor_client::{BearerMethod, SubjectToken, Tokens, TokensBuilder};
use grantor_testkit::Fault;

use crate::door::{Answer, Body, Call, Door, Failure};
use crate::support::web::{self, Web};
use crate::support::{ISSUER, World};

/// An API, a door to it, and the tokens behind both.
struct Scene<D> {
    world: World,
    web: Web,
    door: Arc<D>,
}

impl<D: Door> Scene<D> {
    async fn new(handler: impl Fn(&str) -> web::Answer + Send + Sync + 'static) -> Self {
        Self::with(handler, Tokens::clone).await
    }

    async fn with(
        handler: impl Fn(&str) -> web::Answer + Send + Sync + 'static,
        change: impl FnOnce(&Tokens) -> Tokens,
    ) -> Self {
        Self::of(handler, World::client, change).await
    }

    async fn of(
        handler: impl Fn(&str) -> web::Answer + Send + Sync + 'static,
        begin: impl FnOnce(&World) -> TokensBuilder,
        change: impl FnOnce(&Tokens) -> Tokens,
    ) -> Self {
        let world = World::new();
        let web = Web::start(handler).await;
        let tokens = world.thread(begin(&world)).build().unwrap();
        let tokens = change(&tokens.with_origin(&web.url("")).unwrap());
        let door = Arc::new(D::open(&tokens, &web.url("")));
        Self { world, web, door }
    }

    async fn send(&self, call: Call) -> Answer {
        self.door.send(call).await.unwrap()
    }

    async fn refused(&self, call: Call) -> Failure {
        self.door.send(call).await.unwrap_err()
    }

    fn get(&self, path: &str) -> Call {
        Call::get(self.web.url(path))
    }

    fn post(&self, path: &str, body: Body) -> Call {
        Call::post(self.web.url(path), body)
    }

    /// The API takes the token, so that a later 401 is known to be about it.
    async fn warm(&self) {
        assert_eq!(self.send(self.get("/warm")).await.status, 200);
    }
}

fn echo(request: &str) -> web::Answer {
    web::Answer::text(200, request)
}

/// Takes the second token, and at `/warm` any.
fn second_token_only(request: &str) -> web::Answer {
    let good = request.contains("access-2") || request.starts_with("GET /warm");
    web::Answer::text(if good { 200 } else { 401 }, request)
}

fn rejects(request: &str) -> web::Answer {
    let warm = request.starts_with("GET /warm");
    web::Answer::text(if warm { 200 } else { 401 }, request)
}

pub(crate) async fn carries_the_token<D: Door>() {
    let scene = Scene::<D>::new(echo).await;
    let answer = scene.send(scene.get("/a?b=c").header("x-a", "1")).await;
    let seen = answer.text;
    assert!(seen.starts_with("GET /a?b=c HTTP/1.1"), "{seen}");
    assert!(
        seen.contains("authorization: Bearer access-1\r\n"),
        "{seen}"
    );
    assert!(seen.contains("x-a: 1\r\n"), "{seen}");
    let answer = scene.send(scene.post("/", Body::Text("hello"))).await;
    assert!(answer.text.contains("Bearer access-1"), "{}", answer.text);
    assert!(answer.text.ends_with("\r\n\r\nhello"), "{}", answer.text);
}

pub(crate) async fn sends_a_rejected_request_once_more_with_its_body<D: Door>() {
    let scene = Scene::<D>::new(second_token_only).await;
    scene.warm().await;
    let answer = scene.send(scene.post("/", Body::Text("hello"))).await;
    if D::SENDS_AGAIN {
        assert_eq!((answer.status, scene.web.requests()), (200, 3));
    } else {
        assert_eq!((answer.status, scene.web.requests()), (401, 2));
        let answer = scene.send(scene.post("/", Body::Text("hello"))).await;
        assert_eq!(answer.status, 200, "the next one has the new token");
    }
    assert!(answer.text.ends_with("\r\n\r\nhello"), "{}", answer.text);
    assert_eq!(scene.world.server.token_requests(), 2);
}

pub(crate) async fn gives_the_second_rejection_as_the_answer<D: Door>() {
    let scene = Scene::<D>::new(rejects).await;
    scene.warm().await;
    let sent = if D::SENDS_AGAIN { 2 } else { 1 };
    let answer = scene.send(scene.get("/x")).await;
    assert_eq!((answer.status, scene.web.requests()), (401, 1 + sent));
    let answer = scene.send(scene.get("/x")).await;
    assert_eq!((answer.status, scene.web.requests()), (401, 2 + sent));
    assert_eq!(scene.world.server.token_requests(), 2);
}

pub(crate) async fn sends_a_streamed_body_only_once<D: Door>() {
    let scene = Scene::<D>::new(second_token_only).await;
    scene.warm().await;
    let stream = Body::Stream(&["one ", "two"]);
    let answer = scene.send(scene.post("/", stream)).await;
    if D::STREAMS_AGAIN {
        assert_eq!((answer.status, scene.web.requests()), (200, 3));
    } else {
        assert_eq!((answer.status, scene.web.requests()), (401, 2));
    }
    assert!(answer.text.ends_with("\r\n\r\none two"), "{}", answer.text);
    assert_eq!(scene.world.server.token_requests(), 2);
}

pub(crate) async fn lets_a_header_of_the_callers_own_win<D: Door>() {
    let scene = Scene::<D>::new(rejects).await;
    let own = scene.get("/x").header("authorization", "Bearer mine");
    let answer = scene.send(own).await;
    assert_eq!((answer.status, scene.web.requests()), (401, 1));
    let seen = answer.text;
    assert!(seen.contains("authorization: Bearer mine\r\n"), "{seen}");
    assert!(!seen.contains("access-"), "{seen}");
    assert_eq!(scene.world.server.token_requests(), 0);
}

pub(crate) async fn withholds_the_token_where_it_is_told<D: Door>() {
    let scene = Scene::<D>::new(rejects).await;
    let other = Web::start(echo).await;
    let answer = scene.send(scene.get("/x").without_token()).await;
    assert_eq!((answer.status, scene.web.requests()), (401, 1));
    assert!(!answer.text.contains("authorization"), "{}", answer.text);
    let elsewhere = Call::get(other.url("/")).without_token();
    let answer = scene.send(elsewhere).await;
    assert!(!answer.text.contains("authorization"), "{}", answer.text);
    assert_eq!(scene.world.server.token_requests(), 0);
}

pub(crate) async fn refuses_other_origins<D: Door>() {
    let scene = Scene::<D>::new(echo).await;
    let other = Web::start(echo).await;
    for url in [other.url("/"), "http://api.example/".to_owned()] {
        let error = scene.refused(Call::get(url)).await.token_error();
        assert!(error.is_configuration(), "{error}");
    }
    assert_eq!(other.requests(), 0);
    assert_eq!(scene.world.server.token_requests(), 0);
}

pub(crate) async fn keeps_the_token_on_redirects_within_the_origin<D: Door>() {
    let scene = Scene::<D>::new(|request| {
        if request.starts_with("GET /near") {
            web::Answer::redirect(302, "/here")
        } else {
            echo(request)
        }
    });
    let scene = scene.await;
    let answer = scene.send(scene.get("/near")).await;
    if D::FOLLOWS_REDIRECTS {
        let seen = answer.text;
        assert!(seen.starts_with("GET /here"), "{seen}");
        assert!(
            seen.contains("authorization: Bearer access-1\r\n"),
            "{seen}"
        );
    } else {
        assert_eq!(answer.status, 302);
    }
}

pub(crate) async fn loses_the_token_on_redirects_to_other_origins<D: Door>() {
    let other = Web::start(echo).await;
    let elsewhere = other.url("/there");
    let redirect = move |_: &str| web::Answer::redirect(302, &elsewhere);
    let scene = Scene::<D>::new(redirect).await;
    let answer = scene.send(scene.get("/far")).await;
    if D::FOLLOWS_REDIRECTS {
        let seen = answer.text;
        assert!(seen.starts_with("GET /there"), "{seen}");
        assert!(!seen.contains("access-1"), "{seen}");
        assert!(!seen.contains("authorization"), "{seen}");
    } else {
        assert_eq!((answer.status, other.requests()), (302, 0));
    }
}

/// Redirects `/5` to `/4` and so on, and `/0` to another place if there is one.
fn countdown(next: Option<String>) -> impl Fn(&str) -> web::Answer + Send + Sync + 'static {
    move |request| {
        let path = request.split([' ', '/']).nth(2).unwrap();
        match (path.parse::<usize>().unwrap(), &next) {
            (0, Some(next)) => web::Answer::redirect(302, next),
            (0, None) => web::Answer::text(200, "there"),
            (left, _) => web::Answer::redirect(302, &format!("/{}", left - 1)),
        }
    }
}

pub(crate) async fn follows_ten_redirects_and_no_more<D: Door>() {
    if !D::FOLLOWS_REDIRECTS {
        return;
    }
    let scene = Scene::<D>::new(countdown(None)).await;
    assert_eq!(scene.send(scene.get("/10")).await.text, "there");
    assert_eq!(scene.web.requests(), 11);
    let failure = scene.refused(scene.get("/11")).await;
    assert!(!failure.is_about_token(), "{failure:?}");
    assert_eq!(scene.web.requests(), 22);
    // Those to another origin count too.
    let other = Web::start(countdown(None)).await;
    let scene = Scene::<D>::new(countdown(Some(other.url("/4")))).await;
    assert_eq!(scene.send(scene.get("/5")).await.text, "there");
    assert_eq!(scene.web.requests() + other.requests(), 11);
    let failure = scene.refused(scene.get("/6")).await;
    assert!(!failure.is_about_token(), "{failure:?}");
    assert_eq!(scene.web.requests() + other.requests(), 22);
}

pub(crate) async fn judges_no_token_by_the_401_of_another_origin<D: Door>() {
    let other = Web::start(rejects).await;
    let elsewhere = other.url("/there");
    let scene = Scene::<D>::new(move |request| {
        if request.starts_with("GET /warm") {
            echo(request)
        } else {
            web::Answer::redirect(302, &elsewhere)
        }
    });
    let scene = scene.await;
    scene.warm().await;
    let answer = scene.send(scene.get("/far")).await;
    let status = if D::FOLLOWS_REDIRECTS { 401 } else { 302 };
    assert_eq!((answer.status, scene.web.requests()), (status, 2));
    assert_eq!(scene.world.server.token_requests(), 1);
}

pub(crate) async fn tells_of_a_token_error_and_sends_nothing<D: Door>() {
    let scene = Scene::<D>::new(echo).await;
    scene
        .world
        .server
        .fail_next(Fault::Refused("invalid_client"));
    let error = scene.refused(scene.get("/x")).await.token_error();
    assert!(error.is_configuration(), "{error}");
    assert_eq!(scene.web.requests(), 0);
}

fn in_query(tokens: &Tokens) -> Tokens {
    tokens.with_bearer_method(BearerMethod::Query)
}

pub(crate) async fn carries_the_token_in_the_query<D: Door>() {
    let scene = Scene::<D>::with(echo, in_query).await;
    let seen = scene.send(scene.get("/a?b=%20c")).await.text;
    let first = seen.lines().next().unwrap();
    assert_eq!(first, "GET /a?b=%20c&access_token=access-1 HTTP/1.1");
    assert!(!seen.contains("authorization"), "{seen}");
    assert!(seen.contains("cache-control: no-store\r\n"), "{seen}");
    let seen = scene.send(scene.get("/a")).await.text;
    assert!(seen.starts_with("GET /a?access_token=access-1 "), "{seen}");
}

pub(crate) async fn replaces_a_rejected_token_in_the_query<D: Door>() {
    let scene = Scene::<D>::with(second_token_only, in_query).await;
    scene.warm().await;
    let answer = scene.send(scene.get("/a?b=c")).await;
    if D::SENDS_AGAIN {
        let first = answer.text.lines().next().unwrap();
        assert_eq!(first, "GET /a?b=c&access_token=access-2 HTTP/1.1");
    } else {
        assert_eq!(answer.status, 401);
    }
}

pub(crate) async fn lets_a_query_of_the_callers_own_win<D: Door>() {
    let scene = Scene::<D>::with(echo, in_query).await;
    let seen = scene.send(scene.get("/a?access_token=mine")).await.text;
    assert!(seen.starts_with("GET /a?access_token=mine "), "{seen}");
    assert!(!seen.contains("access-"), "{seen}");
    assert_eq!(scene.world.server.token_requests(), 0);
}

pub(crate) async fn carries_the_token_in_a_form_where_there_is_one<D: Door>() {
    let in_body = |tokens: &Tokens| tokens.with_bearer_method(BearerMethod::Body);
    let scene = Scene::<D>::with(second_token_only, in_body).await;
    let form = || scene.post("/x", Body::Form("a=%20b"));
    if !D::KNOWS_FORMS {
        let error = scene.refused(form()).await.token_error();
        assert!(error.is_configuration(), "{error}");
        assert!(error.to_string().contains("form"), "{error}");
        assert_eq!(scene.web.requests(), 0);
        return;
    }
    // A token that is not new may be suspected though no one took it yet.
    let own = scene
        .send(scene.post("/x", Body::Form("access_token=mine")))
        .await;
    assert!(
        own.text.ends_with("\r\n\r\naccess_token=mine"),
        "{}",
        own.text
    );
    assert_eq!(scene.world.server.token_requests(), 0);
    let _ = scene.send(form()).await;
    scene.world.advance(60);
    let answer = scene.send(form()).await;
    assert_eq!(answer.status, 200);
    let seen = answer.text;
    assert!(
        seen.ends_with("\r\n\r\na=%20b&access_token=access-2"),
        "{seen}"
    );
    assert!(!seen.contains("authorization"), "{seen}");
    for call in [scene.get("/x"), scene.post("/x", Body::Text("no form"))] {
        let error = scene.refused(call).await.token_error();
        assert!(error.is_configuration(), "{error}");
    }
}

pub(crate) async fn asks_for_one_token_however_many_call<D: Door>() {
    let scene = Scene::<D>::new(echo).await;
    scene.world.server.hold();
    let calls: Vec<_> = (0..32)
        .map(|_| {
            let (door, call) = (Arc::clone(&scene.door), scene.get("/x"));
            tokio::spawn(async move { door.send(call).await })
        })
        .collect();
    scene.world.server.holds(1).await;
    scene.world.server.release();
    for call in calls {
        let seen = call.await.unwrap().unwrap().text;
        assert!(seen.contains("Bearer access-1"), "{seen}");
    }
    assert_eq!(scene.world.server.token_requests(), 1);
}

pub(crate) async fn uses_the_connection_of_a_rejected_request_again<D: Door>() {
    let scene = Scene::<D>::new(second_token_only).await;
    scene.warm().await;
    let _ = scene.send(scene.get("/x")).await;
    assert_eq!(scene.send(scene.get("/x")).await.status, 200);
    assert_eq!(scene.web.connections(), 1);
}

fn exchange(subject: Option<&'static str>) -> impl FnOnce(&World) -> TokensBuilder {
    move |world| {
        world.server.trust_token("alice");
        let builder = Tokens::token_exchange(ISSUER, "app", "s3cret");
        builder.subject_from(move || subject.map(SubjectToken::access_token))
    }
}

pub(crate) async fn carries_the_token_of_the_subject<D: Door>() {
    let scene = Scene::<D>::of(echo, exchange(Some("alice")), Tokens::clone).await;
    let seen = scene.send(scene.get("/")).await.text;
    assert!(
        seen.contains("authorization: Bearer access-1\r\n"),
        "{seen}"
    );
    let sent = scene.world.server.last_token_request().unwrap();
    assert_eq!(sent.parameter("subject_token").as_deref(), Some("alice"));
}

pub(crate) async fn sends_nothing_without_a_subject<D: Door>() {
    let scene = Scene::<D>::of(echo, exchange(None), Tokens::clone).await;
    let failure = scene.refused(scene.get("/")).await;
    let as_expected =
        matches!(&failure, Failure::Token(error) if error.to_string().contains("subject"));
    assert!(as_expected, "{failure:?}");
    scene.world.server.assert_no_token_requests();
    assert_eq!(scene.web.requests(), 0);
}

pub(crate) async fn shows_requests_to_the_hooks<D: Door>() {
    let begin = |world: &World| {
        world.client().on_api_request(|request| {
            let method = request.method.as_str().parse().unwrap();
            request.headers.insert("x-method", method);
        })
    };
    let scene = Scene::<D>::of(echo, begin, Tokens::clone).await;
    let seen = scene.send(scene.get("/")).await.text;
    assert!(seen.contains("x-method: GET\r\n"), "{seen}");
    assert!(
        seen.contains("authorization: Bearer access-1\r\n"),
        "{seen}"
    );
}

/// RFC 8693 section 2.2.1: what is no access token goes onto no request.
pub(crate) async fn refuses_what_is_no_access_token<D: Door>() {
    let of_alice = exchange(Some("alice"));
    let begin = |world: &World| {
        world.server.set_extra("token_type", "N_A".into());
        of_alice(world)
    };
    let scene = Scene::<D>::of(echo, begin, Tokens::clone).await;
    let error = scene.refused(scene.get("/")).await.token_error();
    assert!(error.to_string().contains("N_A"), "{error}");
    assert_eq!(scene.web.requests(), 0);
}
