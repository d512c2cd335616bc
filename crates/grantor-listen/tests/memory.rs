//! A listener whose clients fill its memory. Alone in its file, as memory is the process's.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod listening;

use std::sync::Arc;

use futures_util::future::join_all;
use grantor_listen::Options;
use listening::{ask, connect, patient, receive, start};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kib: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}

/// A request without the end of its head.
fn unfinished_head() -> Vec<u8> {
    let lines =
        (0..60).flat_map(|index| format!("x{index}: {}\r\n", "y".repeat(1_015)).into_bytes());
    let mut request = b"POST / HTTP/1.1\r\nhost: a\r\n".to_vec();
    request.extend(lines);
    request
}

/// A request of which so many bytes of its body have come, and not all.
fn unfinished_body(bytes: usize) -> Vec<u8> {
    let mut request = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 65000\r\n\r\n".to_vec();
    request.extend(std::iter::repeat_n(b'z', bytes));
    request
}

/// By how much this process grows while 1,000 connections are full of these requests and others ask, in
/// bytes. The clients are in this process too.
async fn grown(requests: Vec<Vec<u8>>) -> usize {
    let options = Options {
        max_connections: 1_100,
        max_memory: MEMORY,
        ..patient()
    };
    let server = start(options).await;
    ask(&mut connect(server.address).await, "/").await;
    let before = resident();
    let requests: Vec<_> = requests.into_iter().map(Arc::new).collect();
    let mut filling = Vec::new();
    let mut streams: Vec<TcpStream> = Vec::new();
    for index in 0..1_000 {
        let stream = connect(server.address).await;
        let request = Arc::clone(&requests[index % requests.len()]);
        streams.push(stream);
        filling.push(request);
    }
    let sending = streams
        .iter_mut()
        .zip(&filling)
        .map(|(stream, request)| async move {
            // Connections that make room for others are closed.
            let _ = stream.write_all(request).await;
        });
    let mut peak = 0;
    let healthy = async {
        for _ in 0..200 {
            let mut stream = connect(server.address).await;
            assert!(ask(&mut stream, "/").await.starts_with("HTTP/1.1 200"));
            peak = peak.max(resident());
        }
        let mut stream = connect(server.address).await;
        stream.write_all(&whole_body()).await.unwrap();
        assert!(receive(&mut stream).await.ends_with("\r\n\r\n60000"));
        peak = peak.max(resident());
    };
    tokio::join!(join_all(sending), healthy);
    peak - before
}

fn whole_body() -> Vec<u8> {
    let mut request = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 60000\r\n\r\n".to_vec();
    request.extend([b'z'; 60_000]);
    request
}

#[tokio::test]
async fn connections_full_of_heads_and_bodies_stay_within_the_limit_and_stop_nobody() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            ..limit
        },
    )
    .unwrap();
    // What is free stays with the process, so the one that needs least comes first.
    let short = grown(vec![unfinished_body(3_900)]).await;
    assert!(short < MEMORY, "{} MiB", short / MIB);
    // 60 MiB, if all of it were read. Without a limit the process grows by 77 MiB.
    let long = grown(vec![unfinished_head(), unfinished_body(60 * 1024)]).await;
    assert!(long < MEMORY, "{} MiB", long / MIB);
}

const MIB: usize = 1024 * 1024;
const MEMORY: usize = 32 * MIB;
