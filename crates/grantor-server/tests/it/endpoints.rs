//! Every endpoint of the table, whatever is sent to it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use grantor_server::Registration;
use grantor_server::grant_type::DeviceCode;
use grantor_store::MemoryStore;
use http::{Method, Request, StatusCode, header};
use http_body_util::Full;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{APP, Fixture, MACHINE, PASSWORD, Reply};

#[tokio::test]
async fn each_is_in_the_documentation_of_the_crate() {
    let fixture = with_every_endpoint().await;
    let documentation: String = include_str!("../../src/lib.rs")
        .lines()
        .filter(|line| line.starts_with("//!"))
        .collect();
    for path in fixture.server.paths() {
        let cell = format!("| `{}`", path.trim_end_matches('/'));
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

#[tokio::test]
async fn no_answer_is_taken_for_another_type_than_it_says() {
    let fixture = with_every_endpoint().await;
    let nowhere = "/nowhere".to_owned();
    for path in fixture.server.paths().into_iter().chain([nowhere]) {
        for method in [Method::GET, Method::POST, Method::TRACE] {
            let reply = send(&fixture, method.clone(), &path, None, Bytes::new()).await;
            let options = reply.header(header::X_CONTENT_TYPE_OPTIONS);
            assert_eq!(options, "nosniff", "{method} {path}");
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

/// A server that has every endpoint of the table but those of a site's own pages.
async fn with_every_endpoint() -> Fixture {
    Fixture::with_devices_on(Arc::new(MemoryStore::new()), |config| {
        config.registration = Registration::Open;
        config.health_endpoint = true;
    })
    .await
}

/// A file of the repository.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(name)
}

/// The fuzz target `endpoints` and the measurement `worst` have servers of their own: with every endpoint, and
/// the fuzz target with a seed for each.
#[tokio::test]
async fn every_endpoint_is_fuzzed_and_measured() {
    let fixture = with_every_endpoint().await;
    let rows = fixture.server.endpoint_rows();
    let table = include_str!("../../src/router/table.rs");
    for name in table
        .lines()
        .filter_map(|line| line.trim().strip_prefix("name: \""))
    {
        let name = name.trim_end_matches("\",");
        assert!(
            name == "site" || rows.iter().any(|row| row.name == name),
            "{name}"
        );
    }
    let seeds = fs::read_dir(file("fuzz/seeds/endpoints")).unwrap();
    let seeds: Vec<String> = seeds
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    for row in &rows {
        let is_sent = |seed: &String| {
            let target = seed.split_whitespace().nth(1).unwrap();
            target.split('?').next() == Some(&row.path)
        };
        assert!(seeds.iter().any(is_sent), "no seed for {}", row.path);
    }
    for name in [
        "fuzz/src/bin/endpoints.rs",
        "bench/worst-group/src/target.rs",
    ] {
        let source = fs::read_to_string(file(name)).unwrap();
        for setting in [
            ".grant_type(DeviceCode)",
            ".grant_type(TokenExchange::new(",
            ".grant_type(JwtBearer::new())",
            "Registration::Open",
            "health_endpoint = true",
        ] {
            assert!(source.contains(setting), "{name} lacks {setting}");
        }
    }
}

/// Headers that endpoints read, with values that are nearly right.
fn headers() -> impl Strategy<Value = Vec<(&'static str, Vec<u8>)>> {
    let names = [
        "accept",
        "authorization",
        "content-encoding",
        "content-type",
        "cookie",
        "dpop",
        "host",
        "origin",
        "x-forwarded-for",
    ];
    let values = prop_oneof![
        Just(b"application/json".to_vec()),
        Just(b"application/x-www-form-urlencoded".to_vec()),
        Just(b"Basic YXBwOng=".to_vec()),
        Just(b"Bearer ga_A".to_vec()),
        Just(b"https://app.example".to_vec()),
        Just(b"eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7fX0.e30.AA".to_vec()),
        "[ -~]{0,60}".prop_map(String::into_bytes),
        proptest::collection::vec(0x20..=0xff_u8, 0..40),
    ];
    let pair = (proptest::sample::select(names.to_vec()), values);
    proptest::collection::vec(pair, 0..5)
}

fn document() -> impl Strategy<Value = Vec<u8>> {
    let json = prop_oneof![
        Just(r#"{"redirect_uris":["https://app.example/cb"]}"#.to_owned()),
        Just(r#"{"client_id":"app","redirect_uris":["x"],"jwks":{"keys":[{}]}}"#.to_owned()),
        "[{\\[\"][ -~]{0,60}",
    ];
    prop_oneof![body(), json.prop_map(String::into_bytes)]
}

/// RFC 9110 section 2.5: a server copes with whatever it gets. Any method, headers and body at each endpoint: no
/// fault of the server, and no secret in the answer.
#[test]
fn every_endpoint_bears_any_headers_and_any_body() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let fixture = runtime.block_on(with_every_endpoint());
    let rows = fixture.server.endpoint_rows();
    let secrets = [APP.secret.unwrap(), MACHINE.secret.unwrap(), PASSWORD];
    let methods = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::OPTIONS,
        Method::PATCH,
        Method::TRACE,
    ];
    let sent = (0..rows.len(), 0..methods.len(), headers(), document());
    let mut runner = TestRunner::new(Config::with_cases(2000));
    let ran = runner.run(&sent, |(row, method, headers, body)| {
        let query: String = String::from_utf8_lossy(&body)
            .chars()
            .filter(|c| c.is_ascii_graphic() && !matches!(c, '#' | '"' | '<' | '>' | '`'))
            .collect();
        let target = format!("{}?{query}", rows[row].path);
        prop_assume!(target.parse::<http::Uri>().is_ok());
        let mut request = Request::builder()
            .method(methods[method].clone())
            .uri(target);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(Bytes::from(body)));
        prop_assume!(request.is_ok());
        let reply = runtime.block_on(fixture.send(request.unwrap()));
        prop_assert!(!reply.status.is_server_error(), "{:?}", reply);
        let text = format!(
            "{:?} {}",
            reply.headers,
            String::from_utf8_lossy(&reply.body)
        );
        prop_assert!(
            !secrets.iter().any(|secret| text.contains(secret)),
            "{}",
            text
        );
        Ok(())
    });
    ran.unwrap();
}
