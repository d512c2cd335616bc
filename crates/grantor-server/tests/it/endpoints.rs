//! Every endpoint of the table, whatever is sent to it.

use std::sync::Arc;

use bytes::Bytes;
use grantor_server::Registration;
use grantor_server::grant_type::DeviceCode;
use grantor_store::MemoryStore;
use http::{Method, Request, StatusCode, header};
use http_body_util::Full;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Fixture, Reply};

/// The site of these tests has no pages of its own, so all rows but that of such pages are there.
async fn with_every_endpoint() -> Fixture {
    let store = Arc::new(MemoryStore::new());
    let all = |config: &mut grantor_server::Config| {
        config.registration = Registration::Open;
        config.health_endpoint = true;
    };
    let fixture = Fixture::with_devices_on(store, all).await;
    let rows = fixture.server.endpoint_rows();
    let mut names: Vec<&str> = rows.iter().map(|row| row.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 13, "{names:?}");
    fixture
}

/// A request to each is among those that fuzzing starts from.
#[tokio::test]
async fn each_has_a_seed_for_fuzzing() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/endpoints");
    let mut targets = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let seed = std::fs::read(file.unwrap().path()).unwrap();
        let line = seed.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8(line.to_vec()).unwrap();
        let target = line.split(' ').nth(1).unwrap();
        targets.push(target.split('?').next().unwrap().to_owned());
    }
    for path in with_every_endpoint().await.server.paths() {
        assert!(
            targets.contains(&path),
            "{path} has no seed in fuzz/seeds/endpoints"
        );
    }
}

#[tokio::test]
async fn each_is_in_the_documentation_of_the_crate() {
    let fixture = with_every_endpoint().await;
    let documentation: String = include_str!("../../src/lib.rs")
        .lines()
        .filter(|line| line.starts_with("//!"))
        .collect();
    for path in fixture.server.paths() {
        let cell = format!("| `{path}`");
        assert!(documentation.contains(&cell), "{path} is not documented");
    }
}

#[tokio::test]
async fn each_has_the_methods_that_it_says() {
    let fixture = with_every_endpoint().await;
    for path in fixture.server.paths() {
        let reply = send(&fixture, Method::TRACE, &path, None, Bytes::new()).await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let allowed = reply.header(header::ALLOW).to_owned();
        for method in [Method::GET, Method::HEAD, Method::POST] {
            let reply = send(&fixture, method.clone(), &path, None, Bytes::new()).await;
            let listed = allowed.split(", ").any(|name| name == method.as_str());
            let refused = reply.status == StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(listed, !refused, "{method} {path}");
        }
    }
}

async fn send(
    fixture: &Fixture,
    method: Method,
    path: &str,
    authorization: Option<&[u8]>,
    body: Bytes,
) -> Reply {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(value) = authorization {
        request = request.header(header::AUTHORIZATION, value);
    }
    fixture.send(request.body(Full::new(body)).unwrap()).await
}

/// Forms that are nearly right, so that they get past the first check.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        Just("grant_type".to_owned()),
        Just("client_id".to_owned()),
        Just("client_secret".to_owned()),
        Just("token".to_owned()),
        Just("scope".to_owned()),
        Just("redirect_uri".to_owned()),
        Just("request_uri".to_owned()),
        Just("code_challenge".to_owned()),
        Just("response_type".to_owned()),
        Just("interaction".to_owned()),
        Just("csrf".to_owned()),
        Just("prompt".to_owned()),
        Just("user_code".to_owned()),
        Just("device_code".to_owned()),
        "[ -~]{0,8}",
    ];
    let value = prop_oneof![
        Just("app".to_owned()),
        Just("spa".to_owned()),
        Just("code".to_owned()),
        Just("authorization_code".to_owned()),
        Just("refresh_token".to_owned()),
        Just("client_credentials".to_owned()),
        Just(DeviceCode::NAME.to_owned()),
        Just("tv".to_owned()),
        Just("BCDF-GHJK".to_owned()),
        Just("https%3A%2F%2Fspa.example%2Fcb".to_owned()),
        "[ga-z_.%0-9A-F]{0,60}",
        "\\PC{0,12}",
    ];
    let pair = (name, value).prop_map(|(name, value)| format!("{name}={value}"));
    prop_oneof![
        proptest::collection::vec(pair, 0..8).prop_map(|pairs| pairs.join("&").into_bytes()),
        proptest::collection::vec(any::<u8>(), 0..200),
    ]
}

fn header_value() -> impl Strategy<Value = Option<Vec<u8>>> {
    let token = "Basic [A-Za-z0-9+/=]{0,40}".prop_map(String::into_bytes);
    let text = "[ -~]{0,40}".prop_map(String::into_bytes);
    proptest::option::of(prop_oneof![
        Just(b"Basic c3BhOg==".to_vec()),
        Just(b"Basic YXBwOng=".to_vec()),
        token,
        text
    ])
}

#[test]
fn none_panics_or_fails_whatever_is_sent() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let fixture = runtime.block_on(with_every_endpoint());
    let paths = fixture.server.paths();
    let sent = (0..paths.len(), any::<bool>(), header_value(), body());
    let mut runner = TestRunner::new(Config::with_cases(2000));
    let ran = runner.run(&sent, |(index, post, authorization, body)| {
        let query = String::from_utf8_lossy(&body).into_owned();
        let (method, target, body) = if post {
            (Method::POST, paths[index].clone(), Bytes::from(body))
        } else {
            let plain = query.chars().filter(|c| c.is_ascii_graphic() && *c != '#');
            let target = format!("{}?{}", paths[index], plain.collect::<String>());
            (Method::GET, target, Bytes::new())
        };
        prop_assume!(target.parse::<http::Uri>().is_ok());
        let authorization = authorization.as_deref();
        let reply = runtime.block_on(send(&fixture, method, &target, authorization, body));
        prop_assert!(!reply.status.is_server_error(), "{:?}", reply);
        Ok(())
    });
    ran.unwrap();
}
