//! The server of the testkit on a loopback address, for other processes.

use bytes::Bytes;
use grantor_http::Transport;
use grantor_testkit::FakeServer;
use http::{Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Starts a server whose issuer is its address.
pub(crate) async fn serve() -> FakeServer {
    serve_as("127.0.0.1").await
}

/// Like [`serve`], for a server that calls its address by this name.
pub(crate) async fn serve_as(host: &str) -> FakeServer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = FakeServer::new(&format!("http://{host}:{port}"));
    let served = server.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, served.clone()));
        }
    });
    server
}

async fn answer(mut stream: TcpStream, server: FakeServer) {
    let Some(request) = read(&mut stream).await else {
        return;
    };
    let mut rest = [0];
    let answer = tokio::select! {
        answer = server.send(request) => answer.unwrap(),
        // The client is gone, so its request is dropped.
        _ = stream.read(&mut rest) => return,
    };
    let _sent = stream.write_all(&written(&answer)).await;
}

async fn read(stream: &mut TcpStream) -> Option<Request<Bytes>> {
    let mut seen = Vec::new();
    let mut chunk = [0; 1024];
    loop {
        let read = stream
            .read(&mut chunk)
            .await
            .ok()
            .filter(|read| *read > 0)?;
        seen.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8(seen.clone()).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let mut lines = head.lines();
        let mut first = lines.next()?.split(' ');
        let mut request = Request::builder().method(first.next()?).uri(first.next()?);
        let mut length = 0;
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            request = request.header(name, value);
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().unwrap();
            }
        }
        if body.len() >= length {
            return request.body(Bytes::copy_from_slice(body.as_bytes())).ok();
        }
    }
}

fn written(answer: &Response<Bytes>) -> Vec<u8> {
    let mut head = format!(
        "HTTP/1.1 {} x\r\nconnection: close\r\n",
        answer.status().as_u16()
    );
    for (name, value) in answer.headers() {
        if name != "content-length" {
            head += &format!("{name}: {}\r\n", value.to_str().unwrap());
        }
    }
    head += &format!("content-length: {}\r\n\r\n", answer.body().len());
    [head.as_bytes(), answer.body()].concat()
}
