//! A web server on a loopback address that answers by a function.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Web {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

pub(crate) struct Answer(String);

impl Answer {
    pub(crate) fn text(status: u16, text: &str) -> Self {
        let length = text.len();
        Self(format!(
            "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n\r\n{text}"
        ))
    }

    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self(format!(
            "HTTP/1.1 {status} x\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
        ))
    }
}

impl Web {
    /// Answers every request, head and body as text, by `handler`.
    pub(crate) async fn start(handler: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let web = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            connections: Arc::default(),
        };
        let (requests, connections) = (Arc::clone(&web.requests), Arc::clone(&web.connections));
        let handler = Arc::new(handler);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (requests, handler) = (Arc::clone(&requests), Arc::clone(&handler));
                tokio::spawn(async move {
                    while let Some(request) = read(&mut stream).await {
                        requests.fetch_add(1, Ordering::SeqCst);
                        let Answer(answer) = handler(&request);
                        if stream.write_all(answer.as_bytes()).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        web
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Like [`url`](Self::url), by a name of this machine.
    pub(crate) fn url_at(&self, name: &str, path: &str) -> String {
        format!("http://{name}:{}{path}", self.address.port())
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// The next request of a connection, its body without the marks of its chunks. None if there is none
/// that is whole.
async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut seen = Vec::new();
    let mut chunk = [0; 1024];
    loop {
        let read = stream.read(&mut chunk).await.ok()?;
        seen.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8(seen.clone()).unwrap();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && let Some(body) = whole(head, body)
        {
            return Some(format!("{head}\r\n\r\n{body}"));
        }
        if read == 0 {
            return None;
        }
    }
}

fn whole(head: &str, body: &str) -> Option<String> {
    let head = head.to_ascii_lowercase();
    if head.contains("transfer-encoding: chunked") {
        return unchunked(body);
    }
    let mut lines = head.lines();
    let length = lines.find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map_or(0, |length| length.parse().unwrap());
    (body.len() >= length).then(|| body.to_owned())
}

fn unchunked(mut body: &str) -> Option<String> {
    let mut text = String::new();
    loop {
        let (length, rest) = body.split_once("\r\n")?;
        let length = usize::from_str_radix(length, 16).unwrap();
        let data = rest.get(..length)?;
        body = rest.get(length..)?.strip_prefix("\r\n")?;
        if length == 0 {
            return Some(text);
        }
        text.push_str(data);
    }
}
