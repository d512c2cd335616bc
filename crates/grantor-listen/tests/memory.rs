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

const MIB: usize = 1024 * 1024;

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kib: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}

/// A head without its end, or a body without its end, of 60 KiB.
fn unfinished(head: bool) -> Vec<u8> {
    let mut request = b"POST / HTTP/1.1\r\nhost: a\r\n".to_vec();
    if head {
        let lines =
            (0..60).flat_map(|index| format!("x{index}: {}\r\n", "y".repeat(1_015)).into_bytes());
        request.extend(lines);
    } else {
        request.extend(b"content-length: 65000\r\n\r\n");
        request.extend([b'z'; 60 * 1024]);
    }
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
    let options = Options {
        max_connections: 1_100,
        max_memory: 32 * MIB,
        ..patient()
    };
    let most = options.max_memory;
    let server = start(options).await;
    ask(&mut connect(server.address).await, "/").await;
    let before = resident();
    // 60 MiB, if all of it were read.
    let requests = [unfinished(true), unfinished(false)].map(Arc::new);
    let mut filling = Vec::new();
    let mut streams: Vec<TcpStream> = Vec::new();
    for index in 0..1_000 {
        let stream = connect(server.address).await;
        let request = Arc::clone(&requests[index % 2]);
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
        let mut long = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 60000\r\n\r\n".to_vec();
        long.extend([b'z'; 60_000]);
        stream.write_all(&long).await.unwrap();
        assert!(receive(&mut stream).await.ends_with("\r\n\r\n60000"));
        peak = peak.max(resident());
    };
    tokio::join!(join_all(sending), healthy);
    let grown = peak - before;
    // The clients are in this process too. Without a limit it grows by 77 MiB.
    assert!(grown < most / 4 * 5, "{} MiB", grown / MIB);
}
