use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use grantor_core::exchange::NoAnswer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// Answers one connection with these bytes, then closes it. None: closes it after the request.
async fn server(answer: Option<Vec<u8>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await;
        if let Some(answer) = answer {
            let _ = stream.write_all(&answer).await;
        }
    });
    address
}

async fn get(address: SocketAddr) -> Result<Response<Bytes>, TransportError> {
    let uri = format!("http://{address}/token?secret=hunter2");
    let request = Request::get(uri).body(Bytes::new()).unwrap();
    ReqwestTransport::new().unwrap().send(request).await
}

fn answer(head: &str, body: &[u8]) -> Option<Vec<u8>> {
    let length = body.len();
    let head = format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    Some([head.as_bytes(), body].concat())
}

#[tokio::test]
async fn gives_the_whole_answer() {
    let address = server(answer("418 teapot\r\nx-a: 1", b"short")).await;
    let response = get(address).await.unwrap();
    assert_eq!(response.status().as_u16(), 418);
    assert_eq!(response.headers()["x-a"], "1");
    assert_eq!(&response.body()[..], b"short");
}

#[tokio::test]
async fn follows_no_redirect() {
    let address = server(answer("302 Found\r\nlocation: http://127.0.0.1:1/", b"")).await;
    assert_eq!(get(address).await.unwrap().status().as_u16(), 302);
}

#[tokio::test]
async fn reads_no_more_than_the_limit() {
    let exactly = server(answer("200 OK", &vec![b'x'; MAX_ANSWER])).await;
    assert_eq!(get(exactly).await.unwrap().body().len(), MAX_ANSWER);
    let over = server(answer("200 OK", &vec![b'x'; MAX_ANSWER + 1])).await;
    assert_eq!(get(over).await.unwrap_err().no_answer(), NoAnswer::Unknown);
}

#[tokio::test]
async fn knows_whether_a_request_left() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    assert_eq!(get(nobody).await.unwrap_err().no_answer(), NoAnswer::Unsent);
    let silent = server(None).await;
    assert_eq!(
        get(silent).await.unwrap_err().no_answer(),
        NoAnswer::Unknown
    );
}

#[tokio::test]
async fn gives_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let timeouts = Timeouts {
        total: Duration::from_millis(50),
        ..Timeouts::default()
    };
    let transport = ReqwestTransport::with_timeouts(&timeouts).unwrap();
    let request = Request::get(format!("http://{address}/"));
    let error = transport.send(request.body(Bytes::new()).unwrap()).await;
    assert_eq!(error.unwrap_err().no_answer(), NoAnswer::Unknown);
    drop(listener);
}

#[tokio::test]
async fn errors_show_no_url() {
    let error = get(server(None).await).await.unwrap_err();
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(" {error} {error:?}");
        source = error.source();
    }
    assert!(!text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn a_proxy_is_for_https_and_never_for_this_machine() {
    let dead = |name: &str| {
        name.ends_with("_PROXY")
            .then(|| "http://127.0.0.1:1".to_owned())
    };
    let builder = builder_in(&Timeouts::default(), dead).unwrap();
    let client = builder.build().unwrap();
    let address = server(answer("204 No Content", b"")).await;
    let direct = client.get(format!("http://{address}/")).send().await;
    assert_eq!(direct.unwrap().status().as_u16(), 204);
    let proxied = client.get("https://example.invalid/").send().await;
    assert!(proxied.unwrap_err().is_connect());
    let malformed = builder_in(&Timeouts::default(), |_| Some("::".to_owned()));
    assert_eq!(malformed.unwrap_err().no_answer(), NoAnswer::Unsent);
}
