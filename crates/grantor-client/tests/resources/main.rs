//! Tokens for an API that says itself where they come from (RFC 9728).

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod clients;
mod discovery;
mod hostile_apis;
mod hostile_steps;
mod kept;
mod own_tokens;
mod registrar;
mod sign_in;
mod step_up;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use grantor_client::{Error, Observed, Tokens, TokensBuilder};
use grantor_core::ClientMetadata;
use grantor_testkit::FakeServer;
use http::{Request, Response};
use support::World;
use url::Url;

const MCP: &str = "https://api.example/mcp";
const CALLBACK: &str = "http://127.0.0.1:8000/callback";

/// The authorization URLs that a user was taken to.
#[derive(Clone, Default)]
struct Visits(Arc<Mutex<Vec<Url>>>);

impl Visits {
    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn last(&self) -> Url {
        self.0.lock().unwrap().last().unwrap().clone()
    }

    /// A parameter of the last one.
    fn parameter(&self, name: &str) -> Option<String> {
        parameter(&self.last(), name)
    }
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    let found = pairs.find(|(own, _)| own == name);
    found.map(|(_, value)| value.into_owned())
}

fn metadata() -> ClientMetadata {
    let mut metadata = ClientMetadata::default();
    metadata.client_name = Some("App".to_owned());
    metadata
}

/// A client that registers, of a user who agrees to everything at this server.
fn registering_at(server: &FakeServer, visits: &Visits) -> TokensBuilder {
    agreeing(Tokens::for_resource(MCP), server, visits).register_as(metadata())
}

fn registering(world: &World, visits: &Visits) -> TokensBuilder {
    world.here(registering_at(&world.server, visits))
}

fn agreeing(builder: TokensBuilder, server: &FakeServer, visits: &Visits) -> TokensBuilder {
    let (server, visits) = (server.clone(), visits.clone());
    builder.authorize_by(CALLBACK, move |url| {
        visits.0.lock().unwrap().push(url.clone());
        let redirect = server.approve(&url).to_string();
        async move { Ok(redirect) }
    })
}

/// One call of the API, as a door makes it.
async fn call(world: &World, tokens: &Tokens) -> Result<Response<Bytes>, Error> {
    let mut request = Request::post(MCP).body(()).unwrap();
    let mut attempt = tokens.prepare(&mut request).await?;
    loop {
        let answer = world.server.api(&request);
        match attempt.observe(&answer).await {
            Observed::Done => return Ok(answer),
            Observed::Resend(resend) => attempt = resend.prepare(&mut request).await?,
        }
    }
}

/// A call that succeeds.
async fn good_call(world: &World, tokens: &Tokens) {
    assert_eq!(call(world, tokens).await.unwrap().status(), 200);
}

/// The error of a call, which must say this.
async fn failed_call(world: &World, tokens: &Tokens, said: &str) -> Error {
    let error = call(world, tokens).await.unwrap_err();
    assert!(error.to_string().contains(said), "{error}");
    error
}
