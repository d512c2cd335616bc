//! The servers start, keep what they have over a crash, and are gone with their test.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::panic::catch_unwind;

use grantor_testservers::{MariaDb, Network, Postgres, Proxy, Redis};

fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

#[test]
fn postgres_starts_survives_a_crash_and_ends_with_a_panic() {
    let mut port = 0;
    let panicked = catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut server = Postgres::start().unwrap();
        port = server.port();
        assert!(listens(port));
        server.kill();
        assert!(!listens(port));
        server.restart().unwrap();
        assert!(listens(port));
        std::panic::resume_unwind(Box::new("a test that fails"));
    }));
    assert!(panicked.is_err());
    assert_ne!(port, 0, "it did not start");
    assert!(!listens(port));
}

#[test]
fn mariadb_starts_survives_a_crash_and_ends_with_its_value() {
    let mut server = MariaDb::start().unwrap();
    let port = server.port();
    assert!(listens(port));
    server.kill();
    assert!(!listens(port));
    server.restart().unwrap();
    assert!(listens(port));
    assert!(server.socket().exists());
    drop(server);
    assert!(!listens(port));
}

/// One command, and as many bytes of the answer.
fn ask(stream: &mut TcpStream, command: &str, length: usize) -> String {
    stream.write_all(command.as_bytes()).unwrap();
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

#[test]
fn redis_keeps_what_it_acknowledged_over_a_crash() {
    let mut server = Redis::start().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    assert_eq!(ask(&mut stream, "SET a b\r\n", 5), "+OK\r\n");
    server.kill();
    assert!(!listens(server.port()));
    server.restart().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    assert_eq!(ask(&mut stream, "GET a\r\n", 7), "$1\r\nb\r\n");
}

#[test]
fn a_proxy_holds_answers_and_breaks_connections() {
    let server = Redis::start().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    let mut through = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    assert_eq!(ask(&mut through, "SET a b\r\n", 5), "+OK\r\n");

    proxy.set(Network::HoldsAnswers);
    through.write_all(b"SET a c\r\n").unwrap();
    let mut direct = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    while ask(&mut direct, "GET a\r\n", 7) != "$1\r\nc\r\n" {}
    through.set_nonblocking(true).unwrap();
    assert!(through.read(&mut [0]).is_err(), "the answer is held back");
    through.set_nonblocking(false).unwrap();
    proxy.set(Network::Works);
    assert_eq!(ask(&mut through, "", 5), "+OK\r\n");

    proxy.break_connections();
    assert!(matches!(through.read(&mut [0]), Ok(0) | Err(_)));
    assert_eq!(proxy.connections(), 1);
}
