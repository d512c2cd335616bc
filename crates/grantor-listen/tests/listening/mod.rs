//! A listener on a free port, its service, and a client that sees every byte.

#![allow(
    dead_code,
    reason = "each test binary that includes this uses a part of it"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "only tests use this, and a panic is how they fail"
)]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use grantor_listen::{Body, Options, serve};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tower::service_fn;

/// Longer than anything here takes; a test that waits for it has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    /// A permit for every request with another path than `/` that the service has begun.
    pub(crate) begun: Arc<Semaphore>,
    /// Lets requests for `/gate` finish.
    pub(crate) gate: Arc<Semaphore>,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) served: JoinHandle<()>,
}

/// Limits that nothing reaches unless a test shortens one.
pub(crate) fn patient() -> Options {
    Options {
        max_connections: 100,
        idle_timeout: PATIENCE,
        head_timeout: PATIENCE,
        body_timeout: PATIENCE,
        write_timeout: PATIENCE,
        drain_timeout: PATIENCE,
        ..Options::default()
    }
}

/// Starts a listener whose service answers with the length of the request's body; `/gate` waits
/// for the test, and `/large` answers with more than any socket holds.
pub(crate) async fn start(options: Options) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let begun = Arc::new(Semaphore::new(0));
    let gate = Arc::new(Semaphore::new(0));
    let (begins, gates) = (Arc::clone(&begun), Arc::clone(&gate));
    let service = service_fn(move |request: Request<Body>| {
        let (begins, gates) = (Arc::clone(&begins), Arc::clone(&gates));
        async move {
            let path = request.uri().path().to_owned();
            let Ok(body) = request.into_body().collect().await else {
                return Ok::<_, Infallible>(answer(StatusCode::BAD_REQUEST, Bytes::new()));
            };
            let length = body.to_bytes().len();
            if path != "/" {
                begins.add_permits(1);
            }
            if path == "/large" {
                return Ok(answer(StatusCode::OK, Bytes::from(vec![b'x'; 64 << 20])));
            }
            if path == "/gate" {
                gates.acquire().await.unwrap().forget();
            }
            Ok(answer(StatusCode::OK, Bytes::from(length.to_string())))
        }
    });
    let served = tokio::spawn(serve(listener, service, options, async {
        let _ = stopped.await;
    }));
    Running {
        address,
        begun,
        gate,
        stop,
        served,
    }
}

fn answer(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response
}

pub(crate) async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// Sends a request for `path` and reads its answer, head and body.
pub(crate) async fn ask(stream: &mut TcpStream, path: &str) -> String {
    send(stream, path).await;
    receive(stream).await
}

pub(crate) async fn send(stream: &mut TcpStream, path: &str) {
    let request = format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello");
    stream.write_all(request.as_bytes()).await.unwrap();
}

/// Reads an answer whose body is one digit.
pub(crate) async fn receive(stream: &mut TcpStream) -> String {
    let read = async {
        let mut bytes = Vec::new();
        loop {
            assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "closed");
            let text = String::from_utf8_lossy(&bytes);
            if text
                .split_once("\r\n\r\n")
                .is_some_and(|(_, body)| !body.is_empty())
            {
                return text.into_owned();
            }
        }
    };
    timeout(PATIENCE, read).await.expect("an answer")
}

/// Waits until the server closes the connection.
pub(crate) async fn closed(stream: &mut TcpStream) {
    let mut byte = [0];
    let read = timeout(PATIENCE, stream.read(&mut byte)).await;
    // Closed with bytes unread, a connection is reset.
    assert!(matches!(read.expect("closed"), Ok(0) | Err(_)));
}

/// Sends `head` at once and then one more byte every few milliseconds, until the server closes.
pub(crate) async fn trickle(stream: &mut TcpStream, head: &[u8]) {
    let sending = async {
        if stream.write_all(head).await.is_err() {
            return;
        }
        let mut byte = [0];
        while timeout(Duration::from_millis(5), stream.read(&mut byte))
            .await
            .is_err()
        {
            if stream.write_all(b"x").await.is_err() {
                return;
            }
        }
    };
    timeout(PATIENCE, sending).await.expect("closed");
}
