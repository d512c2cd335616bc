//! Names below `localhost` (RFC 6761 section 6.3): plain http to them is for clients that resolve
//! them themselves.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::convert::Infallible;

use grantor_client::{Authenticate, SendError, Server, Tokens};
use http::{Request, Response};
use support::socket::serve_as;
use support::web::{Answer, Web};
use support::{World, bearer};
use tower::{Layer, Service, service_fn};

fn tokens(world: &World) -> Tokens {
    world.thread(world.client()).build().unwrap()
}

async fn echo() -> Web {
    Web::start(|request| Answer::text(200, request)).await
}

#[tokio::test]
async fn a_session_resolves_them_itself() {
    let (world, web) = (World::new(), echo().await);
    for name in [
        "localhost",
        "api.localhost",
        "a.b.localhost",
        "API.LOCALHOST",
        "api.localhost.",
        "localhost.",
    ] {
        let api = tokens(&world).session(&web.url_at(name, "/v1/")).unwrap();
        let seen = api
            .get("things")
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert!(
            seen.contains("authorization: Bearer access-"),
            "{name}: {seen}"
        );
    }
}

#[tokio::test]
async fn other_names_are_refused_as_ever() {
    let world = World::new();
    for name in [
        "localhost.example.com",
        "xlocalhost",
        "api.xlocalhost",
        "api.localhost.example",
    ] {
        let base = format!("http://{name}:3000");
        let error = tokens(&world).session(&base).unwrap_err();
        assert!(error.is_configuration(), "{error}");
        assert!(tokens(&world).with_origin(&base).is_err(), "{name}");
        let built = world.thread(world.client()).allow_origin(&base).build();
        assert!(built.is_err(), "{name}");
    }
}

#[tokio::test]
async fn redirects_between_them_keep_the_token_where_the_origin_was_named() {
    let world = World::new();
    let there = echo().await;
    let (named, unnamed) = (
        there.url_at("named.localhost", "/"),
        there.url_at("unnamed.localhost", "/"),
    );
    let target = [named.clone(), unnamed.clone()];
    let web = Web::start(move |request| {
        let to = usize::from(!request.starts_with("GET /named"));
        Answer::redirect(307, &target[to])
    });
    let web = web.await;
    let base = web.url_at("api.localhost", "/");
    let tokens = tokens(&world).with_origin(&named).unwrap();
    let api = tokens.session(&base).unwrap();
    for (path, kept) in [("named", true), ("unnamed", false)] {
        let seen = api.get(path).send().await.unwrap().text().await.unwrap();
        assert_eq!(seen.contains("Bearer access-1"), kept, "{path}: {seen}");
        assert!(seen.starts_with("GET / "), "{path}: {seen}");
    }
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none());
    let from_secure = tokens.session(&web.url("/")).unwrap();
    let from_secure = from_secure.with_client(http.build().unwrap());
    let answer = from_secure.get("named").send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 307);
}

#[tokio::test]
async fn a_rejected_token_is_renewed_and_sent_there_again() {
    let world = World::new();
    let web = Web::start(|request| {
        if request.contains("Bearer access-1\r\n") {
            return Answer::text(401, "");
        }
        Answer::text(200, request)
    });
    let base = web.await.url_at("api.localhost", "/");
    let api = tokens(&world).session(&base).unwrap();
    let answer = api.get("things").send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    assert!(answer.text().await.unwrap().contains("Bearer access-2"));
}

/// The token was withheld, and the error says what to do.
fn assert_withheld(error: &grantor_client::Error) {
    assert!(error.is_configuration(), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("api.localhost") && text.contains("DNS"),
        "{text}"
    );
}

#[tokio::test]
async fn a_client_that_may_ask_dns_gets_no_token_for_them() {
    let (world, web) = (World::new(), echo().await);
    let url = web.url_at("api.localhost", "/things");
    let tokens = tokens(&world).with_origin(&url).unwrap();
    let http = || reqwest::Client::builder().no_proxy().build().unwrap();

    let mut request = Request::get(&url).body(()).unwrap();
    assert_withheld(&tokens.prepare(&mut request).await.unwrap_err());
    assert!(request.headers().is_empty());

    let sent = http().get(&url).authenticate(&tokens).send().await;
    let Err(SendError::Token(error)) = sent else {
        panic!("the request was sent: {sent:?}");
    };
    assert_withheld(&error);

    let session = tokens.session(&url).unwrap().with_client(http());
    let sent = session.get("/things").send().await;
    let Err(SendError::Token(error)) = sent else {
        panic!("the request was sent: {sent:?}");
    };
    assert_withheld(&error);

    // The promise of a session's own client holds for its own requests alone.
    let session = tokens.session(&url).unwrap();
    let mut request = Request::get(&url).body(()).unwrap();
    assert_withheld(&session.tokens().prepare(&mut request).await.unwrap_err());

    let service = service_fn(async |request: Request<()>| {
        Ok::<_, Infallible>(Response::new(bearer(&request).to_owned()))
    });
    let mut service = tokens.layer().layer(service);
    let request = Request::get(&url).body(()).unwrap();
    let error = service.call(request).await.unwrap_err();
    assert!(error.to_string().contains("api.localhost"), "{error}");
    assert_eq!(web.requests(), 0);
}

#[cfg(feature = "reqwest-middleware")]
#[tokio::test]
async fn a_middleware_is_over_a_client_that_may_ask_dns() {
    let (world, web) = (World::new(), echo().await);
    let url = web.url_at("api.localhost", "/things");
    let tokens = tokens(&world).with_origin(&url).unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let client = reqwest_middleware::ClientBuilder::new(http)
        .with(tokens.middleware())
        .build();
    let error = client.get(&url).send().await.unwrap_err();
    assert!(error.to_string().contains("api.localhost"), "{error}");
    assert_eq!(web.requests(), 0);
}

#[cfg(feature = "blocking")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocking_session_resolves_them_itself_and_an_agent_of_the_applications_does_not() {
    let (world, web) = (World::new(), echo().await);
    for name in [
        "localhost",
        "api.localhost",
        "API.LOCALHOST",
        "api.localhost.",
    ] {
        let url = web.url_at(name, "/v1/");
        let api = tokens(&world).blocking_session(&url).unwrap();
        let mut answer = api.get("things").send().unwrap();
        let seen = answer.body_mut().read_to_string().unwrap();
        assert!(seen.contains("Bearer access-"), "{name}: {seen}");
    }
    let requests = web.requests();
    let api = tokens(&world).blocking_session(&web.url_at("api.localhost", "/"));
    let api = api.unwrap().with_agent(ureq::Agent::new_with_defaults());
    let error = api.get("things").send().unwrap_err();
    let grantor_client::blocking::SendError::Token(error) = error else {
        panic!("the request was sent: {error:?}");
    };
    assert_withheld(&error);
    assert_eq!(web.requests(), requests);
    assert!(
        tokens(&world)
            .blocking_session("http://xlocalhost/")
            .is_err()
    );
}

#[tokio::test]
async fn an_authorization_server_below_localhost_works_over_our_own_client() {
    for host in ["auth.localhost", "localhost.", "AUTH.LOCALHOST"] {
        let server = serve_as(host).await;
        let issuer = server.issuer().as_str();
        let tokens = Tokens::client_credentials(issuer, "app", "s3cret")
            .build()
            .unwrap();
        assert_eq!(tokens.get().await.unwrap().secret.expose(), "access-1");

        let endpoint = Server::at_token_endpoint(format!("{issuer}/token"));
        let tokens = Tokens::client_credentials(endpoint, "app", "s3cret")
            .build()
            .unwrap();
        assert_eq!(tokens.get().await.unwrap().secret.expose(), "access-2");
    }
}

#[tokio::test]
async fn users_sign_in_at_a_server_below_localhost() {
    let server = serve_as("auth.localhost").await;
    let builder = || Tokens::login(server.issuer().as_str(), "app");
    let flow = builder().code_flow("http://127.0.0.1/callback").unwrap();
    let started = flow.start().await.unwrap();
    assert_eq!(started.url.host_str(), Some("auth.localhost"));
    let redirect = server.approve(&started.url);
    let signed_in = flow
        .finish(started.pending, redirect.as_str())
        .await
        .unwrap();
    assert!(signed_in.tokens.get().await.is_ok());

    let waiting = builder().device_flow().unwrap().start().await.unwrap();
    assert_eq!(waiting.verification_uri.host_str(), Some("auth.localhost"));
    server.approve_device(&waiting.user_code);
    assert!(waiting.finish().await.unwrap().tokens.get().await.is_ok());

    // Where a code is delivered is no matter of our client's.
    let error = builder()
        .code_flow("http://app.localhost/callback")
        .unwrap_err();
    assert!(error.to_string().contains("redirect"), "{error}");
}

#[tokio::test]
async fn such_a_server_is_refused_over_a_transport_that_promises_nothing() {
    let world = World::new();
    let own = reqwest::Client::builder().no_proxy();
    let issuer = "http://auth.localhost:8080";
    let endpoint = Server::at_token_endpoint("http://auth.localhost:8080/token");
    for server in [Server::issuer(issuer), endpoint] {
        let builder = || Tokens::client_credentials(server.clone(), "app", "s3cret");
        let built = [
            builder().transport(world.server.clone()).build(),
            builder()
                .http_client(reqwest::Client::builder().no_proxy())
                .build(),
        ];
        for built in built {
            let error = built.unwrap_err();
            assert!(error.is_configuration(), "{error}");
            assert!(error.to_string().contains("DNS"), "{error}");
        }
    }
    // Nor are endpoints there that metadata names.
    let server = serve_as("auth.localhost").await;
    let metadata = server.issuer().metadata_urls()[0].to_string();
    let metadata = metadata.replace("auth.localhost", "127.0.0.1");
    let server = Server::issuer(metadata.split("/.well").next().unwrap());
    let tokens = Tokens::client_credentials(server, "app", "s3cret").http_client(own);
    let error = tokens.build().unwrap().get().await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
}
