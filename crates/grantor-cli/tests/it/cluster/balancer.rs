//! A balancer: each connection goes to the next server that takes it.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// A balancer on a free port. Its threads end with the process.
#[derive(Clone)]
pub(super) struct Balancer {
    pub(super) address: SocketAddr,
    servers: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Balancer {
    pub(super) fn start(servers: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let balancer = Self {
            address: listener.local_addr().unwrap(),
            servers: Arc::new(Mutex::new(servers)),
        };
        let (shared, next) = (Arc::clone(&balancer.servers), AtomicUsize::new(0));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let servers = shared.lock().unwrap().clone();
                let first = next.fetch_add(1, Ordering::Relaxed);
                thread::spawn(move || pass_on(&client, &servers, first));
            }
        });
        balancer
    }

    /// The server in this place has another address now.
    pub(super) fn replace(&self, place: usize, address: SocketAddr) {
        self.servers.lock().unwrap()[place] = address;
    }
}

/// Connects to one server after the other, from the one whose turn it is.
fn pass_on(client: &TcpStream, servers: &[SocketAddr], first: usize) -> io::Result<()> {
    let turns = (first..first + servers.len()).map(|turn| servers[turn % servers.len()]);
    let mut reached = turns.filter_map(|address| TcpStream::connect(address).ok());
    let Some(server) = reached.next() else {
        return client.shutdown(Shutdown::Both);
    };
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let (mut from, mut to) = (&server, client);
    let _ = io::copy(&mut from, &mut to);
    client.shutdown(Shutdown::Both)
}
