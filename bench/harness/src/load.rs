//! The load: keep-alive connections that repeat one request.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};

use crate::{Exchange, Result};

/// Keep-alive connections that each ask again as soon as they are answered.
///
/// One thread serves them all and does as little as it can, so that the server is what is busy.
/// An answer that is not a 200 of the length it declares ends the load.
#[derive(Debug)]
pub struct Load {
    connections: Vec<Connection>,
    epoll: OwnedFd,
    request: Vec<u8>,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    buffer: Box<[u8]>,
    filled: usize,
}

impl Load {
    /// How many connections a load has.
    pub const CONNECTIONS: usize = 64;

    /// Connects to a server and sends the first request on every connection.
    ///
    /// # Errors
    ///
    /// The server cannot be reached.
    pub fn start(address: SocketAddr, exchange: &Exchange) -> Result<Self> {
        let request = exchange.bytes(address);
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut connections = Vec::with_capacity(Self::CONNECTIONS);
        for index in 0..Self::CONNECTIONS {
            let mut stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let data = epoll::EventData::new_u64(u64::try_from(index)?);
            epoll::add(&epoll, &stream, data, epoll::EventFlags::IN)?;
            send(&mut stream, &request)?;
            connections.push(Connection {
                stream,
                buffer: vec![0; LONGEST_ANSWER].into_boxed_slice(),
                filled: 0,
            });
        }
        Ok(Self {
            connections,
            epoll,
            request,
        })
    }

    /// Keeps asking for a while and counts the answers.
    ///
    /// # Errors
    ///
    /// An answer is not 200, a connection ends, or no answer comes for five seconds.
    pub fn run(&mut self, window: Duration) -> Result<u64> {
        let end = Instant::now() + window;
        let mut answers = 0;
        let mut events = Vec::with_capacity(Self::CONNECTIONS);
        while Instant::now() < end {
            events.clear();
            epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut events),
                Some(&PATIENCE),
            )?;
            if events.is_empty() {
                return Err("the server has stopped answering".into());
            }
            for event in &events {
                let index = usize::try_from(event.data.u64())?;
                let connection = &mut self.connections[index];
                if connection.receive()? {
                    answers += 1;
                    send(&mut connection.stream, &self.request)?;
                }
            }
        }
        Ok(answers)
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

/// A request is shorter than any socket's buffer, so it never leaves in parts.
fn send(stream: &mut TcpStream, request: &[u8]) -> Result<()> {
    match stream.write(request)? {
        written if written == request.len() => Ok(()),
        _ => Err("a request did not fit the socket's buffer".into()),
    }
}

/// The length of the answer that begins here, head and body, once its head has come.
fn answer_length(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let mut lines = bytes[..head].split(|byte| *byte == b'\n');
    let status = lines.next().unwrap_or_default();
    if !status.starts_with(b"HTTP/1.1 200") {
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
const PATIENCE: Timespec = Timespec {
    tv_sec: 5,
    tv_nsec: 0,
};

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    const EXCHANGE: Exchange = Exchange {
        path: "/",
        headers: &[],
        body: bytes::Bytes::from_static(b"a"),
    };

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
        let address = answer_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        let mut load = Load::start(address, &EXCHANGE).unwrap();
        let answers = load.run(Duration::from_millis(50)).unwrap();
        assert!(answers > 64, "{answers}");
    }

    #[test]
    fn an_error_ends_the_load() {
        let address = answer_all(b"HTTP/1.1 500 Broken\r\ncontent-length: 0\r\n\r\n");
        let mut load = Load::start(address, &EXCHANGE).unwrap();
        let error = load.run(Duration::from_secs(5)).unwrap_err();
        assert!(error.to_string().contains("500"), "{error}");
    }
}
