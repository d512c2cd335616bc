//! A SOCKS5 proxy (RFC 1928) on a loopback address, for tests of this crate and of others.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and not each crate that has this file says so for all of it"
)]

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A proxy that connects to one server, whatever name it is asked for.
pub(crate) struct SocksProxy {
    address: SocketAddr,
    asked_for: Arc<Mutex<Vec<String>>>,
}

impl SocksProxy {
    pub(crate) fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            asked_for: Arc::default(),
        };
        let asked_for = Arc::clone(&proxy.asked_for);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut client = stream.unwrap();
                // A client that breaks off sees that in its own test.
                if let Ok(name) = greet(&mut client) {
                    asked_for.lock().unwrap().push(name);
                    let _ = relay(client, server);
                }
            }
        });
        proxy
    }

    /// Returns the proxy's URL, as an environment variable has it.
    pub(crate) fn url(&self) -> String {
        format!("socks5h://{}", self.address)
    }

    /// The names and ports that it was asked for.
    pub(crate) fn asked_for(&self) -> Vec<String> {
        self.asked_for.lock().unwrap().clone()
    }
}

/// Reads the greeting and the request to connect, by name, and answers both.
fn greet(client: &mut TcpStream) -> io::Result<String> {
    let mut greeting = [0; 2];
    client.read_exact(&mut greeting)?;
    assert_eq!(greeting[0], 5, "the version");
    client.read_exact(&mut vec![0; usize::from(greeting[1])])?;
    client.write_all(&[5, 0])?;
    let mut request = [0; 5];
    client.read_exact(&mut request)?;
    assert_eq!(request[..4], [5, 1, 0, 3], "connect, by a name");
    let mut name = vec![0; usize::from(request[4])];
    client.read_exact(&mut name)?;
    let mut port = [0; 2];
    client.read_exact(&mut port)?;
    client.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0])?;
    let name = String::from_utf8(name).unwrap();
    Ok(format!("{name}:{}", u16::from_be_bytes(port)))
}

/// Carries bytes both ways until both have ended.
fn relay(client: TcpStream, server: SocketAddr) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    for (from, to) in [(client.try_clone()?, server.try_clone()?), (server, client)] {
        thread::spawn(move || {
            let (mut from, mut to) = (from, to);
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
    Ok(())
}
