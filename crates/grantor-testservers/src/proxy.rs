//! A network that fails: a proxy that passes connections on, holds what they carry, or breaks them.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::Error;

/// How the network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Network {
    /// Everything arrives.
    Works,
    /// Answers of servers are held back. Requests of clients arrive.
    HoldsAnswers,
    /// Answers of servers arrive so much later.
    AnswersLate(Duration),
    /// Half of each answer arrives, and then the connection breaks.
    CutsAnswers,
    /// Nothing arrives.
    Stalls,
}

/// A proxy on a free port of 127.0.0.1 in front of one server.
///
/// Its threads end with the process.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    network: Network,
    open: Vec<TcpStream>,
    accepted: usize,
    /// How many of them, the first ones, carry nothing any more.
    lost: usize,
}

#[derive(Clone, Copy)]
enum Direction {
    ToServer,
    ToClient,
}

impl Proxy {
    /// Starts a proxy in front of the server on `port`.
    ///
    /// # Errors
    /// There is no free port.
    pub fn start(server_port: u16) -> Result<Self, Error> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let state = State {
            network: Network::Works,
            open: Vec::new(),
            accepted: 0,
            lost: 0,
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            changed: Condvar::new(),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let _ = accepting.pass_on(&client, server_port);
            }
        });
        Ok(Self { port, shared })
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Lets the network be so from now on, for open connections and new ones.
    pub fn set(&self, network: Network) {
        self.shared.lock().network = network;
        self.shared.changed.notify_all();
    }

    /// Breaks every open connection.
    pub fn break_connections(&self) {
        for stream in self.shared.lock().open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Loses every open connection without a sign to either end, as a firewall does that forgets those
    /// that were idle. New ones work.
    pub fn lose_connections(&self) {
        let mut state = self.shared.lock();
        state.lost = state.accepted;
        self.shared.changed.notify_all();
    }

    /// How many connections there have been.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.lock().accepted
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass_on(self: &Arc<Self>, client: &TcpStream, port: u16) -> std::io::Result<()> {
        let server = TcpStream::connect(("127.0.0.1", port))?;
        let mut state = self.lock();
        let number = state.accepted;
        state.accepted += 1;
        for stream in [client, &server] {
            stream.set_nodelay(true)?;
            state.open.push(stream.try_clone()?);
        }
        drop(state);
        let there = (client.try_clone()?, server.try_clone()?);
        let back = (server, client.try_clone()?);
        for ((from, to), direction) in [(there, Direction::ToServer), (back, Direction::ToClient)] {
            let shared = Arc::clone(self);
            thread::spawn(move || shared.copy(&from, to, number, direction));
        }
        Ok(())
    }

    /// Reads on one thread and writes on another, so that what comes late is under way at the same time.
    fn copy(&self, from: &TcpStream, mut to: TcpStream, number: usize, direction: Direction) {
        let (sender, parts) = sync_channel(64);
        let reading = from.try_clone().map(|from| {
            thread::spawn(move || read(from, &sender));
        });
        if reading.is_ok() {
            for (arrived, part) in parts {
                let network = self.wait_until_passing(number, direction);
                if pass(network, arrived, &part, &mut to, direction).is_none() {
                    break;
                }
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    }

    /// How the network is, once it passes something on for the connection with this number.
    fn wait_until_passing(&self, number: usize, direction: Direction) -> Network {
        let held = |state: &mut State| match (state.network, direction) {
            _ if number < state.lost => true,
            (Network::HoldsAnswers, direction) => matches!(direction, Direction::ToClient),
            (Network::Stalls, _) => true,
            _ => false,
        };
        let waiting = self.changed.wait_while(self.lock(), held);
        waiting.unwrap_or_else(PoisonError::into_inner).network
    }
}

/// Writes a part as the network is. None if that ends the connection.
fn pass(
    network: Network,
    arrived: Instant,
    part: &[u8],
    to: &mut TcpStream,
    direction: Direction,
) -> Option<()> {
    match (network, direction) {
        (Network::AnswersLate(by), Direction::ToClient) => {
            thread::sleep(by.saturating_sub(arrived.elapsed()));
        }
        (Network::CutsAnswers, Direction::ToClient) => {
            let _ = to.write_all(&part[..part.len() / 2]);
            return None;
        }
        _ => {}
    }
    to.write_all(part).ok()
}

/// Hands on what arrives, with the time when it did.
fn read(mut from: TcpStream, to: &SyncSender<(Instant, Vec<u8>)>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if to
            .send((Instant::now(), buffer[..length].to_vec()))
            .is_err()
        {
            break;
        }
    }
}
