//! The load: keep-alive connections that repeat one request.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};

use crate::{Result, quantile};

/// Keep-alive connections that each ask again as soon as they are answered.
///
/// One thread serves them all and does as little as it can, so that the server is what is busy. It has a
/// core to itself and never sleeps: to wake it would be work of the server, and more of it the slower the
/// server is.
/// An answer that is not a success of the length it declares ends the load.
#[derive(Debug)]
pub struct Load {
    connections: Vec<Connection>,
    epoll: OwnedFd,
    requests: Requests,
    sent: usize,
}

/// The requests of a load, as bytes.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_enums, reason = "made by every group")]
pub enum Requests {
    /// One, again and again.
    Same(Vec<u8>),
    /// Each once; the load ends with the last.
    Each(Vec<Vec<u8>>),
}

/// What a load has seen.
#[derive(Debug)]
pub struct Answers {
    latencies: Vec<Duration>,
    took: Duration,
}

impl Answers {
    /// How many answers came.
    #[must_use]
    pub fn count(&self) -> usize {
        self.latencies.len()
    }

    /// Answers in a second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        self.count() as f64 / self.took.as_secs_f64()
    }

    /// The microseconds within which this part of the answers came, from the request to the whole answer.
    #[must_use]
    pub fn quantile(&self, part: f64) -> f64 {
        let micros = self
            .latencies
            .iter()
            .map(|latency| latency.as_secs_f64() * 1e6);
        quantile(&micros.collect::<Vec<_>>(), part)
    }
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    buffer: Box<[u8]>,
    filled: usize,
    sent: Instant,
}

impl Load {
    /// How many connections a load has.
    pub const CONNECTIONS: usize = 64;

    /// Connects to a server and sends the first request on every connection.
    ///
    /// # Errors
    ///
    /// The server cannot be reached, or there are fewer requests than connections.
    pub fn start(address: SocketAddr, requests: Requests) -> Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut load = Self {
            connections: Vec::with_capacity(Self::CONNECTIONS),
            epoll,
            requests,
            sent: 0,
        };
        for index in 0..Self::CONNECTIONS {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let data = epoll::EventData::new_u64(u64::try_from(index)?);
            epoll::add(&load.epoll, &stream, data, epoll::EventFlags::IN)?;
            load.connections.push(Connection {
                stream,
                buffer: vec![0; LONGEST_ANSWER].into_boxed_slice(),
                filled: 0,
                sent: Instant::now(),
            });
            if !load.send(index)? {
                return Err("there are fewer requests than connections".into());
            }
        }
        Ok(load)
    }

    /// Keeps asking for a while, or until all was asked, and counts the answers.
    ///
    /// # Errors
    ///
    /// An answer is no success, a connection ends, or no answer comes for five seconds.
    pub fn run(&mut self, window: Duration) -> Result<Answers> {
        let began = Instant::now();
        let mut latencies = Vec::new();
        let mut events = Vec::with_capacity(Self::CONNECTIONS);
        let mut is_more = true;
        let mut answered = began;
        while is_more && began.elapsed() < window {
            events.clear();
            epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut events),
                Some(&AT_ONCE),
            )?;
            if !events.is_empty() {
                answered = Instant::now();
            } else if answered.elapsed() > PATIENCE {
                return Err("the server has stopped answering".into());
            }
            for event in &events {
                let index = usize::try_from(event.data.u64())?;
                let connection = &mut self.connections[index];
                if connection.receive()? {
                    latencies.push(connection.sent.elapsed());
                    is_more &= self.send(index)?;
                }
            }
        }
        Ok(Answers {
            latencies,
            took: began.elapsed(),
        })
    }

    /// Sends the next request on a connection; `false` if there is none. A request is shorter than any
    /// socket's buffer, so it never leaves in parts.
    fn send(&mut self, index: usize) -> Result<bool> {
        let request = match &self.requests {
            Requests::Same(request) => Some(request),
            Requests::Each(requests) => requests.get(self.sent),
        };
        let Some(request) = request else {
            return Ok(false);
        };
        self.sent += 1;
        let connection = &mut self.connections[index];
        connection.sent = Instant::now();
        match connection.stream.write(request)? {
            written if written == request.len() => Ok(true),
            _ => Err("a request did not fit the socket's buffer".into()),
        }
    }
}

impl Connection {
    /// Reads what has come; `true` when an answer is complete.
    fn receive(&mut self) -> Result<bool> {
        match self.stream.read(&mut self.buffer[self.filled..]) {
            Ok(0) => return Err("the server closed a connection, or its answer is too long".into()),
            Ok(read) => self.filled += read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        let Some(length) = answer_length(&self.buffer[..self.filled])? else {
            return Ok(false);
        };
        if self.filled > length {
            return Err("the server sent more than it declared".into());
        }
        let complete = self.filled == length;
        if complete {
            self.filled = 0;
        }
        Ok(complete)
    }
}

/// The length of the answer that begins here, head and body, once its head has come.
fn answer_length(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let mut lines = bytes[..head].split(|byte| *byte == b'\n');
    let status = lines.next().unwrap_or_default();
    if !status.starts_with(b"HTTP/1.1 20") {
        let status = String::from_utf8_lossy(status);
        return Err(format!("the server answered with {}", status.trim_end()).into());
    }
    let length = lines.find_map(|line| {
        let (name, value) = line.split_at_checked(CONTENT_LENGTH.len())?;
        name.eq_ignore_ascii_case(CONTENT_LENGTH).then_some(value)
    });
    let length = length.ok_or("an answer has no Content-Length")?;
    let length: usize = std::str::from_utf8(length)?.trim().parse()?;
    Ok(Some(head + 4 + length))
}

const CONTENT_LENGTH: &[u8] = b"content-length:";
const LONGEST_ANSWER: usize = 16 * 1024;
const PATIENCE: Duration = Duration::from_secs(5);
const AT_ONCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    fn request() -> Vec<u8> {
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\na".to_vec()
    }

    #[test]
    fn an_answer_is_as_long_as_it_says() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
        assert_eq!(answer_length(answer).unwrap(), Some(answer.len() + 2));
        assert_eq!(answer_length(&answer[..20]).unwrap(), None);
        assert!(answer_length(b"HTTP/1.1 401 No\r\n\r\n").is_err());
        assert!(answer_length(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(answer_length(b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n").is_err());
    }

    /// Answers every read on every connection, in two parts, until the load hangs up.
    fn answer_all(answer: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                thread::spawn(move || {
                    let mut buffer = [0; 1024];
                    while stream.read(&mut buffer).is_ok_and(|read| read > 0) {
                        let (head, rest) = answer.split_at(answer.len() / 2);
                        if stream.write_all(head).is_err() || stream.write_all(rest).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        address
    }

    #[test]
    fn answers_are_counted() {
        let address = answer_all(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok");
        let mut load = Load::start(address, Requests::Same(request())).unwrap();
        let answers = load.run(Duration::from_millis(50)).unwrap();
        assert!(answers.count() > 64 && answers.per_second() > 64.0);
        assert!(answers.quantile(0.5) <= answers.quantile(0.99));
    }

    #[test]
    fn a_load_ends_with_its_last_request() {
        let address = answer_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        let few = Requests::Each(vec![request(); 10]);
        assert!(Load::start(address, few).is_err());
        let mut load = Load::start(address, Requests::Each(vec![request(); 100])).unwrap();
        let answers = load.run(Duration::from_secs(5)).unwrap();
        assert!((30..=100).contains(&answers.count()), "{answers:?}");
    }

    #[test]
    fn an_error_ends_the_load() {
        let address = answer_all(b"HTTP/1.1 500 Broken\r\ncontent-length: 0\r\n\r\n");
        let mut load = Load::start(address, Requests::Same(request())).unwrap();
        let error = load.run(Duration::from_secs(5)).unwrap_err();
        assert!(error.to_string().contains("500"), "{error}");
    }
}
