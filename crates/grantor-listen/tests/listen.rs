//! A listener with clients that are slow, silent, many, or cut short by its end.

mod listening;

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use grantor_listen::Options;
use listening::{PATIENCE, ask, closed, connect, patient, receive, send, start, trickle};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

const SHORT: Duration = Duration::from_millis(150);

#[tokio::test]
async fn many_requests_share_a_connection() {
    let server = start(patient()).await;
    let mut stream = connect(server.address).await;
    for _ in 0..3 {
        let answer = ask(&mut stream, "/").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n5"), "{answer}");
    }
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let server = start(Options {
        idle_timeout: SHORT,
        ..patient()
    })
    .await;
    let (mut silent, mut done) = (connect(server.address).await, connect(server.address).await);
    let began = Instant::now();
    ask(&mut done, "/").await;
    closed(&mut silent).await;
    closed(&mut done).await;
    assert!(began.elapsed() >= SHORT);
}

#[tokio::test]
async fn a_request_that_the_service_is_at_is_not_idle() {
    let server = start(Options {
        idle_timeout: SHORT,
        head_timeout: SHORT,
        body_timeout: SHORT,
        write_timeout: SHORT,
        ..patient()
    })
    .await;
    let (mut silent, mut waits) = (connect(server.address).await, connect(server.address).await);
    send(&mut waits, "/gate").await;
    closed(&mut silent).await;
    let mut late = connect(server.address).await;
    closed(&mut late).await;
    server.gate.add_permits(1);
    assert!(receive(&mut waits).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_cut_off_and_others_are_served_meanwhile() {
    let server = start(Options {
        head_timeout: SHORT,
        ..patient()
    })
    .await;
    let (mut slow, mut healthy) = (connect(server.address).await, connect(server.address).await);
    let asking = async {
        for _ in 0..20 {
            assert!(ask(&mut healthy, "/").await.starts_with("HTTP/1.1 200"));
        }
    };
    tokio::join!(
        trickle(&mut slow, b"POST / HTTP/1.1\r\nhost: a\r\nx: "),
        asking
    );
    assert!(ask(&mut healthy, "/").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_that_comes_byte_by_byte_is_cut_off() {
    let server = start(Options {
        body_timeout: SHORT,
        ..patient()
    })
    .await;
    let mut slow = connect(server.address).await;
    let head = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n";
    trickle(&mut slow, head).await;
}

#[tokio::test]
async fn a_client_that_reads_no_answer_is_cut_off() {
    let server = start(Options {
        write_timeout: SHORT,
        ..patient()
    })
    .await;
    let mut deaf = connect(server.address).await;
    let began = Instant::now();
    send(&mut deaf, "/large").await;
    server.begun.acquire().await.unwrap().forget();
    // Nothing tells a client that does not read; the end of the server does, which waits for
    // every connection.
    server.stop.send(()).unwrap();
    timeout(PATIENCE / 2, server.served).await.unwrap().unwrap();
    assert!(began.elapsed() >= SHORT);
}

#[tokio::test]
async fn two_thousand_silent_and_slow_connections_stop_nobody() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            ..limit
        },
    )
    .unwrap();
    let server = start(Options {
        max_connections: 3_000,
        idle_timeout: SHORT * 4,
        head_timeout: SHORT * 4,
        ..patient()
    })
    .await;
    let mut slow: Vec<TcpStream> = Vec::new();
    for index in 0..2_000 {
        let mut stream = connect(server.address).await;
        if index % 2 == 0 {
            stream.write_all(b"P").await.unwrap();
        }
        slow.push(stream);
    }
    let mut healthy = connect(server.address).await;
    assert!(ask(&mut healthy, "/").await.starts_with("HTTP/1.1 200"));
    join_all(slow.iter_mut().map(closed)).await;
}

#[tokio::test]
async fn above_the_limit_the_oldest_waiting_connection_makes_room() {
    let server = start(Options {
        max_connections: 2,
        ..patient()
    })
    .await;
    let mut oldest = connect(server.address).await;
    ask(&mut oldest, "/").await;
    let mut second = connect(server.address).await;
    send(&mut second, "/gate").await;
    server.begun.acquire().await.unwrap().forget();
    let mut third = connect(server.address).await;
    assert!(ask(&mut third, "/").await.starts_with("HTTP/1.1 200"));
    closed(&mut oldest).await;
    server.gate.add_permits(1);
    assert!(receive(&mut second).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn when_all_are_being_answered_a_new_connection_waits_for_room() {
    let server = start(Options {
        max_connections: 1,
        ..patient()
    })
    .await;
    let mut busy = connect(server.address).await;
    send(&mut busy, "/gate").await;
    server.begun.acquire().await.unwrap().forget();
    let mut waits = connect(server.address).await;
    let mut answer = Box::pin(ask(&mut waits, "/"));
    assert!(timeout(SHORT, &mut answer).await.is_err());
    server.gate.add_permits(1);
    assert!(receive(&mut busy).await.starts_with("HTTP/1.1 200"));
    assert!(answer.await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_stop_closes_idle_connections_and_finishes_the_request_under_way() {
    let server = start(patient()).await;
    let (mut idle, mut busy) = (connect(server.address).await, connect(server.address).await);
    ask(&mut idle, "/").await;
    send(&mut busy, "/gate").await;
    server.begun.acquire().await.unwrap().forget();
    server.stop.send(()).unwrap();
    closed(&mut idle).await;
    assert!(TcpStream::connect(server.address).await.is_err());
    assert!(!server.served.is_finished());
    server.gate.add_permits(1);
    let answer = receive(&mut busy).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    closed(&mut busy).await;
    timeout(PATIENCE, server.served).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_stop_waits_no_longer_than_it_may() {
    let server = start(Options {
        drain_timeout: SHORT,
        ..patient()
    })
    .await;
    let mut stuck = connect(server.address).await;
    send(&mut stuck, "/gate").await;
    server.begun.acquire().await.unwrap().forget();
    server.stop.send(()).unwrap();
    timeout(PATIENCE / 2, server.served).await.unwrap().unwrap();
    closed(&mut stuck).await;
}
