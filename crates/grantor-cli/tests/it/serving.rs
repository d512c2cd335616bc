//! `grantor serve`: how it greets, how it stops, and who can hold it up.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};

use crate::grantor::{Home, Serving, eventually};
use crate::web::{Answer, connect, get, to_form};

#[test]
fn says_what_to_do_next() {
    let home = Home::new();
    let (mut reader, writer) = std::io::pipe().unwrap();
    let issuer = "https://id.example/tenant/";
    let serve = home.serve_command(&["--issuer", issuer]).stdout(writer);
    let mut child = serve.start();
    let mut text = String::new();
    let mut chunk = [0; 1024];
    while !text.contains("paths as they are") {
        let count = reader.read(&mut chunk).unwrap();
        assert_ne!(count, 0, "{text}");
        text.push_str(str::from_utf8(&chunk[..count]).unwrap());
    }
    let address = text.split(" on ").nth(1).unwrap();
    let address: SocketAddr = address.split(',').next().unwrap().parse().unwrap();
    let path = "/.well-known/oauth-authorization-server/tenant";
    let metadata = get(address, path, &[]);
    let keys = get(address, "/tenant/jwks", &[]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(metadata.text("issuer"), issuer);
    assert_eq!(keys.status, 200);
    for part in [
        &format!("serves {issuer} on {address}"),
        "./grantor-data",
        "grantor client add",
        "grantor token --issuer https://id.example/tenant/ ",
        &format!("https://id.example{path}"),
        &format!("pass requests on to {address}"),
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// A request for a token that stops in the middle of its body, when the server is at it.
struct Half {
    stream: TcpStream,
    rest: String,
}

impl Half {
    fn begin(server: &Serving, secret: &str) -> Self {
        let form = to_form(&[
            ("grant_type", "client_credentials"),
            ("client_id", "job"),
            ("client_secret", secret),
        ]);
        let (begin, rest) = form.split_at(form.len() / 2);
        let length = form.len();
        let mut stream = connect(server.address);
        let head = format!(
            "POST /token HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut go_on = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
        stream.read_exact(&mut go_on).unwrap();
        assert!(go_on.starts_with(b"HTTP/1.1 100"));
        stream.write_all(begin.as_bytes()).unwrap();
        Self {
            stream,
            rest: rest.to_owned(),
        }
    }

    fn end(mut self) -> Answer {
        self.stream.write_all(self.rest.as_bytes()).unwrap();
        Answer::read(&mut self.stream)
    }
}

fn refuses_connections(server: &Serving) {
    eventually("no new connections", || {
        let connected = TcpStream::connect(server.address);
        connected.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
    });
}

#[test]
fn a_request_under_way_is_answered_before_the_end() {
    for signal in [Signal::TERM, Signal::INT] {
        let home = Home::new();
        let secret = home.add_service("job", &[]);
        let mut server = home.serve(&[]);
        let half = Half::begin(&server, &secret);
        let mut idle = connect(server.address);
        server.signal(signal);
        refuses_connections(&server);
        // It is closed, or reset if nobody had taken it yet.
        assert!(matches!(idle.read(&mut [0]), Ok(0) | Err(_)));
        let answer = half.end();
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.headers("connection").next(), Some("close"));
        assert_eq!(server.ended().code(), Some(0));
        assert!(home.log().contains("stopping"), "{}", home.log());
    }
}

/// Far above what it takes, without optimisation and on a busy machine: it is for a change that
/// reads everything at the start or reserves memory for much to come.
#[test]
fn it_is_soon_up_and_small() {
    let home = Home::new();
    let began = Instant::now();
    let server = home.serve(&[]);
    assert_eq!(server.get("/jwks").status, 200);
    assert!(began.elapsed() < Duration::from_secs(10));
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.unwrap().trim().trim_end_matches(" kB");
    let kib: u64 = kib.parse().unwrap();
    assert!(kib < 64 * 1024, "{kib} KiB");
}

#[test]
fn a_request_that_is_too_long_is_refused_in_the_form_of_its_endpoint() {
    let home = Home::new();
    let server = home.serve(&[]);
    for (path, form) in [("/authorize", "text/html"), ("/token", "application/json")] {
        for length in [70_000, 1_000_000] {
            let mut stream = connect(server.address);
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
                 content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).unwrap();
            let answer = Answer::read(&mut stream);
            assert_eq!(answer.status, 413, "{path} {length}");
            let types: Vec<_> = answer.headers("content-type").collect();
            assert!(types[0].starts_with(form), "{path} {length}: {types:?}");
        }
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let home = Home::new();
    let secret = home.add_service("job", &[]);
    let mut server = home.serve(&[]);
    let half = Half::begin(&server, &secret);
    server.signal(Signal::INT);
    refuses_connections(&server);
    server.signal(Signal::INT);
    assert_eq!(server.ended().code(), Some(1));
    drop(half);
    assert!(home.log().contains("second signal"), "{}", home.log());
}

#[test]
fn what_was_answered_is_there_after_a_kill() {
    let home = Home::new();
    let secret = home.add_service("job", &[]);
    let mut server = home.serve(&[]);
    let token = server.ask_token("job", &secret).text("access_token");
    server.signal(Signal::KILL);
    server.ended();
    let server = home.serve(&["--issuer", &server.issuer]);
    assert!(server.is_active(&token, "job", &secret));
}

#[test]
fn two_issuers_do_not_serve_one_data_folder() {
    let home = Home::new();
    let first = home.serve(&[]);
    let other = "http://127.0.0.1:9";
    let refused = home.run(&["serve", "--listen", "127.0.0.1:0", "--issuer", other]);
    refused.fails(3, &[&*first.issuer, other, "restore it without grants"]);
    // Another process of the same issuer is welcome.
    home.serve(&["--issuer", &first.issuer]);
}

#[test]
fn two_thousand_silent_and_slow_connections_stop_nobody() {
    let many = raise_file_limit(2_000);
    let home = Home::new();
    let secret = home.add_service("job", &[]);
    let server = home.serve(&[]);
    assert_eq!(server.ask_token("job", &secret).status, 200);
    let mut held: Vec<TcpStream> = (0..many).map(|_| connect(server.address)).collect();
    for stream in held.iter_mut().step_by(2) {
        stream.write_all(b"P").unwrap();
    }
    let began = Instant::now();
    assert_eq!(server.ask_token("job", &secret).status, 200);
    let taken = began.elapsed();
    assert!(
        taken < Duration::from_secs(2),
        "{taken:?} with {many} others"
    );
}

/// Raises the limit of open connections of this process and its child up to `wanted`, and returns
/// it.
fn raise_file_limit(wanted: usize) -> usize {
    let needed = wanted as u64 + 500;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return wanted;
    }
    let raised = limit.maximum.map_or(needed, |maximum| needed.min(maximum));
    let limits = Rlimit {
        current: Some(raised),
        ..limit
    };
    setrlimit(Resource::Nofile, limits).unwrap();
    usize::try_from(raised).unwrap().saturating_sub(500)
}

#[test]
fn a_greeting_that_nobody_reads_stops_no_server() {
    let home = Home::new();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let serve = home.serve_command(&[]).stdout(full);
    let mut child = serve.start();
    let mut address = None;
    eventually("an address in the log", || {
        let log = home.log();
        let after = log.split("address=").nth(1);
        address = after.and_then(|text| text.split_once(' ')?.0.parse().ok());
        address.is_some()
    });
    let answer = get(address.unwrap(), "/jwks", &[]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(answer.status, 200);
    assert!(home.log().contains("can't be written"), "{}", home.log());
}

/// The reason goes to whoever runs the server, and not to the client.
#[test]
fn a_refused_client_is_in_the_log_with_the_true_reason() {
    let home = Home::new();
    home.add_service("job", &[]);
    let server = home.serve(&[]);
    for (id, reason) in [("job", "wrong secret"), ("nobody", "unknown client")] {
        assert_eq!(server.ask_token(id, "not the secret").status, 401);
        eventually("the event", || {
            let log = home.log();
            log.lines().any(|line| {
                [
                    " INFO ",
                    "grantor::audit",
                    "request refused",
                    "token",
                    reason,
                ]
                .iter()
                .all(|part| line.contains(part))
                    && line.contains(id) == (id == "job")
            })
        });
    }
    assert!(!home.log().contains("not the secret"));
    assert!(!home.log().contains("grantor::access"));
}

#[test]
fn every_request_is_logged_if_asked_for_without_its_query() {
    let home = Home::new();
    let file = home.file("grantor.toml", "access_log = true");
    let server = home.serve(&["--config", &file]);
    assert_eq!(server.get("/jwks?code=of-somebody").status, 200);
    assert_eq!(server.get("/nowhere").status, 404);
    eventually("both requests", || {
        let log = home.log();
        [("/jwks", "200"), ("/nowhere", "404")]
            .iter()
            .all(|(path, status)| {
                log.lines().any(|line| {
                    line.contains("grantor::access") && line.contains(path) && line.contains(status)
                })
            })
    });
    assert!(!home.log().contains("of-somebody"));
}

#[test]
fn maintains_its_data_without_a_request() {
    let home = Home::new();
    let serve = home.serve_command(&[]);
    let _server = serve.env("GRANTOR_LOG", "grantor::audit=debug").serve();
    eventually("the upkeep in the log", || {
        home.log().contains("stores maintained")
    });
}
