//! An API that answers by script, and keeps what it was sent.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;

/// One answer: everything but the line and header that end it.
pub(crate) struct Scripted {
    status: &'static str,
    headers: String,
    body: Vec<u8>,
    /// How much of the body is promised and never comes.
    lacks: usize,
}

impl Scripted {
    pub(crate) fn new(status: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: String::new(),
            body: body.into(),
            lacks: 0,
        }
    }

    /// Breaks off so many bytes before its end.
    pub(crate) fn lacking(self, lacks: usize) -> Self {
        Self { lacks, ..self }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }
}

pub(crate) struct Api {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Api {
    /// Gives these answers, one to each request, and the last one from then on.
    pub(crate) fn answering(answers: Vec<Scripted>) -> Self {
        Self::with(|_| answers).0
    }

    /// Like [`answering`](Self::answering), with answers that know the address; and its URL.
    pub(crate) fn with(answers: impl FnOnce(SocketAddr) -> Vec<Scripted>) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answers = answers(address);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&seen);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let answer = &answers[number.min(answers.len() - 1)];
                let mut stream = stream.unwrap();
                let request = read(&mut stream).unwrap();
                keep.lock().unwrap().push(request);
                write(&mut stream, answer).unwrap();
            }
        });
        (Self { address, seen }, format!("http://{address}"))
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The requests so far, heads in small letters.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

pub(crate) fn write(stream: &mut impl Write, answer: &Scripted) -> std::io::Result<()> {
    let Scripted {
        status,
        headers,
        body,
        lacks,
    } = answer;
    let length = body.len() + lacks;
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), body].concat())
}

/// A request, its head in small letters.
pub(crate) fn read(stream: &mut impl Read) -> std::io::Result<String> {
    let mut text = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        text.extend_from_slice(&chunk[..count]);
        let whole = String::from_utf8_lossy(&text);
        let Some((head, body)) = whole.split_once("\r\n\r\n") else {
            continue;
        };
        let head = head.to_lowercase();
        let mut lengths = head
            .lines()
            .filter_map(|line| line.strip_prefix("content-length: "));
        let length: usize = lengths.next().map_or(0, |length| length.parse().unwrap());
        if body.len() >= length {
            return Ok(format!("{head}\n\n{body}"));
        }
    }
}
