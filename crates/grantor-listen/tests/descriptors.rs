//! A listener that runs out of file descriptors. Alone in its file, as the limit is the process's.

mod listening;

use futures_util::future::join_all;
use listening::{ask, patient, start};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpSocket;

#[tokio::test]
async fn without_file_descriptors_waiting_connections_make_room() {
    let server = start(patient()).await;
    let sockets: Vec<TcpSocket> = (0..40).map(|_| TcpSocket::new_v4().unwrap()).collect();
    let last = TcpSocket::new_v4().unwrap();
    let limit = getrlimit(Resource::Nofile);
    // Leaves the server ten descriptors for forty connections.
    let used = std::fs::read_dir("/proc/self/fd").unwrap().count() as u64;
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(used + 10),
            ..limit
        },
    )
    .unwrap();
    let connecting = sockets
        .into_iter()
        .map(|socket| socket.connect(server.address));
    let silent = join_all(connecting).await;
    let mut healthy = last.connect(server.address).await.unwrap();
    assert!(ask(&mut healthy, "/").await.starts_with("HTTP/1.1 200"));
    assert!(silent.iter().all(Result::is_ok));
}
