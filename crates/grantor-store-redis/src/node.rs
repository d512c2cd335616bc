//! One server: the connections to it, made again when they break.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use grantor_store::{Applied, Error};
use grantor_store_connection::{Effect, IsOpen, SharedConnection, Stream, connect};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, RedisError, RedisResult};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use crate::error::{failed, is_lost};
use crate::request::Request;
use crate::server::Information;
use crate::url::{Access, Address};

/// The connections of requests that wait for replicas. The server answers nothing else on a
/// connection while one waits, so reads have another one.
const CONFIRMING: usize = 8;

/// A server.
pub(crate) struct Node {
    pub(crate) address: Address,
    access: Arc<Access>,
    shared: SharedConnection<Open>,
    confirming: [SharedConnection<Open>; CONFIRMING],
    turn: AtomicUsize,
    /// Where the next sweep goes on.
    pub(crate) cursor: AtomicU64,
}

/// A connection. Dropping the last use of it closes it at once.
pub(crate) struct Open {
    pub(crate) connection: MultiplexedConnection,
    driver: JoinHandle<()>,
}

impl IsOpen for Open {
    fn is_open(&self) -> bool {
        !self.driver.is_finished()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Why there is no answer of a server.
pub(crate) enum Failure {
    /// It can't be reached. Nothing was sent.
    Unreachable(Error),
    /// It says no.
    Refused(RedisError),
    /// The connection broke after the request.
    Lost(RedisError),
    /// The time is over.
    Late,
}

impl Node {
    pub(crate) fn new(address: Address, access: Arc<Access>) -> Self {
        Self {
            address,
            access,
            shared: SharedConnection::default(),
            confirming: Default::default(),
            turn: AtomicUsize::new(0),
            cursor: AtomicU64::new(0),
        }
    }

    /// Sends a request once. `asking`: the slot of its key is on its way to this server.
    pub(crate) async fn send<T: FromRedisValue>(
        &self,
        request: &Request<'_>,
        asking: bool,
        deadline: Instant,
    ) -> Result<T, Failure> {
        let shared = match request {
            Request::Confirmed(..) => {
                let turn = self.turn.fetch_add(1, Ordering::Relaxed);
                &self.confirming[turn % CONFIRMING]
            }
            _ => &self.shared,
        };
        let open = match shared.current() {
            Some(open) => open,
            None => {
                // On the heap, so that requests of an open connection are small.
                let opening = Box::pin(shared.get_or_connect(self.connect()));
                let opened = timeout_at(deadline, opening).await;
                let opened = opened.unwrap_or_else(|_| Err(self.unreachable("it does not answer")));
                opened.map_err(Failure::Unreachable)?
            }
        };
        let mut connection = open.connection.clone();
        let answer = timeout_at(deadline, request.send(&mut connection, asking)).await;
        let failure = match answer {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) if !is_lost(&error) => return Err(Failure::Refused(error)),
            Ok(Err(error)) => Failure::Lost(error),
            Err(_) => Failure::Late,
        };
        shared.forget(&open);
        Err(failure)
    }

    /// Connects to the server, if it is what it should be.
    async fn connect(&self) -> Result<Open, Error> {
        let connecting = async {
            let mut open = open(&self.address, &self.access).await?;
            let information: RedisResult<String> =
                redis::cmd("INFO").query_async(&mut open.connection).await;
            let information = information.map_err(|error| failed(Effect::Reads, &error))?;
            let information = Information::parse(&information);
            information.check(self.access.cluster)?;
            if self.access.keeps_all.get() == Some(&true) && information.may_evict() {
                let message = format!("the Redis server {} may evict records now", self.address);
                return Err(Error::unavailable(message, Applied::No));
            }
            Ok(open)
        };
        let limit = self.access.connect_timeout;
        let opened = timeout(limit, connecting).await;
        opened.unwrap_or_else(|_| Err(self.unreachable("it does not answer")))
    }

    fn unreachable(&self, why: &str) -> Error {
        unreachable(&self.address, why)
    }
}

/// Connects to any server, a sentinel too.
pub(crate) async fn open(address: &Address, access: &Access) -> Result<Open, Error> {
    let stream: io::Result<Pin<Box<dyn Stream>>> = match address {
        Address::Tcp(host, port) => connect(host, *port, access.tls.as_ref()).await,
        Address::Unix(path) => match UnixStream::connect(path).await {
            Ok(stream) => Ok(Box::pin(stream)),
            Err(error) => Err(error),
        },
    };
    let stream = stream.map_err(|error| unreachable(address, &error.to_string()))?;
    // Operations have times of their own; the driver's is too short for a disk that is busy.
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let opened = MultiplexedConnection::new_with_config(&access.login, stream, config).await;
    let (connection, driver) = opened.map_err(|error| failed(Effect::Reads, &error))?;
    Ok(Open {
        connection,
        driver: tokio::spawn(driver),
    })
}

/// The answer of the first of several servers that gives one, each on a connection of its own, and
/// the place of that server among them.
pub(crate) async fn ask_any<T: FromRedisValue>(
    addresses: &[Address],
    access: &Access,
    request: &Cmd,
    deadline: Instant,
) -> Result<(usize, T), Error> {
    let mut last = Error::configuration("there is no server of Redis to ask");
    for (place, address) in addresses.iter().enumerate() {
        // One that is silent leaves time for the others.
        let left = deadline.saturating_duration_since(Instant::now());
        let limit = Instant::now() + (left / 2).min(access.connect_timeout);
        let asking = async {
            let mut open = open(address, access).await?;
            let answer = request.query_async(&mut open.connection).await;
            answer.map_err(|error| failed(Effect::Reads, &error))
        };
        let answer = timeout_at(limit, asking).await;
        match answer.unwrap_or_else(|_| Err(unreachable(address, "it does not answer"))) {
            Ok(answer) => return Ok((place, answer)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Nothing was sent to a server.
pub(crate) fn unreachable(address: &Address, why: &str) -> Error {
    let message = format!("Redis at {address} can't be reached: {why}");
    Error::unavailable(message, Applied::No)
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Node").field(&self.address).finish()
    }
}
