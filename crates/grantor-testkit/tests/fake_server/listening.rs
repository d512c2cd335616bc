//! The fake server on a socket.

use std::io::{Read, Write};
use std::net::TcpStream;

use bytes::Bytes;
use grantor_http::{ReqwestTransport, Transport, TransportError};
use grantor_testkit::{Endpoint, FakeClock, FakeListener, FakeServer, Fault};
use http::{Request, Response};

use crate::{CLIENT_CREDENTIALS, call, form_request, seconds};

fn transport() -> ReqwestTransport {
    ReqwestTransport::new().unwrap()
}

async fn ask(server: &FakeServer) -> Result<Response<Bytes>, TransportError> {
    let request = form_request(&server.token_endpoint(), &CLIENT_CREDENTIALS);
    transport().send(request).await
}

/// A client without a runtime: what the server sends until the connection ends.
fn blocking(listener: &FakeListener) -> String {
    let address = listener.url().socket_addrs(|| None).unwrap()[0];
    let mut stream = TcpStream::connect(address).unwrap();
    let body = "grant_type=client_credentials";
    let length = body.len();
    let host = address.to_string();
    let head = format!("POST /token HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n");
    let request = format!("{head}Connection: close\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[tokio::test]
async fn a_foreign_client_finds_gets_and_uses_a_token() {
    let server = FakeServer::listen().unwrap();
    let transport = transport();
    let [metadata, _] = server.issuer().metadata_urls();
    let request = Request::get(metadata.as_str()).body(Bytes::new()).unwrap();
    assert_eq!(transport.send(request).await.unwrap().status(), 200);
    let answer = ask(&server).await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    let token = body["access_token"].as_str().unwrap();
    let api = call(server.api_url().as_str(), token);
    assert_eq!(transport.send(api).await.unwrap().status(), 200);
    for endpoint in [Endpoint::Metadata, Endpoint::Token, Endpoint::Api] {
        assert_eq!(server.count(endpoint), 1);
    }
    let origin = server.url().origin().ascii_serialization();
    server.assert_tokens_went_only_to(&[&origin]);
}

#[test]
fn a_client_that_blocks_needs_no_runtime() {
    let listener = FakeServer::listen().unwrap();
    let answer = blocking(&listener);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("access-1"), "{answer}");
    listener.assert_token_requests(1);
}

#[test]
fn a_connection_ends_without_an_answer_or_in_the_middle_of_one() {
    let listener = FakeServer::listen().unwrap();
    for fault in [
        Fault::Unsent,
        Fault::RequestLost,
        Fault::AnswerLost,
        Fault::Panic,
    ] {
        listener.fail_next(fault.clone());
        assert_eq!(blocking(&listener), "", "{fault:?}");
    }
    assert!(listener.takes_access_token("access-1"));
    listener.fail_next(Fault::ConnectionDropped);
    let begun = blocking(&listener);
    assert!(begun.starts_with("HTTP/1.1 200"), "{begun}");
    assert!(
        begun.contains("access-2") && !begun.ends_with("0\r\n\r\n"),
        "{begun}"
    );
    assert!(blocking(&listener).contains("access-3"));
}

#[tokio::test]
async fn answers_of_faults_come_over_the_socket() {
    let server = FakeServer::listen().unwrap();
    server.fail_next(Fault::Unavailable(3));
    let answer = ask(&server).await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "3");
    for fault in [Fault::TooLarge, Fault::ConnectionDropped, Fault::AnswerLost] {
        server.fail_next(fault.clone());
        assert!(ask(&server).await.is_err(), "{fault:?}");
    }
}

#[tokio::test]
async fn a_delay_waits_for_the_clock_here_too() {
    let server = FakeServer::listen().unwrap();
    let clock = FakeClock::new();
    server.set_clock(&clock);
    server.fail_next(Fault::Delay(seconds(3600)));
    let copy = server.server().clone();
    let asking = tokio::spawn(async move { ask(&copy).await.map(|answer| answer.status()) });
    server.holds(1).await;
    clock.advance(seconds(3600));
    assert_eq!(asking.await.unwrap().unwrap(), 200);
}

#[tokio::test]
async fn it_ends_when_it_is_dropped_whatever_is_under_way() {
    let server = FakeServer::listen().unwrap();
    let address = server.url().socket_addrs(|| None).unwrap()[0];
    server.fail_next(Fault::Never);
    let copy = server.server().clone();
    let asking = tokio::spawn(async move { ask(&copy).await.is_err() });
    server.holds(1).await;
    drop(server);
    assert!(asking.await.unwrap());
    assert!(TcpStream::connect(address).is_err());
}
