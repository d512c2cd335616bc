//! Which requests a listener hands to its service, and in which form.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod listening;

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use grantor_core::PeerAddress;
use grantor_listen::{Body, Options, serve};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use listening::{closed, connect, patient, receive, start};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tower::service_fn;

async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = connect(address).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    receive(&mut stream).await
}

#[tokio::test]
async fn a_request_without_one_valid_host_is_refused() {
    let server = start(patient()).await;
    for (head, expected) in [
        ("GET / HTTP/1.1\r\nhost: id.example:8787", "HTTP/1.1 200"),
        ("GET / HTTP/1.0", "HTTP/1.0 200"),
        ("GET / HTTP/1.1", "HTTP/1.1 400"),
        ("GET / HTTP/1.1\r\nhost: a\r\nhost: a", "HTTP/1.1 400"),
        ("GET / HTTP/1.0\r\nhost: a\r\nhost: a", "HTTP/1.0 400"),
        ("GET / HTTP/1.1\r\nhost: a/b", "HTTP/1.1 400"),
        ("GET / HTTP/1.1\r\nhost:", "HTTP/1.1 400"),
    ] {
        let answer = ask(server.address, &format!("{head}\r\n\r\n")).await;
        assert!(answer.starts_with(expected), "{head}: {answer}");
        let says_why = answer.contains("one Host header");
        assert_eq!(says_why, expected.ends_with("400"), "{answer}");
    }
}

#[tokio::test]
async fn a_request_with_another_framing_is_refused() {
    let server = start(patient()).await;
    let head = "POST / HTTP/1.1\r\nhost: a\r\n";
    for (lines, expected) in [
        ("transfer-encoding: chunked\r\n", "HTTP/1.1 200"),
        ("transfer-encoding: gzip, chunked\r\n", "HTTP/1.1 501"),
        ("transfer-encoding: chunked, chunked\r\n", "HTTP/1.1 400"),
        (
            "transfer-encoding: chunked\r\ncontent-type: a/b\r\ncontent-type: a/b\r\n",
            "HTTP/1.1 400",
        ),
    ] {
        let answer = ask(server.address, &format!("{head}{lines}\r\n0\r\n\r\n")).await;
        assert!(answer.starts_with(expected), "{lines}: {answer}");
    }
}

#[tokio::test]
async fn a_client_that_has_sent_everything_gets_its_answer() {
    let server = start(patient()).await;
    let mut stream = connect(server.address).await;
    listening::send(&mut stream, "/gate").await;
    stream.shutdown().await.unwrap();
    server.begun.acquire().await.unwrap().forget();
    server.gate.add_permits(1);
    let answer = receive(&mut stream).await;
    assert!(answer.ends_with("\r\n\r\n5"), "{answer}");
    closed(&mut stream).await;
}

#[tokio::test]
async fn a_refused_request_ends_its_connection() {
    let server = start(patient()).await;
    let mut stream = connect(server.address).await;
    let request = b"POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let answer = receive(&mut stream).await;
    assert!(answer.contains("connection: close"), "{answer}");
    closed(&mut stream).await;
}

#[tokio::test]
async fn a_request_longer_than_a_connection_may_hold_is_refused() {
    let server = start(Options {
        max_connection_memory: 48 * 1024,
        ..patient()
    })
    .await;
    let head = "POST / HTTP/1.1\r\nhost: a\r\n";
    let announced = format!("{head}content-length: 40000\r\n\r\n");
    let chunk = format!("2710\r\n{}\r\n", "x".repeat(10_000));
    let unannounced = format!(
        "{head}transfer-encoding: chunked\r\n\r\n{}",
        chunk.repeat(3)
    );
    for request in [announced, unannounced] {
        let answer = ask(server.address, &request).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert!(answer.contains("longer than this server takes"), "{answer}");
    }
    let fits = format!(
        "{head}transfer-encoding: chunked\r\n\r\n{}0\r\n\r\n",
        chunk.repeat(2)
    );
    let answer = ask(server.address, &fits).await;
    assert!(answer.ends_with("\r\n\r\n20000"), "{answer}");
}

#[tokio::test]
async fn a_service_that_refuses_a_long_request_by_its_length_gives_its_own_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = service_fn(async |request: Request<Body>| {
        let length = http_body::Body::size_hint(request.body()).lower();
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(length.to_string())))
    });
    tokio::spawn(serve(
        listener,
        service,
        patient(),
        std::future::pending::<()>(),
    ));
    let mut stream = connect(address).await;
    let request = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let answer = receive(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(answer.contains("\r\n\r\n1"), "{answer}");
    closed(&mut stream).await;
}

/// Answers with where the connection comes from, the number of the body's pieces and their length.
async fn describe(request: Request<Body>) -> Result<Response<Full<Bytes>>, Infallible> {
    let PeerAddress(peer) = request.extensions().get().copied().unwrap();
    let mut body = request.into_body();
    let (mut pieces, mut length) = (0, 0);
    while let Some(frame) = body.frame().await {
        pieces += 1;
        length += frame.unwrap().into_data().unwrap().len();
    }
    let answer = format!("{peer} {pieces} {length}");
    Ok(Response::new(Full::new(answer.into())))
}

async fn described() -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = service_fn(describe);
    tokio::spawn(serve(listener, service, patient(), std::future::pending()));
    connect(address).await
}

#[tokio::test]
async fn the_service_learns_where_a_connection_comes_from() {
    let mut stream = described().await;
    let request = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let answer = receive(&mut stream).await;
    assert!(answer.ends_with("\r\n\r\n127.0.0.1 0 0"), "{answer}");
}

#[tokio::test]
async fn a_body_of_single_bytes_comes_in_few_pieces() {
    let mut stream = described().await;
    stream.set_nodelay(true).unwrap();
    let head = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head).await.unwrap();
    stream
        .write_all("1\r\nx\r\n".repeat(9_000).as_bytes())
        .await
        .unwrap();
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let answer = receive(&mut stream).await;
    assert!(answer.ends_with("\r\n\r\n127.0.0.1 3 9000"), "{answer}");
}

#[tokio::test]
async fn the_service_sees_no_fragment_of_a_request_target() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = service_fn(|request: Request<Body>| async move {
        let target = request.uri().to_string();
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(target))))
    });
    tokio::spawn(serve(listener, service, patient(), std::future::pending()));
    for (target, seen) in [("/token#x", "/token"), ("/token?a=b#/admin", "/token?a=b")] {
        let request = format!("GET {target} HTTP/1.1\r\nhost: a\r\n\r\n");
        let answer = ask(address, &request).await;
        assert!(answer.ends_with(&format!("\r\n\r\n{seen}")), "{answer}");
    }
}
