//! The promises of `FakeServer`, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test may stop at what fails")]

mod api;
mod assertions;
mod backchannel;
#[cfg(feature = "tls")]
mod certificates;
mod clients;
mod codes;
mod devices;
mod dpop;
mod faults;
mod grants;
#[cfg(feature = "listen")]
mod listening;
mod logins;
mod metadata;
mod oauth1;
mod oauth1_faults;
mod oauth1_refusals;
mod recorded;
mod registrations;
mod responses;
mod tokens;

use std::time::Duration;

use bytes::Bytes;
use grantor_core::Params;
use grantor_http::Transport;
use grantor_testkit::{FakeClock, FakeServer};
use http::{Request, Response};
use serde_json::Value;
use url::Url;

const ISSUER: &str = "https://idp.example";
const CLIENT_CREDENTIALS: [(&str, &str); 1] = [("grant_type", "client_credentials")];

fn server() -> FakeServer {
    FakeServer::new(ISSUER)
}

fn with_clock() -> (FakeServer, FakeClock) {
    let (server, clock) = (server(), FakeClock::new());
    server.set_clock(&clock);
    (server, clock)
}

fn form_request(url: &Url, form: &[(&str, &str)]) -> Request<Bytes> {
    let mut params = Params::new();
    for (name, value) in form {
        params.push(*name, *value);
    }
    Request::post(url.as_str())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(params.to_form().into())
        .unwrap()
}

async fn post(server: &FakeServer, path: &str, form: &[(&str, &str)]) -> Response<Bytes> {
    let request = form_request(&server.issuer().join(path), form);
    server.send(request).await.unwrap()
}

/// One token request: the status and the members of its answer.
async fn ask(server: &FakeServer, form: &[(&str, &str)]) -> (u16, Value) {
    let answer = post(server, "/token", form).await;
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(answer.body()).unwrap())
}

async fn refused(server: &FakeServer, form: &[(&str, &str)]) -> String {
    let (status, body) = ask(server, form).await;
    assert!(status >= 400, "{body}");
    body["error"].as_str().unwrap().to_owned()
}

async fn access_token(server: &FakeServer, form: &[(&str, &str)]) -> String {
    let (status, body) = ask(server, form).await;
    assert_eq!(status, 200, "{body}");
    body["access_token"].as_str().unwrap().to_owned()
}

async fn refresh(server: &FakeServer, token: &str) -> (u16, Value) {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    ask(server, &form).await
}

fn call(url: &str, token: &str) -> Request<Bytes> {
    let authorization = format!("Bearer {token}");
    let request = Request::get(url).header("authorization", authorization);
    request.body(Bytes::new()).unwrap()
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
