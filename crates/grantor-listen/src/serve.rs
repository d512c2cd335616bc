//! The accept loop.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use http::{Request, Response};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout_at};
use tower_service::Service;

use crate::body::Body;
use crate::connections::Connections;
use crate::memory::{max_body_bytes, max_connections, max_head_bytes};
use crate::options::Options;
use crate::request::{BoxError, service};
use crate::socket::Socket;
use crate::watch::Open;

/// Serves HTTP/1.1 until `shutdown` resolves, and the requests that are under way then.
///
/// Every connection gets a clone of the service, and every request a clone of that. After
/// `shutdown` nothing new is accepted, idle connections are closed, answers say
/// `Connection: close`, and what is not answered within [`Options::drain_timeout`] is dropped.
/// Errors of accepting are logged and waited out; they never end it. Dropping the future closes
/// all connections.
///
/// # Panics
///
/// Outside a tokio runtime whose IO and time are enabled.
pub async fn serve<S, B>(
    listener: TcpListener,
    service: S,
    options: Options,
    shutdown: impl Future<Output = ()>,
) where
    S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>>
        + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let mut server = Server::new(service, &options);
    server.accept(listener, pin!(shutdown)).await;
    server.drain(options.drain_timeout).await;
}

/// A connection and where it came from.
type Accepted = (TcpStream, SocketAddr);

struct Server<S> {
    service: S,
    http: http1::Builder,
    connections: Connections,
    max_connections: usize,
    max_body: usize,
}

impl<S, B> Server<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>>
        + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    fn new(service: S, options: &Options) -> Self {
        let mut http = http1::Builder::new();
        // hyper's own limit makes a timer for every request and knows nothing of bodies.
        http.header_read_timeout(None)
            .half_close(true)
            .max_buf_size(max_head_bytes(options));
        Self {
            service,
            http,
            connections: Connections::new(options),
            max_connections: max_connections(options),
            max_body: max_body_bytes(options),
        }
    }

    async fn accept(
        &mut self,
        listener: TcpListener,
        mut shutdown: impl Future<Output = ()> + Unpin,
    ) {
        let mut ticks = interval(self.connections.tick());
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pause = Pause::default();
        // Accepted, and waiting for another connection to make room.
        let mut held: Option<Accepted> = None;
        loop {
            let retry_at = pause.until;
            tokio::select! {
                biased;
                () = &mut shutdown => return,
                _ = ticks.tick(), if self.connections.open() > 0 => {
                    self.connections.close_overdue();
                    self.connections.make_memory_free();
                }
                () = self.connections.closed(), if held.is_some() => {
                    held = held.take().and_then(|accepted| self.admit(accepted).err());
                }
                () = sleep_until(retry_at.unwrap_or_else(Instant::now)), if retry_at.is_some() => {
                    pause.until = None;
                    held = held.take().and_then(|accepted| self.admit(accepted).err());
                }
                accepted = listener.accept(), if held.is_none() && retry_at.is_none() => {
                    match accepted {
                        Ok(accepted) => {
                            pause.shorten();
                            held = self.admit(accepted).err();
                        }
                        Err(error) => self.endure(&error, &mut pause),
                    }
                }
            }
            if held.is_some() && pause.until.is_none() {
                pause.until = Some(Instant::now() + HELD_RETRY);
            }
        }
    }

    /// Starts a connection, in the place of another if need be. Gives the stream back when all
    /// others are being answered.
    fn admit(&mut self, (stream, peer): Accepted) -> Result<(), Accepted> {
        if self.connections.open() >= self.max_connections && !self.connections.close_oldest() {
            return Err((stream, peer));
        }
        // Answers are written whole, so waiting to fill a packet only delays them. A socket that
        // refuses is closed already, which the first read tells.
        let _ = stream.set_nodelay(true);
        let watch = self.connections.watch();
        let open = Open(watch.clone());
        let service = service(self.service.clone(), watch.clone(), peer, self.max_body);
        let socket = Socket::new(stream, watch.clone(), self.connections.share());
        let socket = TokioIo::new(socket);
        let connection = self.http.serve_connection(socket, service);
        let task = tokio::spawn(async move {
            let _open = open;
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
        self.connections.add(watch, task.abort_handle());
        Ok(())
    }

    /// After an error of `accept`: out of file descriptors or memory, unless it was about one
    /// connection only.
    fn endure(&mut self, error: &io::Error, pause: &mut Pause) {
        if matches!(
            error.kind(),
            ErrorKind::ConnectionAborted
                | ErrorKind::ConnectionRefused
                | ErrorKind::ConnectionReset
                | ErrorKind::Interrupted
        ) {
            return;
        }
        let closed = (0..MADE_FREE)
            .take_while(|_| self.connections.close_oldest())
            .count();
        pause.lengthen();
        tracing::warn!(%error, closed, "a connection could not be accepted; raise the limit on open files or lower max_connections");
    }

    async fn drain(&mut self, limit: Duration) {
        self.connections.begin_to_drain();
        let deadline = Instant::now() + limit;
        while self.connections.open() > 0 && Instant::now() < deadline {
            self.connections.close_overdue();
            self.connections.close_idle();
            let next = deadline.min(Instant::now() + self.connections.tick());
            // It makes no difference whether one closed or it is time to look again.
            let _ = timeout_at(next, self.connections.closed()).await;
        }
        let left = self.connections.open();
        if left > 0 {
            tracing::warn!(
                left,
                "requests were still under way when the time to stop was over"
            );
        }
    }
}

/// When to accept again after an error.
#[derive(Debug)]
struct Pause {
    until: Option<Instant>,
    length: Duration,
}

impl Pause {
    fn lengthen(&mut self) {
        self.until = Some(Instant::now() + self.length);
        self.length = (self.length * 2).min(LONGEST_PAUSE);
    }

    fn shorten(&mut self) {
        self.length = SHORTEST_PAUSE;
    }
}

impl Default for Pause {
    fn default() -> Self {
        Self {
            until: None,
            length: SHORTEST_PAUSE,
        }
    }
}

const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
const HELD_RETRY: Duration = Duration::from_millis(20);
/// How many connections make room when file descriptors have run out.
const MADE_FREE: usize = 16;
